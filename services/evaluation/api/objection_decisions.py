"""How an objection is answered, by REST (spec, section 6): by somebody who took no part in what it is about."""

from __future__ import annotations

from fastapi import Response

from services.evaluation.api.committee import kin_on
from services.evaluation.api.objection_shapes import (
    DecisionBody,
    DecisionMade,
)
from services.evaluation.api.objections import DECIDERS, inspection_with
from services.evaluation.api.places import places_of
from services.evaluation.commands import objections
from services.evaluation.commands.committee import load_scores
from services.evaluation.commands.objections import ToDecide, load_objection
from services.evaluation.commands.reviews import load_review
from services.evaluation.domain.objections import (
    AlreadyDecided,
    CorrectedScoreMissing,
    NoResultOfMember,
    Objection,
    OwnCase,
    Part,
    ScoreWithoutUse,
    TownDecides,
    UnknownObjection,
    who_took_part,
)
from services.evaluation.events.corrections import ResultsCorrected
from services.evaluation.events.pledges import PledgeEvaluated
from shared.errors import Unavailable
from shared.web import Door, Doorway, Id, Router, answered, problems

router = Router(tags=["Objections"])


@router.post(
    "/objections/{objection_id}/decision",
    response_model=DecisionMade,
    responses=problems(
        UnknownObjection, OwnCase, TownDecides, AlreadyDecided, CorrectedScoreMissing, ScoreWithoutUse, NoResultOfMember, Unavailable
    ),
)
async def post_decision(objection_id: Id, body: DecisionBody, door: Door) -> Response:
    """Answer an objection. Upheld during publicity, `score` is the corrected result, and its notice runs a full period anew."""
    objection = (await load_objection(door.log, objection_id)).state
    organization_id = objection.fact.organization_id
    await door.require(organization=organization_id)
    role = [role for role in DECIDERS if await door.holds(role, organization_id)][0]  # noqa: RUF015 - `next` does not await
    part = await _part(door, objection, body.member_id)
    reply = door.reply(
        200,
        lambda stored: {
            "id": objection_id,
            "state": body.decision,
            "results_published_anew": any(isinstance(one.event, ResultsCorrected) for one in stored.recorded),
        },
    )
    wanted = ToDecide(body.decision, body.reason, body.score, body.member_id)
    stored = await objections.decide_objection(door.log, objection_id, wanted, part, by=door.caller.person, role=role, reply=reply)
    return answered(stored)


async def _part(door: Doorway, objection: Objection, named: str | None) -> Part:
    """Who is concerned by the objection or took part in what it is about, asked for this caller."""
    fact = objection.fact
    match fact.kind:
        case "result":
            review = (await load_review(door.log, fact.about_id)).state
            member_id = fact.member_id or named
            took_part, is_towns = who_took_part(review, (await load_scores(door.log, review.id)).state, member_id)
            concerned = [member_id] if member_id else list(review.rated)
            return Part(took_part | await _with_kin(door, concerned), is_towns)
        case "pledge":
            history = await door.log.history(f"pledge/{fact.about_id}")
            judges = {one.event.recorded_by for one in history if isinstance(one.event, PledgeEvaluated)}
            return Part(judges | await _with_kin(door, [fact.member_id] if fact.member_id else []))
        case "finding":
            inspection = await inspection_with(door, fact.about_id)
            inspector = (await places_of(door).organization(inspection.fact.organization_id)).kind
            finder = inspection.finding(fact.about_id).fact.recorded_by
            return Part(frozenset({finder}), is_towns=inspector in {"town", "county"}, is_branchs=True)
        case _:
            kind = (await places_of(door).organization(fact.organization_id)).kind
            return Part(frozenset(), is_towns=kind == "town")


async def _with_kin(door: Doorway, concerned: list[str]) -> frozenset[str]:
    """Those concerned; and the caller where one of them has named it as kin, or it one of them."""
    caller = door.caller.member_id
    if caller is None:
        return frozenset(concerned)
    named = await kin_on(door, dict.fromkeys([*concerned, caller]), door.log.today())
    is_kin = any(caller in named[one] or one in named[caller] for one in concerned)
    return frozenset(concerned) | ({caller} if is_kin else frozenset())
