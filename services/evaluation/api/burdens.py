"""The burden meter by REST (spec, section 10), counted from the contract's own bodies: a field that is added to one shows here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel

from services.evaluation.api.activity_shapes import ActivityBody, AttendeeBody
from services.evaluation.api.entry_shapes import Number
from services.evaluation.api.phases import PhaseBody
from services.evaluation.api.places import RosterPlaces, UnknownOrganization, places_of
from services.evaluation.api.pledge_shapes import AnnouncementBody, EvaluationBody, PledgeBody, ProgressBody, ReviewBody
from services.evaluation.api.reviews import ReviewBody as OpeningBody
from services.evaluation.api.self_reviews import SelfReviewBody
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.domain.burden import REFERENCE_MEMBERS, Burden, burden
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.events.rulebooks import Rules
from services.evaluation.projections.reviews import REVIEWS
from shared.calendar import HalfYear
from shared.errors import Unavailable
from shared.projections import Snapshot
from shared.web import Door, HalfYearText, Id, Router, json_answer, problems

router = Router(tags=["Supervision"])


class FormAnswer(BaseModel):
    """One kind of form: how many, with how many fields in all, and the minutes they take together."""

    form: str
    count: int
    fields: int
    minutes: Number


class BurdenAnswer(BaseModel):
    """What a half-year asks of a branch of `members`: an estimate by fixed minutes for each form and field, made for comparing."""

    members: int
    fields: int
    forms: int
    minutes: Number
    by_form: list[FormAnswer]


class BranchBurden(BurdenAnswer):
    """The burden of one branch."""

    branch_id: str
    rulebook_id: str
    version: int


class BurdensAnswer(BaseModel):
    """The burden of each branch of an organisation, and of all together."""

    period: str
    fields: int
    forms: int
    minutes: Number
    items: list[BranchBurden]


_PARTS = frozenset({"attendees", "scores", "pledge_ids"})
"""Fields that hold repeated parts: counted for each member instead."""
_BODIES: Mapping[str, type[BaseModel]] = {
    "pledge": PledgeBody,
    "pledge_review": ReviewBody,
    "announcement": AnnouncementBody,
    "progress": ProgressBody,
    "pledge_evaluation": EvaluationBody,
    "activity": ActivityBody,
    "attendee": AttendeeBody,
    "review": OpeningBody,
    "phase": PhaseBody,
    "self_review": SelfReviewBody,
}
FIELDS: Mapping[str, int] = {
    form: sum(field.is_required() and name not in _PARTS for name, field in body.model_fields.items()) for form, body in _BODIES.items()
}
"""The required fields of each form, as the contract has them."""


def burden_of(rules: Rules, members: int = REFERENCE_MEMBERS) -> dict[str, Any]:
    """The burden of a rulebook's version as it is shown; by default for a branch of average size."""
    return _shown(burden(rules, members, FIELDS))


@router.get("/burden", response_model=BurdensAnswer, responses=problems(UnknownOrganization, NoRulesInForce, Unavailable))
async def get_burden(
    door: Door, organization_id: Annotated[Id, Query()], period: Annotated[HalfYearText | None, Query()] = None
) -> Response:
    """Fields, forms and minutes that a half-year (left out: the present one) asks of each branch of the organisation."""
    places = places_of(door)
    await places.ancestry(organization_id)
    await door.require(organization=organization_id)
    half_year = HalfYear.parse(period) if period else HalfYear.of(door.log.today())
    snapshot = await door.snapshot()
    items: list[dict[str, Any]] = []
    for one in places.mirror.organizations_under(organization_id):
        if one.kind == "branch":
            in_force = await rules_for(door.log, await places.ancestry(one.organization_id), half_year)
            members = await _members(snapshot, places, one.organization_id, half_year, door.log.today())
            ids = {"branch_id": one.organization_id, "rulebook_id": in_force.rulebook_id, "version": in_force.version}
            items.append(ids | burden_of(in_force.rules, members))
    sums = {name: sum(item[name] for item in items) for name in ("fields", "forms", "minutes")}
    return json_answer({"period": str(half_year), **sums, "items": items})


async def _members(snapshot: Snapshot, places: RosterPlaces, branch_id: str, period: HalfYear, today: date) -> int:
    """Whom the branch's review rates; before there is one, the electorate of the half-year's last day or of today."""
    rows = await snapshot.rows(REVIEWS, branch_id=branch_id, period=str(period))
    rated = [row["rated"] for row in rows if row["phase"] != "annulled"]
    return rated[0] if rated else len((await places.roster.electorate(branch_id, min(period.last_day, today))).members)


def _shown(asked: Burden) -> dict[str, Any]:
    return {
        "members": asked.members,
        "fields": asked.field_count,
        "forms": asked.form_count,
        "minutes": asked.minutes,
        "by_form": [{"form": one.form, "count": one.count, "fields": one.fields, "minutes": one.minutes} for one in asked.forms],
    }
