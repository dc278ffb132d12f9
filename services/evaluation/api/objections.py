"""Objections by REST (spec, section 6): raised by members, on paper, or by the public through notice; answered by who is not concerned."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from services.evaluation.api.objection_shapes import (
    ObjectionAnswer,
    ObjectionBody,
    ObjectionList,
    ObjectionMade,
    ObjectionState,
)
from services.evaluation.api.places import RosterPlaces, UnknownOrganization, places_of
from services.evaluation.api.scopes import organizations_below
from services.evaluation.commands import objections
from services.evaluation.commands.objections import ToRaise, load_objection
from services.evaluation.commands.pledges import load_pledge
from services.evaluation.commands.reviews import load_review
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.commands.supervision import load_inspection
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.objections import (
    FINDING,
    NOTICE,
    PLEDGE,
    RESULT,
    About,
    NoResultOfMember,
    NotPublished,
    Objection,
    ObjectionTermOver,
    UnknownObjection,
    is_contact_over,
)
from services.evaluation.domain.pledges import UnknownPledge
from services.evaluation.domain.reviews import UnknownReview
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.domain.supervision import Inspection, UnknownFinding
from services.evaluation.events.objections import ObjectionRaised
from services.evaluation.projections.objections import objections_page
from services.evaluation.projections.supervision import inspection_of
from shared.calendar import Calendar, HalfYear, day_of
from shared.errors import Invalid, NotAllowed, Unavailable
from shared.store import Stored
from shared.web import Cursor, Door, Doorway, Id, Router, answered, json_answer, problems

DECIDERS = ("town_officer", "branch_secretary", "county_supervisor")
router = Router(tags=["Objections"])


class OrganizationMissing(Invalid):
    """Of a notice this service knows nothing but what it is told."""

    code = "organization_missing"
    sentence = "An objection to a notice names the organisation under which it stands, in `organization_id`."


class ForServicesAlone(Invalid):
    """Names and contacts come from the board alone; members are known by their id."""

    code = "for_services_alone"
    sentence = "`name` and `contact` come from the board alone; leave them out."


class SecretaryKeysPaper(NotAllowed):
    """The secretary keys in what came on paper."""

    code = "secretary_only"
    sentence = "Only the branch's secretary or the town keys in objections that came on paper."


@router.post(
    "/objections",
    status_code=201,
    response_model=ObjectionMade,
    responses=problems(
        UnknownReview, UnknownPledge, UnknownFinding, UnknownOrganization, NotPublished, ObjectionTermOver, NoResultOfMember,
        OrganizationMissing, ForServicesAlone, SecretaryKeysPaper, Unavailable,
    ),
)  # fmt: skip
async def post_objection(body: ObjectionBody, door: Door) -> Response:
    """Object to results during publicity and for a year after their confirmation; to an announced pledge, a notice, a finding."""
    about = await _about(door, body)
    await door.require(organization=about.organization_id)
    is_of_public = door.has("service")
    if not is_of_public and (body.name or body.contact):
        raise ForServicesAlone(errors=[("/contact" if body.contact else "/name", ForServicesAlone.sentence)])
    if body.on_paper and not any([await door.holds(role, about.organization_id) for role in ("branch_secretary", "town_officer")]):
        raise SecretaryKeysPaper
    contact = ", ".join(said for said in (body.name, body.contact) if said) or None
    raised_by = None if is_of_public or body.on_paper else door.caller.member_id
    wanted = ToRaise(body.text, contact, raised_by, body.on_paper)
    working_days = await _term(door, about)
    calendar = places_of(door).mirror.calendar()

    def made(stored: Stored) -> dict[str, object]:
        recorded = stored.recorded[0]
        if not isinstance(recorded.event, ObjectionRaised):
            raise TypeError(f"{type(recorded.event).__name__} raises no objection")
        answer_by = Objection(recorded.event, recorded.recorded_at).answer_by(calendar)
        return {"id": recorded.event.objection_id, "reference": recorded.event.reference} | _term_shown(answer_by)

    stored = await objections.raise_objection(
        door.log, about, wanted, working_days=working_days, by=door.caller.person, reply=door.reply(201, made)
    )
    return answered(stored)


async def _about(door: Doorway, body: ObjectionBody) -> About:
    """What it is about, with its organisation and member. Raises UnknownReview, UnknownPledge, UnknownFinding, NotPublished."""
    told = body.about
    match told.kind:
        case "result":
            review = (await load_review(door.log, told.id)).state
            return About(RESULT, told.id, review.opening.branch_id, told.member_id)
        case "pledge":
            pledge = (await load_pledge(door.log, told.id)).state
            pledge.written()
            if pledge.state not in {"announced", "evaluated"}:
                await door.require(organization=pledge.branch_id)
                raise NotPublished(state=pledge.state)
            return About(PLEDGE, told.id, pledge.branch_id, pledge.member_id)
        case "finding":
            return About(FINDING, told.id, (await inspection_with(door, told.id)).fact.branch_id)
        case _ if body.organization_id is None:
            raise OrganizationMissing(errors=[("/organization_id", OrganizationMissing.sentence)])
        case _:
            return About(NOTICE, told.id, (await door.places.ancestry(body.organization_id))[0])


async def inspection_with(door: Doorway, finding_id: str) -> Inspection:
    """The inspection in which the finding was made. Raises UnknownFinding."""
    inspection_id = await inspection_of(await door.snapshot(is_current=True), finding_id)
    if inspection_id is None:
        raise UnknownFinding(finding_id=finding_id)
    return (await load_inspection(door.log, inspection_id)).state


async def _term(door: Doorway, about: About) -> int:
    """Within how many working days it is answered: by the review's rules, or those in force today."""
    if about.kind == RESULT:
        return (await load_review(door.log, about.id)).state.rules.objections.answer_within_working_days
    try:
        ancestry = await door.places.ancestry(about.organization_id)
        rules = (await rules_for(door.log, ancestry, HalfYear.of(door.log.today()))).rules
    except NoRulesInForce:
        rules = DEFAULT_RULES
    return rules.objections.answer_within_working_days


