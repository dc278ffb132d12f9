"""The committee's sheet as a form: what lies before the team, the scores it gives, the reasons, who was there and who was recused."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from services.evaluation.pages.branch_reviews import review_of_branch
from services.evaluation.pages.branches import at, at_branch
from services.evaluation.pages.visits import Visit
from shared.web import Door, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)


@router.get("/branch/{branch_id}/reviews/{review_id}/committee", response_model=None)
async def get_committee_page(branch_id: Id, review_id: Id, door: Door) -> Response:
    """The sheet with what was put so far."""
    visit = await at_branch(door, branch_id)
    return await _draw(visit, branch_id, review_id, None)


@router.post("/branch/{branch_id}/reviews/{review_id}/committee", response_model=None)
async def post_committee_page(branch_id: Id, review_id: Id, door: Door) -> Response:
    """Put the scores of all rows in which something was written: all of them or none."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    try:
        body = _body(said)
        await visit.own.send("PUT", f"/reviews/{review_id}/committee-scores", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, branch_id, review_id, said, refused)
    return visit.go(f"/branch/{branch_id}/reviews/{review_id}/committee", "scored")


def _body(said: Fields) -> dict[str, object]:
    reasons, by = said.under("reason."), said.sheet("by.")
    scores: dict[str, dict[str, object]] = {member: {"score": said.number(f"score.{member}")} for member in said.under("score.")}
    for member, each in by.items():
        scores.setdefault(member, {})["by"] = each
    for member, one in scores.items():
        if member in reasons:
            one["reason"] = reasons[member]
        if recused := said.all(f"recused.{member}"):
            one["recused"] = recused
    others = said.number("other_attendees")
    return {"attendees": said.all("attendees"), "other_attendees": 0 if others is None else _whole(others), "scores": scores}


def _whole(number: object) -> object:
    """A whole number as such; anything else as it is, for the contract to refuse."""
    text = str(number)
    return int(text) if text.isascii() and text.isdigit() else text


async def _draw(visit: Visit, branch_id: str, review_id: str, said: Fields | None, refused: Refused | None = None) -> Response:
    review = await review_of_branch(visit, branch_id, review_id)
    sheet: dict[str, Any] = await visit.own.get(f"/reviews/{review_id}/committee-sheet")
    rows = {row["member_id"]: row for row in sheet["items"]}
    await visit.know([*rows, *sheet["committee"]])
    is_town = await visit.door.holds("town_officer", branch_id)
    context = {
        **at(visit, branch_id, "review"), "review": review, "sheet": sheet, "rows": [rows[one] for one in visit.by_name(rows)],
        "said": said, "is_town": is_town, "is_mean": sheet["mode"] == "mean" and not is_town,
    }  # fmt: skip
    if refused is None:
        return visit.draw("committee.html", wrong={}, **context)
    missing = [one for one in rows if any(one in place for place in _places(refused))]
    return visit.refuse("committee.html", refused, **(context | {"missing": missing}))


def _places(refused: Refused) -> list[str]:
    return [str(one.get("pointer", "")) for one in refused.errors]
