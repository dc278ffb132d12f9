"""The town's own page: its branches and where each stands, what is late, and what waits for an officer of the town."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from services.evaluation.pages.branches import half_years
from services.evaluation.pages.causes import cause_in_words
from services.evaluation.pages.visits import Visit, to_roster
from services.evaluation.projections.corrections import corrections_of
from services.evaluation.projections.supervision import inspection_of
from shared.projections import Snapshot
from shared.web import Door, Doorway, HalfYearText, Id, Router
from shared.web.forms import fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)


@router.get("/town/{town_id}", response_model=None)
async def get_town(town_id: Id, door: Door, period: Annotated[HalfYearText | None, Query()] = None) -> Response:
    """All branches of the town in one half-year, by name, and what waits for the town."""
    visit = await at_town(door, town_id)
    return await _draw(visit, town_id, period)


@router.post("/town/{town_id}", response_model=None)
async def post_town(town_id: Id, door: Door) -> Response:
    """Confirm a correction, as a second person."""
    visit, said = await at_town(door, town_id), await fields_of(door)
    try:
        await visit.own.send("POST", f"/corrections/{said.get('correction_id')}/confirmation", once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, town_id, said.text("period"), refused)
    return visit.go(f"/town/{town_id}", "correction_confirmed")


@router.get("/town/{town_id}/roster", response_model=None)
async def get_town_roster(town_id: Id, door: Door) -> Response:
    """The roster's page that takes a spreadsheet over."""
    await at_town(door, town_id)
    return to_roster(door, "/roster/import")


async def at_town(door: Doorway, town_id: str) -> Visit:
    """A visit of this town's pages by somebody who may. Raises UnknownOrganization, NotAllowed."""
    await door.places.ancestry(town_id)
    await door.require(organization=town_id)
    visit = Visit(door)
    await visit.know_organization(town_id)
    return visit


async def _draw(visit: Visit, town_id: str, period: str | None, refused: Refused | None = None) -> Response:
    periods = half_years(visit)
    period = period or periods[1]
    branches = {one.organization_id: one for one in visit.mirror.organizations_under(town_id) if one.kind == "branch"}
    listed = await visit.own.every("/reviews", organization_id=town_id, period=period)
    reviews = {one["branch_id"]: one for one in listed if one["phase"] != "annulled"}
    overdue = await visit.own.every("/obligations", organization_id=town_id, state="overdue")
    corrections = await _corrections(visit, branches)
    proposals = await visit.own.every("/proposals", organization_id=town_id, limit=None)
    unsealings = [one for one in proposals if one["kind"] == "unsealing"]
    await visit.know(who for row in corrections for who in (row["member_id"], row["proposed_by"]))
    await visit.know(one["proposed_by"] for one in unsealings)
    context = {
        **of_town(visit, town_id, "branches"), "period": period, "periods": periods, "branches": sorted(branches.values(), key=by_code),
        "reviews": reviews, "overdue": overdue, "late": _counted(overdue), "corrections": corrections,
        "waiting": await _escalated(visit, reviews), "unsealings": unsealings, "me": visit.door.caller.person,
        "objections": await visit.own.every("/objections", organization_id=town_id, state="open"),
    }  # fmt: skip
    if refused is None:
        return visit.draw("town.html", **context)
    return visit.refuse("town.html", refused, **context)


def of_town(visit: Visit, town_id: str, tab: str) -> dict[str, Any]:
    """What the head of each page of a town needs."""
    return {"town_id": town_id, "town": visit.organization(town_id), "tab": tab}


async def _corrections(visit: Visit, branches: dict[str, Any]) -> list[dict[str, Any]]:
    snapshot = await visit.door.snapshot(is_current=True)
    rows = [dict(row) for row in await corrections_of(snapshot, branches, "unconfirmed")]
    texts = await visit.door.log.texts.read(row["reason"] for row in rows)
    return [row | {"reason": texts.get(row["reason"]), "cause": await _cause(visit, snapshot, row)} for row in rows]


async def _cause(visit: Visit, snapshot: Snapshot, row: dict[str, Any]) -> str:
    finding_id = row["finding_id"]
    inspection_id = await inspection_of(snapshot, finding_id) if finding_id else None
    return await cause_in_words(visit, row["objection_id"], inspection_id, finding_id)


async def _escalated(visit: Visit, reviews: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The reviews in which the town has to score somebody, and how many."""
    found = []
    for review in reviews.values():
        if review["phase"] == "committee_review":
            sheet = await visit.own.get(f"/reviews/{review['id']}/committee-sheet")
            count = sum(1 for row in sheet["items"] if row["up_to_town"] and row["committee"] is None)
            found += [{"branch_id": review["branch_id"], "id": review["id"], "count": count}] if count else []
    return found


def _counted(overdue: list[dict[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in overdue:
        counts[one["about"]["branch_id"]] = counts.get(one["about"]["branch_id"], 0) + 1
    return counts


def by_code(one: Any) -> tuple[str, str]:  # noqa: ANN401 - an organisation
    """The key of the order in which branches are listed: their codes, then their names."""
    return one.code, one.name