def _term_shown(answer_by: date | None) -> dict[str, object]:
    return {"answer_by": answer_by, "reason": "calendar_unknown" if answer_by is None else None}


@router.get("/objections", response_model=ObjectionList, responses=problems(UnknownOrganization))
async def get_objections(
    door: Door,
    page: Cursor,
    *,
    organization_id: Annotated[Id | None, Query()] = None,
    state: Annotated[ObjectionState | None, Query()] = None,
) -> Response:
    """Objections about an organisation and those below it, in the order of raising; without one, of all that the caller may see.

    A member sees its own.
    """
    organizations, raised_by = await _listed(door, organization_id)
    rows = await objections_page(
        await door.snapshot(), organizations=organizations, after=page.after, limit=page.limit + 1, state=state, raised_by=raised_by
    )
    calendar = places_of(door).mirror.calendar()
    return page.page(rows, place=lambda row: (row["objection_id"],), show=lambda row: _line(row, calendar))


async def _listed(door: Doorway, organization_id: str | None) -> tuple[frozenset[str] | None, str | None]:
    places = places_of(door)
    if organization_id is not None:
        await door.require(organization=(await places.ancestry(organization_id))[0])
        return await _below(places, {organization_id}), None
    try:
        scopes = await door.scopes()
    except NotAllowed:
        own = door.caller.member_id
        await door.require(member=own)
        return None, own
    if scopes is None:
        return None, None
    return await _below(places, scopes), None


async def _below(places: RosterPlaces, organizations: Collection[str]) -> frozenset[str]:
    """These organisations and all below them."""
    return frozenset(organizations) | frozenset(one.organization_id for one in await organizations_below(places, organizations))


def _line(row: Mapping[str, Any], calendar: Calendar) -> dict[str, object]:
    shown = {
        "id": row["objection_id"],
        "reference": row["reference"],
        "about": {"kind": row["kind"], "id": row["about_id"], "member_id": row["member_id"]},
        "organization_id": row["organization_id"],
        "state": row["state"],
        "on_paper": row["on_paper"],
        "raised_by": row["raised_by"],
        "raised_at": row["raised_at"],
    }
    return shown | _term_shown(calendar.after_working_days(day_of(row["raised_at"]), row["working_days"]))


@router.get("/objections/{objection_id}", response_model=ObjectionAnswer, responses=problems(UnknownObjection))
async def get_objection(objection_id: Id, door: Door) -> Response:
    """One objection with its text and answer, from the log: for who raised it and for those who answer or watch."""
    objection = (await load_objection(door.log, objection_id)).state
    fact, decided = objection.fact, objection.decided
    await door.require(organization=fact.organization_id, member=fact.raised_by)
    answers = any([await door.holds(role, fact.organization_id) for role in DECIDERS])
    reads_contact = answers and not is_contact_over(objection, places_of(door).mirror.calendar(), door.log.today())
    refs = [fact.text, *([decided.reason] if decided else []), *([fact.contact] if fact.contact and reads_contact else [])]
    texts = await door.log.texts.read(ref.id for ref in refs)
    row = {
        **{name: getattr(fact, name) for name in fact.__struct_fields__},
        "state": objection.state,
        "raised_at": objection.raised_at,
    }
    shown = _line(row, places_of(door).mirror.calendar()) | {
        "text": texts.get(fact.text.id),
        "contact": texts.get(fact.contact.id) if fact.contact else None,
        "decided": None,
    }
    if decided is not None:
        shown["decided"] = {
            "decision": decided.decision,
            "reason": texts.get(decided.reason.id),
            "score": decided.score,
            "decided_by": decided.recorded_by,
            "decided_at": objection.decided_at,
        }
    return json_answer(shown, headers={"Cache-Control": "no-store"})
