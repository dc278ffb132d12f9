"""The rotating flag of a town or the county (spec, section 7): handed to a branch or a member, with the chain of its holders."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from services.evaluation.pages.branch_year import whole_number
from services.evaluation.pages.towns import at_town, by_code, of_town
from services.evaluation.pages.visits import Visit
from services.evaluation.roster_client import RosterClient
from shared.web import Door, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)


@router.get("/town/{town_id}/flags", response_model=None)
async def get_flags_page(town_id: Id, door: Door, branch: Annotated[Id | None, Query()] = None) -> Response:
    """Who holds the flag and who held it; to a branch, or with `branch` to one of its members, it is handed on."""
    visit = await at_town(door, town_id)
    return await _draw(visit, town_id, branch, Fields([]))


@router.post("/town/{town_id}/flags", response_model=None)
async def post_flags_page(town_id: Id, door: Door) -> Response:
    """Hand the flag on."""
    visit, said = await at_town(door, town_id), await fields_of(door)
    kind, _, holder = said.get("holder").partition(":")
    year = whole_number(said.number("year"), door.log.today().year)
    body = {"holder": {f"{kind}_id": holder} if holder else {}, "year": year, "organization_id": town_id}
    try:
        await visit.own.send("POST", "/rotating-flags", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, town_id, said.text("branch"), said, refused)
    return visit.go(f"/town/{town_id}/flags", "flag")


async def _draw(visit: Visit, town_id: str, branch_id: str | None, said: Fields, refused: Refused | None = None) -> Response:
    today = visit.door.log.today()
    branches = sorted((one for one in visit.mirror.organizations_under(town_id) if one.kind == "branch"), key=by_code)
    chosen = next((one for one in branches if one.organization_id == branch_id), None)
    members: list[str] = []
    if chosen is not None:
        roster: RosterClient = visit.door.state.roster
        members = [one.member_id for one in (await roster.electorate(chosen.organization_id, today)).members]
    flags: list[dict[str, Any]] = await visit.own.every("/rotating-flags", organization_id=town_id)
    await visit.know([*members, *(one["holder"]["member_id"] for one in flags)])
    holders = [(f"branch:{one.organization_id}", one.name) for one in branches]
    if chosen is not None:
        holders = [(f"member:{one}", visit.name(one)) for one in visit.by_name(members)]
    context = {
        **of_town(visit, town_id, "flags"), "flags": flags, "branches": branches, "chosen": chosen, "holders": holders,
        "years": [today.year, today.year - 1], "said": said,
    }  # fmt: skip
    if refused is None:
        return visit.draw("town_flags.html", **context)
    return visit.refuse("town_flags.html", refused, **context)
