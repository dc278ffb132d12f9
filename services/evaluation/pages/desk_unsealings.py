"""Unsealing on the desk (trust.md): an officer proposes with a reason, one of another organisation decides, the two read for 14 days.

And what waits for a second person, of every kind. Each read of an unsealed ballot is told to its voter.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from services.evaluation.pages.branches import review_in
from services.evaluation.pages.desk_visits import Desk, at_desk
from services.evaluation.pages.my_reviews import dimensions_of
from services.evaluation.projections.unsealings import unsealings_under
from shared.errors import Unknown
from shared.web import Door, HalfYearText, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
BEFORE_CLOSING = frozenset({"self_review", "peer_review"})
Period = Annotated[HalfYearText | None, Query()]


@router.get("/desk/unsealings", response_model=None)
async def get_unsealings_page(door: Door, period: Period = None) -> Response:
    """What waits for a second person in the caller's organisations, and every unsealing that was proposed there."""
    desk = await at_desk(door, period)
    own, snapshot = desk.visit.own, await door.snapshot(is_current=True)
    rows = await unsealings_under(snapshot, [one.organization_id for one in desk.branches])
    waiting = await waiting_lines(desk)
    unsealings = [await own.get(f"/unsealings/{row['unsealing_id']}") | {"branch_id": row["branch_id"]} for row in reversed(rows)]
    await desk.visit.know([*(one["proposed_by"] for one in waiting), *(one["proposed_by"] for one in unsealings)])
    return desk.visit.draw("desk_unsealings.html", **desk.common("unsealings"), waiting=waiting, unsealings=unsealings)


@router.get("/desk/branches/{branch_id}/unsealing", response_model=None)
async def get_proposal_page(branch_id: Id, door: Door, period: Period = None, lead: Annotated[Id | None, Query()] = None) -> Response:
    """The form of a proposal: whose ballots, or those behind a lead, and why."""
    desk = await at_desk(door, period)
    return await _draw_proposal(desk, branch_id, lead, Fields([]))


@router.post("/desk/branches/{branch_id}/unsealing", response_model=None)
async def post_proposal_page(branch_id: Id, door: Door) -> Response:
    """Propose; nothing is opened by it."""
    said = await fields_of(door)
    desk = await at_desk(door, said.text("period"))
    lead_id = said.text("lead")
    body: dict[str, Any] = {"reason": said.get("reason"), "rater_ids": said.all("rater_ids")} | ({"lead_id": lead_id} if lead_id else {})
    review = await _review(desk, branch_id)
    try:
        if review is None:
            raise Unknown
        told = await desk.visit.own.send("POST", f"/reviews/{review['id']}/unsealings", body, once=said.text("once"))
    except Refused as refused:
        return await _draw_proposal(desk, branch_id, lead_id, said, refused)
    return desk.visit.go(f"/desk/unsealings/{told.body['id']}", "unsealing_proposed")


@router.get("/desk/unsealings/{unsealing_id}", response_model=None)
async def get_unsealing_page(unsealing_id: Id, door: Door) -> Response:
    """One unsealing: what was proposed, by whom and why, how it was decided, and the way to the ballots for the two who may read."""
    return await _draw(await at_desk(door), unsealing_id, Fields([]))


