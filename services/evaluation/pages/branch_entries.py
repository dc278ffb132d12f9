"""A branch's points: one deed recorded, an activity with its list of those present, what was recorded lately, a mistake reversed."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from services.evaluation.pages.branches import at, at_branch
from services.evaluation.pages.my import why
from services.evaluation.pages.my_pledges import evidence_in
from services.evaluation.pages.visits import Visit
from services.evaluation.roster_client import RosterClient
from shared.errors import Unknown
from shared.web import Door, HalfYearText, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
NEWEST = 60


@router.get("/branch/{branch_id}/entries", response_model=None)
async def get_branch_entries(branch_id: Id, door: Door) -> Response:
    """The form of one deed, the form of an activity, and the newest entries."""
    visit = await at_branch(door, branch_id)
    return await _draw(visit, branch_id, Fields([]))


@router.post("/branch/{branch_id}/entries", response_model=None)
async def post_branch_entry(branch_id: Id, door: Door) -> Response:
    """Record one deed."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    body: dict[str, object] = {name: said.get(name) for name in ("member_id", "item", "occurred_on")}
    body |= {"evidence": evidence_in(said), **said.without_nothing("force_reason")}
    if (worth := said.number("points")) is not None:
        body["points"] = worth
    try:
        await visit.own.send("POST", "/entries", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, branch_id, said, refused)
    return visit.go(f"/branch/{branch_id}/entries", "recorded")


@router.post("/branch/{branch_id}/activities", response_model=None)
async def post_branch_activity(branch_id: Id, door: Door) -> Response:
    """Record an activity with all who were ticked."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    remote = set(said.all("remote"))
    present = list(dict.fromkeys([*said.all("present"), *remote]))
    attendees = [{"member_id": one, "remote": one in remote} for one in present]
    body: dict[str, Any] = {"branch_id": branch_id, "item": said.get("item"), "title": said.get("title"), "held_on": said.get("held_on")}
    body |= {"attendees": attendees, "skip_recorded": said.is_ticked("skip_recorded")}
    try:
        await visit.own.send("POST", "/activities", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, branch_id, said, refused, is_activity=True)
    return visit.go(f"/branch/{branch_id}/entries", "held")


async def _draw(visit: Visit, branch_id: str, said: Fields, refused: Refused | None = None, *, is_activity: bool = False) -> Response:
    roster: RosterClient = visit.door.state.roster
    told = await roster.electorate(branch_id, visit.door.log.today())
    entries = (await visit.own.every("/entries", branch_id=branch_id, period=visit.now_period))[-NEWEST:]
    await visit.know([*(one.member_id for one in told.members), *(one["member_id"] for one in entries)])
    items = await items_of(visit, branch_id)
    context = {
        **at(visit, branch_id, "entries"), "said": said, "items": items, "entries": entries[::-1],
        "titles": {one["code"]: one["title"] for one in items}, "members": visit.by_name(one.member_id for one in told.members),
        "floating": {one.member_id for one in told.members if one.floating}, "today": visit.door.log.today(),
        "is_activity": is_activity, "is_secretary": await visit.door.holds("branch_secretary", branch_id),
    }  # fmt: skip
    if refused is None:
        return visit.draw("branch_entries.html", wrong={}, **context)
    return visit.refuse("branch_entries.html", refused, **context)


async def items_of(visit: Visit, branch_id: str) -> list[dict[str, Any]]:
    """The items of the rulebook that the branch follows in this half-year; none where there is no rulebook."""
    for organization_id in await visit.door.places.ancestry(branch_id):
        book = await visit.own.find(f"/rulebooks/{organization_id}")
        if book is not None:
            items: list[dict[str, Any]] = book["rules"]["items"]
            return items
    return []


@router.get("/branch/{branch_id}/entries/{entry_id}", response_model=None)
async def get_branch_entry(branch_id: Id, entry_id: Id, door: Door) -> Response:
    """One entry with its history; where one reverses it, or tells it on the board."""
    visit = await at_branch(door, branch_id)
    return await _show(visit, branch_id, entry_id, Fields([]))


@router.post("/branch/{branch_id}/entries/{entry_id}", response_model=None)
async def post_entry_change(branch_id: Id, entry_id: Id, door: Door) -> Response:
    """Reverse the entry, or tell it on the board."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    is_story = said.text("step") == "tell"
    body = {"title": said.get("title"), "text": said.get("text")} if is_story else {"reason": said.get("reason")}
    try:
        await visit.own.send("POST", f"/entries/{entry_id}/{'story' if is_story else 'reversal'}", body, once=said.text("once"))
    except Refused as refused:
        return await _show(visit, branch_id, entry_id, said, refused)
    return visit.go(f"/branch/{branch_id}/entries/{entry_id}", "told" if is_story else "reversed")


async def _show(visit: Visit, branch_id: str, entry_id: str, said: Fields, refused: Refused | None = None) -> Response:
    entry = await visit.own.get(f"/entries/{entry_id}")
    await visit.know([entry["member_id"], entry["recorded_by"], *(one["recorded_by"] for one in entry["history"])])
    titles = {one["code"]: one["title"] for one in await items_of(visit, branch_id)}
    context = {**at(visit, branch_id, "entries"), "entry": entry, "said": said, "title": titles.get(entry["item"], entry["item"])}
    if refused is None:
        return visit.draw("branch_entry.html", wrong={}, **context)
    return visit.refuse("branch_entry.html", refused, **context)


@router.get("/branch/{branch_id}/members/{member_id}/why", response_model=None)
async def get_why_of_member(branch_id: Id, member_id: Id, door: Door, period: HalfYearText | None = None) -> Response:
    """Why a member's result is what it is, for those who answer for it."""
    visit = await at_branch(door, branch_id)
    if branch_id not in await door.places.ancestry(await door.places.branch_of(member_id)):
        raise Unknown
    return await why(visit, member_id, period or visit.now_period, back=f"/branch/{branch_id}")
