"""Ballots on paper: the secretary keys a sheet in, a second person keys it again from the paper; only what both keyed counts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Response

from services.evaluation.commands.paper_ballots import load_paper
from services.evaluation.domain.paper_ballots import UnknownPaperBallot
from services.evaluation.pages.ballot_papers import Paper, written_in
from services.evaluation.pages.branch_reviews import review_of_branch
from services.evaluation.pages.branches import at, at_branch
from services.evaluation.pages.my_reviews import dimensions_of
from services.evaluation.pages.visits import Visit
from shared.web import Door, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)


@router.get("/branch/{branch_id}/reviews/{review_id}/papers", response_model=None)
async def get_papers(branch_id: Id, review_id: Id, door: Door) -> Response:
    """The sheets that wait for their second keying."""
    visit = await at_branch(door, branch_id)
    review = await review_of_branch(visit, branch_id, review_id)
    waiting = (await visit.own.get(f"/reviews/{review_id}/paper-ballots"))["items"]
    await visit.know(one["entered_by"] for one in waiting)
    voted = set(review["turnout"]["voted"] or [])
    without = visit.by_name(one["member_id"] for one in review["members"] if not one["excused"] and one["member_id"] not in voted)
    me = door.caller.person
    return visit.draw("papers.html", **at(visit, branch_id, "review"), review=review, waiting=waiting, without=without, me=me)


@router.get("/branch/{branch_id}/reviews/{review_id}/papers/new", response_model=None)
async def get_new_paper(branch_id: Id, review_id: Id, door: Door, rater: Annotated[Id, Query()]) -> Response:
    """The empty sheet of a member, to be keyed in."""
    visit = await at_branch(door, branch_id)
    return await _draw(visit, branch_id, review_id, rater, Fields([]))


@router.post("/branch/{branch_id}/reviews/{review_id}/papers/new", response_model=None)
async def post_new_paper(branch_id: Id, review_id: Id, door: Door) -> Response:
    """Keep the first keying; it counts nothing yet."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    rater = said.get("rater")
    body = {"rater_id": rater, "sheet": said.get("sheet"), "scores": written_in(said)}
    try:
        await visit.own.send("POST", f"/reviews/{review_id}/paper-ballots", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, branch_id, review_id, rater, said, refused=refused)
    return visit.go(f"/branch/{branch_id}/reviews/{review_id}/papers", "paper")


@router.get("/branch/{branch_id}/reviews/{review_id}/papers/{paper_id}", response_model=None)
async def get_second_keying(branch_id: Id, review_id: Id, paper_id: Id, door: Door) -> Response:
    """The same sheet, empty: what was keyed first is shown to nobody."""
    visit = await at_branch(door, branch_id)
    rater = await _rater_of(visit, review_id, paper_id)
    return await _draw(visit, branch_id, review_id, rater, Fields([]), second=True)


@router.post("/branch/{branch_id}/reviews/{review_id}/papers/{paper_id}", response_model=None)
async def post_second_keying(branch_id: Id, review_id: Id, paper_id: Id, door: Door) -> Response:
    """Compare the second keying with the first: where they differ the cells are marked, and nothing counts."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    rater = await _rater_of(visit, review_id, paper_id)
    try:
        body = {"scores": written_in(said)}
        await visit.own.send("POST", f"/paper-ballots/{paper_id}/confirmation", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, branch_id, review_id, rater, said, refused=refused, second=True)
    return visit.go(f"/branch/{branch_id}/reviews/{review_id}/papers", "paper_confirmed")


async def _rater_of(visit: Visit, review_id: str, paper_id: str) -> str:
    """Whose sheet it is. Raises UnknownPaperBallot where it is none of this review."""
    fact = (await load_paper(visit.door.log, paper_id)).state.fact
    if fact.review_id != review_id:
        raise UnknownPaperBallot
    return fact.rater_id


async def _draw(
    visit: Visit, branch_id: str, review_id: str, rater: str, said: Fields, *, refused: Refused | None = None, second: bool = False
) -> Response:
    review = await review_of_branch(visit, branch_id, review_id)
    paper = Paper(_ratees(review, rater), await dimensions_of(visit, review))
    scores = written_in(said)
    context = {**at(visit, branch_id, "review"), "review": review, "rater": rater, "paper": paper, "scores": scores, "second": second}
    context["sheet_number"] = said.get("sheet")
    if refused is None:
        return visit.draw("paper.html", wrong={}, **context)
    if refused.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        refused.errors += [{"pointer": f"/{place}"} for place in paper.faults(scores)]
    return visit.refuse("paper.html", refused, **context)


def _ratees(review: dict[str, Any], rater: str) -> list[str]:
    excused = {one["member_id"] for one in review["members"] if one["excused"]}
    circles: list[list[str]] = review["circles"]
    circle = next((one for one in circles if rater in one), [])
    return [one for one in circle if one != rater and one not in excused]
