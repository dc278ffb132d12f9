"""The member in the half-year's review: the self review, and the ballot; both may be changed until their phase ends."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Response

from services.evaluation.pages.ballot_papers import paper_of, written_in
from services.evaluation.pages.visits import Visit
from shared.web import Door, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)


@router.get("/my/reviews/{review_id}/self", response_model=None)
async def get_self_review_page(review_id: Id, door: Door) -> Response:
    """The form of the self review, with what was written before."""
    visit = Visit(door)
    await door.require(member=visit.member_id)
    written = await visit.own.find(f"/reviews/{review_id}/self-reviews/{visit.member_id}")
    return await draw_self_review(visit, review_id, visit.member_id, _said(written))


@router.post("/my/reviews/{review_id}/self", response_model=None)
async def post_self_review_page(review_id: Id, door: Door) -> Response:
    """Keep the self review."""
    visit, said = Visit(door), await fields_of(door)
    await door.require(member=visit.member_id)
    path = f"/reviews/{review_id}/self-reviews/{visit.member_id}"
    try:
        await visit.own.send("PUT", path, self_review_in(said, on_paper=False), once=said.text("once"))
    except Refused as refused:
        return await draw_self_review(visit, review_id, visit.member_id, said, refused)
    return visit.go("/my", "self_review")


async def draw_self_review(visit: Visit, review_id: str, member_id: str, said: Fields, refused: Refused | None = None) -> Response:
    """The form of a member's self review, with what was written. Raises Refused where there is no such review."""
    review = await visit.own.get(f"/reviews/{review_id}")
    pledges = await visit.own.every("/pledges", member_id=member_id, period=review["period"])
    shown = [one for one in pledges if one["state"] in {"announced", "evaluated"}]
    dimensions = await dimensions_of(visit, review)
    await visit.know([member_id])
    context: dict[str, Any] = {"review": review, "pledges": shown, "dimensions": dimensions, "said": said, "member_id": member_id}
    if refused is None:
        return visit.draw("self_review.html", wrong={}, **context)
    return visit.refuse("self_review.html", refused, **context)


async def dimensions_of(visit: Visit, review: dict[str, Any]) -> list[dict[str, Any]]:
    """The dimensions by which this review scores."""
    version = await visit.own.get(f"/rulebooks/{review['rulebook_id']}/versions/{review['version']}")
    dimensions: list[dict[str, Any]] = version["rules"]["dimensions"]
    return dimensions


def self_review_in(said: Fields, *, on_paper: bool) -> dict[str, object]:
    """The contract's body of what stands in the form."""
    notes = said.under("note.")
    pledges = [
        {"pledge_id": pledge_id, "outcome": outcome, **({"note": notes[pledge_id]} if pledge_id in notes else {})}
        for pledge_id, outcome in said.under("outcome.").items()
    ]
    texts = {name: said.get(name) for name in ("achievements", "shortcomings")}
    return {**texts, "pledges": pledges, "scores": said.sheet("s.").get("self", {}), "on_paper": on_paper}


def _said(written: dict[str, Any] | None) -> Fields:
    if written is None:
        return Fields([])
    fields = [(name, written[name] or "") for name in ("achievements", "shortcomings")]
    fields += [(f"s.self.{code}", str(score)) for code, score in written["scores"].items()]
    for one in written["pledges"]:
        fields += [(f"outcome.{one['pledge_id']}", one["outcome"]), (f"note.{one['pledge_id']}", one["note"] or "")]
    return Fields(fields)


@router.get("/my/reviews/{review_id}/ballot", response_model=None)
async def get_ballot_page(review_id: Id, door: Door) -> Response:
    """The ballot, empty or as it was cast last."""
    visit = Visit(door)
    await door.require(member=visit.member_id)
    cast = await visit.own.find(f"/reviews/{review_id}/ballots/{visit.member_id}")
    return await _draw_ballot(visit, review_id, cast["scores"] if cast else {}, cast=cast)


@router.post("/my/reviews/{review_id}/ballot", response_model=None)
async def post_ballot_page(review_id: Id, door: Door) -> Response:
    """Look at the whole ballot, then cast it."""
    visit, said = Visit(door), await fields_of(door)
    await door.require(member=visit.member_id)
    scores = written_in(said)
    if said.text("step") not in {"look", "cast"}:
        return await _draw_ballot(visit, review_id, scores)
    paper = paper_of(await visit.own.get(f"/reviews/{review_id}/ballot-papers/{visit.member_id}"))
    if faults := paper.faults(scores):
        incomplete = Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "ballot_not_whole", "", [{"pointer": f"/{one}"} for one in faults])
        return await _draw_ballot(visit, review_id, scores, incomplete)
    if said.text("step") == "look":
        return await _draw_ballot(visit, review_id, scores, is_fixed=True)
    try:
        path = f"/reviews/{review_id}/ballots/{visit.member_id}"
        told = await visit.own.send("PUT", path, {"scores": scores}, once=said.text("once"))
    except Refused as refused:
        return await _draw_ballot(visit, review_id, scores, refused)
    await visit.know([visit.member_id])
    return visit.draw("receipt_given.html", cast=told.body, rater=visit.member_id)


async def _draw_ballot(
    visit: Visit,
    review_id: str,
    scores: dict[str, Any],
    refused: Refused | None = None,
    *,
    cast: dict[str, Any] | None = None,
    is_fixed: bool = False,
) -> Response:
    paper = paper_of(await visit.own.get(f"/reviews/{review_id}/ballot-papers/{visit.member_id}"))
    await visit.know([visit.member_id, *paper.ratees])
    context: dict[str, Any] = {"paper": paper, "scores": scores, "cast": cast, "is_fixed": is_fixed}
    if refused is None:
        return visit.draw("ballot.html", wrong={}, **context)
    return visit.refuse("ballot.html", refused, **context)
