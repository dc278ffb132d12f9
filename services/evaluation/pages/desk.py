"""The supervisor's desk, first page: what needs me, and the county at a glance. And what is late, the supervisor's own answers too."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from services.evaluation.pages import desk_county
from services.evaluation.pages.desk_late import late_sheet, lines_late
from services.evaluation.pages.desk_tables import Kind, file_of
from services.evaluation.pages.desk_unsealings import waiting_lines
from services.evaluation.pages.desk_visits import DONE_WITH, Desk, at_desk, counted_by_branch
from shared.web import Door, HalfYearText, Id, Router

router = Router(tags=["Pages"], include_in_schema=False)
MOST_AT_ONCE = 120
"""How many branches one page draws; of a larger county it draws the towns one by one."""
FOR_OFFICERS = frozenset({"unsealing", "correction", "rulebook_version"})
"""What waits for a second person who is an officer; sheets on paper wait for one of the branch."""
Period = Annotated[HalfYearText | None, Query()]


@router.get("/desk", response_model=None)
async def get_desk(door: Door, period: Period = None, town: Annotated[Id | None, Query()] = None) -> Response:
    """The county, or one town of it, at a glance; grouped by town and in the order of names, never ranked."""
    desk = await at_desk(door, period)
    shown = _shown(desk, town)
    found = await desk_county.glances(desk, [one for one in desk.branches if desk.town_of(one) == shown or shown is None])
    groups = [(desk.towns[key], [one for one in found if one.town_id == key]) for key in desk.towns if shown in {None, key}]
    return desk.visit.draw(
        "desk.html",
        **desk.common("county"),
        groups=groups,
        town=shown,
        pictures={one.branch.organization_id: desk_county.pictures(desk, one) for one in found},
        sheet=desk_county.sheet_of(desk, found),
        needs=await _needs(desk),
    )


@router.get("/desk/late", response_model=None)
async def get_late(door: Door, period: Period = None) -> Response:
    """Everything that is overdue: first what the caller itself owes, then what others do; and what came too late in the half-year."""
    desk = await at_desk(door, period)
    owed = await desk.obligations()
    overdue = [one for one in owed if one["state"] == "overdue"]
    return desk.visit.draw(
        "desk_late.html",
        **desk.common("late"),
        own=lines_late(desk, [one for one in overdue if is_own(desk, one)]),
        others=lines_late(desk, [one for one in overdue if not is_own(desk, one)]),
        came_late=lines_late(desk, [one for one in owed if one["late"] and one["about"]["period"] == desk.period]),
        sheet=late_sheet(desk, owed),
    )


@router.get("/desk/{sheet}.{kind}", response_model=None)
async def get_desk_file(door: Door, sheet: Literal["branches", "late"], kind: Kind, period: Period = None) -> Response:
    """A table of the desk as a spreadsheet for people, or as a file for statistics."""
    desk = await at_desk(door, period)
    if sheet == "late":
        return file_of(desk.visit, late_sheet(desk, await desk.obligations()), kind)
    return file_of(desk.visit, desk_county.sheet_of(desk, await desk_county.glances(desk, desk.branches)), kind)


def is_own(desk: Desk, one: dict[str, Any]) -> bool:
    """Whether the caller's own organisation owes it."""
    return one["who"]["organization_id"] in desk.own


def _shown(desk: Desk, town: str | None) -> str | None:
    """The town that is drawn; None for all."""
    if town in desk.towns or len(desk.branches) <= MOST_AT_ONCE:
        return town if town in desk.towns else None
    return next(iter(desk.towns), None)


async def _needs(desk: Desk) -> dict[str, Any]:
    """What waits for the caller: its own answers, objections that a town itself is asked about, leads that nobody has explained."""
    owed = [one for one in await desk.obligations() if one["state"] != "met"]
    own = [one for one in owed if is_own(desk, one)]
    of_towns = [one for one in owed if one["kind"] == "objection_answered" and one["who"]["organization_id"] in desk.towns]
    leads = [one for one in await desk.leads() if one["state"] not in DONE_WITH and not one["gone"]]
    me = desk.visit.door.caller.person
    return {
        "second": [one for one in await waiting_lines(desk) if one["proposed_by"] != me and one["kind"] in FOR_OFFICERS],
        "own": lines_late(desk, own),
        "objections": lines_late(desk, [one for one in of_towns if one not in own]),
        "leads": leads,
        "lead_branches": len(counted_by_branch(leads)),
        "leads_elsewhere": await desk.leads_elsewhere(),
        "overdue": sum(one["state"] == "overdue" and not is_own(desk, one) for one in owed),
        "overdue_since": min((date.fromisoformat(one["due_on"]) for one in owed if one["state"] == "overdue"), default=None),
    }
