"""A branch's year: the annual review meeting with its votes, the list of recommendations, the rotating flag and its holders."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from services.evaluation.pages.branches import at, at_branch
from services.evaluation.pages.visits import Visit
from services.evaluation.roster_client import RosterClient
from shared.web import Door, Id, Router
from shared.web.fields import parse_day
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
FIRST_YEAR, LAST_YEAR = 1921, 2200
Year = Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)]
MOST_VOTES_WRITTEN = 6


@router.get("/branch/{branch_id}/year", response_model=None)
async def get_branch_year(branch_id: Id, door: Door, year: Year = None) -> Response:
    """The year: its meeting, its recommendations, its flag."""
    visit = await at_branch(door, branch_id)
    return await _draw(visit, branch_id, year or door.log.today().year, Fields([]))


@router.post("/branch/{branch_id}/year", response_model=None)
async def post_branch_year(branch_id: Id, door: Door) -> Response:
    """Record the meeting, or hand the flag on."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    year, is_flag = said.number("year"), said.text("step") == "flag"
    whole = whole_number(year, door.log.today().year)
    try:
        if is_flag:
            body = {"holder": {"member_id": said.get("holder")}, "year": whole, "organization_id": branch_id}
            await visit.own.send("POST", "/rotating-flags", body, once=said.text("once"))
        else:
            await visit.own.send("POST", "/annual-reviews", _meeting(branch_id, whole, said), once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, branch_id, whole, said, refused)
    return visit.go(f"/branch/{branch_id}/year", "flag" if is_flag else "annual", year=str(whole))


def _meeting(branch_id: str, year: int, said: Fields) -> dict[str, object]:
    votes = said.sheet("votes.")
    grades = {
        member: {"grade": grade, "votes": {code: whole_number(count, count) for code, count in votes.get(member, {}).items()}}
        for member, grade in said.under("grade.").items()
    }
    body: dict[str, object] = {"branch_id": branch_id, "year": year, "held_on": said.get("held_on"), "grades": grades}
    body |= {"present": said.all("present"), "half_years": said.under("half."), **said.without_nothing("excellent_reason")}
    return body


def whole_number(number: object, otherwise: Any) -> Any:  # noqa: ANN401 - the contract refuses what is no number
    """A whole number as such; `otherwise` for anything else."""
    text = str(number)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_VOTES_WRITTEN else otherwise


async def _draw(visit: Visit, branch_id: str, year: int, said: Fields, refused: Refused | None = None) -> Response:
    roster: RosterClient = visit.door.state.roster
    today = visit.door.log.today()
    held_on = said.get("held_on", today.isoformat())
    try:
        day = min(parse_day(held_on), today)
    except ValueError:
        day = today
    told = await roster.electorate(branch_id, day)
    recommended = (await visit.own.get(f"/branches/{branch_id}/recommendations", year=year))["items"]
    flags = await visit.own.every("/rotating-flags", organization_id=branch_id)
    await visit.know([*(one.member_id for one in told.members), *(one["holder"]["member_id"] for one in flags)])
    statuses = {one.member_id: one.status for one in told.members}
    context = {
        **at(visit, branch_id, "year"), "year": year, "years": [today.year, today.year - 1, today.year - 2], "said": said,
        "held_on": held_on, "members": visit.by_name(statuses), "statuses": statuses, "recommended": recommended, "flags": flags,
        "is_secretary": await visit.door.holds("branch_secretary", branch_id),
    }  # fmt: skip
    if refused is None:
        return visit.draw("year.html", wrong={}, **context)
    return visit.refuse("year.html", refused, **context)
