"""Audits by REST (spec, section 8; fairness.md): who recorded what when under which rule, and the leads of a half-year."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel

from services.evaluation.api.branch_leads import leads_of_branches
from services.evaluation.api.lead_shapes import LeadList
from services.evaluation.api.member_reads import record_read
from services.evaluation.api.owed_obligations import OwedObligations
from services.evaluation.api.places import UnknownMember, UnknownOrganization, places_of, require_for_member
from services.evaluation.commands.trail import Happening, trail_of
from services.evaluation.projections.pledges import PLEDGES
from shared.calendar import HalfYear
from shared.errors import Unavailable
from shared.store import Log
from shared.web import Door, HalfYearText, Id, Router, problems
from shared.web.paging import page_of

router = Router(tags=["Supervision"])


class RuleAnswer(BaseModel):
    """A version of a rulebook."""

    rulebook_id: str
    version: int


class TrailStep(BaseModel):
    """One event of the log: who recorded it when, under which rule; `leaf_hash` and `position` find it in the transparency log.

    `recorded_by` is null for what follows from another event of the same moment. `about`: the ids that the event names.
    """

    position: int
    event: str
    stream: str
    recorded_at: datetime
    recorded_by: str | None
    rule: RuleAnswer | None
    about: dict[str, str]
    leaf_hash: str


class TrailAnswer(BaseModel):
    """The trail of a member's half-year, in the order of the log."""

    items: list[TrailStep]
    next: None


@router.get("/audits/trail", response_model=TrailAnswer, responses=problems(UnknownMember, Unavailable))
async def get_trail(door: Door, member_id: Annotated[Id, Query()], period: Annotated[HalfYearText, Query()]) -> Response:
    """Which entries, ballots and scores made a star, who recorded each and when, under which version of which rulebook."""
    await require_for_member(door, member_id)
    record_read(door, [member_id], "trail")
    half_year, snapshot = HalfYear.parse(period), await door.snapshot()
    pledges = await snapshot.rows(PLEDGES, member_id=member_id, period=period)
    found = await trail_of(door.log, member_id, half_year, [row["pledge_id"] for row in pledges])
    wanted = [one for one in found if snapshot.at is None or one.recorded.position <= snapshot.at]
    return page_of([_step(door.log, one) for one in wanted])


def _step(log: Log, one: Happening) -> dict[str, Any]:
    recorded, row = one.recorded, log.row(one.recorded.position)
    names = [name for name in recorded.event.__struct_fields__ if name.endswith("_id") and name != "rulebook_id"]
    about = {name: value for name in names if isinstance(value := getattr(recorded.event, name), str)}
    return {
        "position": recorded.position,
        "event": recorded.event.topic,
        "stream": recorded.stream,
        "recorded_at": recorded.recorded_at,
        "recorded_by": getattr(recorded.event, "recorded_by", None),
        "rule": {"rulebook_id": one.rulebook_id, "version": one.version} if one.rulebook_id is not None else None,
        "about": about,
        "leaf_hash": row.leaf_hash() if row else "",
    }


@router.get("/audits/fairness", response_model=LeadList, responses=problems(UnknownOrganization, Unavailable))
async def get_fairness(door: Door, organization_id: Annotated[Id, Query()], period: Annotated[HalfYearText, Query()]) -> Response:
    """The leads of the organisation's branches in a half-year: where to look, and what speaks against it.

    Facts (family A) by the log as it stands; B to D by the newest examination (POST /examinations).
    """
    places = places_of(door)
    await places.ancestry(organization_id)
    await door.require(organization=organization_id)
    branches = [one for one in places.mirror.organizations_under(organization_id) if one.kind == "branch"]
    snapshot, owing = await door.snapshot(), await OwedObligations.at(door)
    owed = await owing.of(branches)
    ids = [one.organization_id for one in branches]
    return page_of(await leads_of_branches(door.log, snapshot, ids, [HalfYear.parse(period)], owed=owed, today=owing.today))
