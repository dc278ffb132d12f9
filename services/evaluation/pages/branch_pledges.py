"""A branch's pledges: those to review, those to announce at a meeting, those to evaluate, and all there are."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from services.evaluation.pages.branches import at, at_branch, half_years
from services.evaluation.pages.visits import Visit
from shared.web import Door, HalfYearText, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
DONE = {"review": "pledge_reviewed", "announce": "announced", "evaluate": "evaluated"}


@router.get("/branch/{branch_id}/pledges", response_model=None)
async def get_branch_pledges(branch_id: Id, door: Door, period: Annotated[HalfYearText | None, Query()] = None) -> Response:
    """The pledges of a half-year, by what is to do with them."""
    visit = await at_branch(door, branch_id)
    return await _draw(visit, branch_id, period or visit.now_period)


@router.post("/branch/{branch_id}/pledges", response_model=None)
async def post_branch_pledges(branch_id: Id, door: Door) -> Response:
    """Review one, announce some, or evaluate one."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    step, period = said.get("step"), said.get("period", visit.now_period)
    try:
        await _carry_out(visit, branch_id, step, said)
    except Refused as refused:
        return await _draw(visit, branch_id, period, refused, said)
    return visit.go(f"/branch/{branch_id}/pledges", DONE.get(step), period=period)


@router.get("/branch/{branch_id}/pledges/{pledge_id}", response_model=None)
async def get_branch_pledge(branch_id: Id, pledge_id: Id, door: Door) -> Response:
    """One pledge with its history."""
    visit = await at_branch(door, branch_id)
    pledge = await visit.own.get(f"/pledges/{pledge_id}")
    await visit.know([pledge["member_id"], *(step["recorded_by"] for step in pledge["history"])])
    return visit.draw("branch_pledge.html", **at(visit, branch_id, "pledges"), pledge=pledge)


async def _carry_out(visit: Visit, branch_id: str, step: str, said: Fields) -> None:
    once, pledge = said.text("once"), said.get("pledge_id")
    match step:
        case "announce":
            body: dict[str, Any] = {"branch_id": branch_id, "on": said.get("on"), "pledge_ids": said.all("pledge_ids")}
            await visit.own.send("POST", "/announcements", body, once=once)
        case "evaluate":
            body = {"outcome": said.get("outcome"), "reason": said.get("reason")}
            await visit.own.send("POST", f"/pledges/{pledge}/evaluation", body, once=once)
        case _:
            body = {"decision": said.get("decision")} | said.without_nothing("reason")
            await visit.own.send("POST", f"/pledges/{pledge}/review", body, once=once)


async def _draw(visit: Visit, branch_id: str, period: str, refused: Refused | None = None, said: Fields | None = None) -> Response:
    pledges: list[dict[str, Any]] = await visit.own.every("/pledges", branch_id=branch_id, period=period)
    await visit.know(one["member_id"] for one in pledges)
    place = {member: number for number, member in enumerate(visit.by_name({one["member_id"] for one in pledges}))}
    pledges.sort(key=lambda one: place[one["member_id"]])
    by_state = {state: [one for one in pledges if one["state"] == state] for state in ("submitted", "approved", "announced", "evaluated")}
    context = {
        **at(visit, branch_id, "pledges"), "period": period, "periods": half_years(visit), "by_state": by_state,
        "is_secretary": await visit.door.holds("branch_secretary", branch_id), "today": visit.door.log.today(),
        "said": said or Fields([]),
    }  # fmt: skip
    if refused is None:
        return visit.draw("branch_pledges.html", wrong={}, **context)
    return visit.refuse("branch_pledges.html", refused, **context)
