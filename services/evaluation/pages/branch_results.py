"""A review's results for those who answer for them; and how a confirmed one is corrected: proposed here, confirmed by the town."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from services.evaluation.pages.branch_reviews import review_of_branch
from services.evaluation.pages.branches import at, at_branch
from services.evaluation.pages.causes import causes_of
from services.evaluation.pages.visits import Visit
from shared.web import Door, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)


@router.get("/branch/{branch_id}/reviews/{review_id}/results", response_model=None)
async def get_results_page(branch_id: Id, review_id: Id, door: Door) -> Response:
    """One row a member, by name: the parts and the result."""
    visit = await at_branch(door, branch_id)
    return await _draw(visit, branch_id, review_id, Fields([]))


@router.post("/branch/{branch_id}/reviews/{review_id}/results", response_model=None)
async def post_results_page(branch_id: Id, review_id: Id, door: Door) -> Response:
    """Propose the correction of a confirmed result."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    kind, _, cause_id = said.get("cause").partition(":")
    body: dict[str, Any] = {"member_id": said.get("member_id"), "score": said.number("score"), "reason": said.get("reason")}
    body |= {"cause": {f"{kind}_id": cause_id} if cause_id else {}}
    try:
        await visit.own.send("POST", f"/reviews/{review_id}/corrections", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, branch_id, review_id, said, refused)
    return visit.go(f"/branch/{branch_id}/reviews/{review_id}/results", "corrected")


async def _draw(visit: Visit, branch_id: str, review_id: str, said: Fields, refused: Refused | None = None) -> Response:
    review = await review_of_branch(visit, branch_id, review_id)
    results: dict[str, Any] = await visit.own.get(f"/reviews/{review_id}/results")
    rows = {row["member_id"]: row for row in results["items"]}
    causes = await causes_of(visit, branch_id, review) if review["phase"] == "confirmed" else []
    context = {
        **at(visit, branch_id, "review"), "review": review, "results": results, "said": said, "causes": causes,
        "rows": [rows[one] for one in visit.by_name(rows)],
    }  # fmt: skip
    if refused is None:
        return visit.draw("results.html", wrong={}, **context)
    return visit.refuse("results.html", refused, **context)