@router.post("/desk/unsealings/{unsealing_id}", response_model=None)
async def post_unsealing_page(unsealing_id: Id, door: Door) -> Response:
    """Decide, as an officer of another organisation."""
    desk, said = await at_desk(door), await fields_of(door)
    body = {"decision": said.get("decision"), **said.without_nothing("reason")}
    try:
        told = await desk.visit.own.send("POST", f"/unsealings/{unsealing_id}/decision", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(desk, unsealing_id, said, refused)
    return desk.visit.go(f"/desk/unsealings/{unsealing_id}", f"unsealing_{told.body['state']}")


@router.get("/desk/unsealings/{unsealing_id}/ballots/{rater_id}", response_model=None)
async def get_unsealed_ballot_page(unsealing_id: Id, rater_id: Id, door: Door) -> Response:
    """A ballot that was unsealed, for the two officers; its voter is told that it was read."""
    desk = await at_desk(door)
    try:
        ballot = await desk.visit.own.get(f"/unsealings/{unsealing_id}/ballots/{rater_id}")
    except Refused as refused:
        return await _draw(desk, unsealing_id, Fields([]), refused)
    told = await desk.visit.own.get(f"/unsealings/{unsealing_id}")
    review = await desk.visit.own.get(f"/reviews/{told['review_id']}")
    await desk.visit.know([rater_id, *ballot["scores"]])
    desk.period = review["period"]
    return desk.visit.draw(
        "desk_unsealed_ballot.html",
        **desk.common("unsealings"),
        ballot=ballot,
        branch=desk.branch(review["branch_id"]),
        dimensions=await dimensions_of(desk.visit, review),
        told=told,
    )


async def waiting_lines(desk: Desk) -> list[dict[str, Any]]:
    """What waits for a second person, the oldest first, each with the page on which it is decided."""
    return [one | {"address": _address(desk, one)} for one in await desk.visit.own.seen("/proposals", limit=None)]


def _address(desk: Desk, one: dict[str, Any]) -> str:
    place = one["organization_id"]
    match one["kind"]:
        case "unsealing":
            return f"/desk/unsealings/{one['id']}"
        case "rulebook_version":
            return f"/town/{place}/rules"
        case "paper_ballot":
            return f"/branch/{place}/reviews/{one['review_id']}/papers"
        case _:
            return f"/town/{desk.town_of(desk.branch(place))}"


async def _review(desk: Desk, branch_id: str) -> dict[str, Any] | None:
    """The branch's review of the half-year. Raises Unknown for what is no branch of the desk."""
    return (await review_in(desk.visit, desk.branch(branch_id).organization_id, desk.period))[1]


async def _draw_proposal(desk: Desk, branch_id: str, lead_id: str | None, said: Fields, refused: Refused | None = None) -> Response:
    branch, review = desk.branch(branch_id), await _review(desk, branch_id)
    raters: list[str] = []
    if review is not None and review["phase"] not in BEFORE_CLOSING:
        voted = review["turnout"]["voted"]
        raters = [one["member_id"] for one in review["members"] if not one["excused"] and (voted is None or one["member_id"] in voted)]
    await desk.visit.know(raters)
    context = {
        **desk.common("unsealings"), "branch": branch, "review": review, "raters": desk.visit.by_name(raters), "lead_id": lead_id,
        "said": said,
    }  # fmt: skip
    if refused is None:
        return desk.visit.draw("desk_unsealing_new.html", wrong={}, **context)
    return desk.visit.refuse("desk_unsealing_new.html", refused, **context)


async def _draw(desk: Desk, unsealing_id: str, said: Fields, refused: Refused | None = None) -> Response:
    visit = desk.visit
    told: dict[str, Any] = await visit.own.get(f"/unsealings/{unsealing_id}")
    review = await visit.own.get(f"/reviews/{told['review_id']}")
    opened = [one["rater_id"] for one in told["ballots"]]
    await visit.know([*told["rater_ids"], *opened, told["proposed_by"], told["decided_by"]])
    desk.period, me = review["period"], visit.door.caller.person
    context = {
        **desk.common("unsealings"), "told": told, "branch": desk.branch(review["branch_id"]), "said": said, "me": me,
        "raters": visit.by_name(told["rater_ids"]), "opened": visit.by_name(opened),
        "is_reader": me in {told["proposed_by"], told["decided_by"]},
    }  # fmt: skip
    if refused is None:
        return visit.draw("desk_unsealing.html", wrong={}, **context)
    return visit.refuse("desk_unsealing.html", refused, **context)
