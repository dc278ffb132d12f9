"""A branch's review: opened with the list of the excused; who takes part; slips for those who vote from afar; sheets to print."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import segno
from fastapi import Query, Response
from markupsafe import Markup

from services.evaluation.pages.branches import at, at_branch, half_years
from services.evaluation.pages.my_reviews import dimensions_of, draw_self_review, self_review_in
from services.evaluation.pages.visits import Visit
from services.evaluation.roster_client import RosterClient
from shared.calendar import HalfYear
from shared.errors import Unknown
from shared.web import Door, HalfYearText, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
PRINTED = {"ballot": "print_ballot.html", "self-review": "print_self_review.html", "committee": "print_committee.html"}


@router.get("/branch/{branch_id}/reviews/new", response_model=None)
async def get_new_review(branch_id: Id, door: Door, period: Annotated[HalfYearText | None, Query()] = None) -> Response:
    """The form that opens a review: the members whom the roster names, and who of them is excused."""
    visit = await at_branch(door, branch_id)
    return await _opening(visit, branch_id, Fields([("period", period or half_years(visit)[1])]))


@router.post("/branch/{branch_id}/reviews/new", response_model=None)
async def post_new_review(branch_id: Id, door: Door) -> Response:
    """Open it."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    excused = [{"member_id": member, "reason": reason} for member, reason in said.under("excused.").items()]
    body: dict[str, Any] = {"branch_id": branch_id, "period": said.get("period"), "excused": excused} | said.without_nothing(
        "electorate_on"
    )
    try:
        await visit.own.send("POST", "/reviews", body, once=said.text("once"))
    except Refused as refused:
        return await _opening(visit, branch_id, said, refused)
    return visit.go(f"/branch/{branch_id}", "opened", period=said.get("period"))


async def _opening(visit: Visit, branch_id: str, said: Fields, refused: Refused | None = None) -> Response:
    period = HalfYear.parse(said.get("period"))
    roster: RosterClient = visit.door.state.roster
    told = await roster.electorate(branch_id, min(period.last_day, visit.door.log.today()))
    await visit.know(one.member_id for one in told.members)
    members = {one.member_id: one for one in told.members}
    ordered = [members[one] for one in visit.by_name(members)]
    context = {**at(visit, branch_id, "review"), "said": said, "members": ordered, "period": str(period)}
    if refused is None:
        return visit.draw("review_new.html", wrong={}, **context)
    return visit.refuse("review_new.html", refused, **context)


@router.get("/branch/{branch_id}/reviews/{review_id}", response_model=None)
async def get_branch_review(branch_id: Id, review_id: Id, door: Door) -> Response:
    """Who takes part, who has voted, who is excused; ways for those who can't vote on a screen here."""
    visit = await at_branch(door, branch_id)
    return await _draw(visit, branch_id, review_id)


@router.post("/branch/{branch_id}/reviews/{review_id}", response_model=None)
async def post_branch_review(branch_id: Id, review_id: Id, door: Door) -> Response:
    """Excuse a member, with the reason."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    body = {"member_id": said.get("member_id"), "reason": said.get("reason")}
    try:
        await visit.own.send("POST", f"/reviews/{review_id}/excused", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, branch_id, review_id, refused)
    return visit.go(f"/branch/{branch_id}/reviews/{review_id}", "excused")


async def review_of_branch(visit: Visit, branch_id: str, review_id: str) -> dict[str, Any]:
    """The review, with the names of all of its members. Raises Unknown where it is none of this branch; Refused."""
    review: dict[str, Any] = await visit.own.get(f"/reviews/{review_id}")
    if review["branch_id"] != branch_id:
        raise Unknown
    await visit.know([*(one["member_id"] for one in review["members"]), *review["committee"]])
    return review


async def _draw(visit: Visit, branch_id: str, review_id: str, refused: Refused | None = None) -> Response:
    review = await review_of_branch(visit, branch_id, review_id)
    members = {one["member_id"]: one for one in review["members"]}
    ordered = [members[one] for one in visit.by_name(members)]
    voted = set(review["turnout"]["voted"] or [])
    context = {**at(visit, branch_id, "review"), "review": review, "members": ordered, "voted": voted}
    if refused is None:
        return visit.draw("review.html", wrong={}, **context)
    return visit.refuse("review.html", refused, **context)


@router.post("/branch/{branch_id}/reviews/{review_id}/slip", response_model=None)
async def post_slip(branch_id: Id, review_id: Id, door: Door) -> Response:
    """Make a one-time code and show the slip to print or send: this once, for the code is kept nowhere."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    review = await review_of_branch(visit, branch_id, review_id)
    member = said.get("member_id")
    try:
        told = await visit.own.send("POST", f"/reviews/{review_id}/remote-codes", {"member_id": member})
    except Refused as refused:
        return await _draw(visit, branch_id, review_id, refused)
    address = f"{visit.door.settings.browser_url_of('evaluation').rstrip('/')}/vote"
    drawn = qr(f"{address}#{quote(told.body['code'])}")
    context = {"code": told.body["code"], "member": member, "address": address, "picture": drawn, "review": review}
    return visit.draw("slip.html", **at(visit, branch_id, "review"), **context)


def qr(text: str) -> Markup:
    """The text as a QR code: an SVG without styles, with classes of our style sheet alone."""
    drawn = segno.make(text, error="m", micro=False)
    return Markup(drawn.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704 - made by segno from our own text


@router.get("/branch/{branch_id}/reviews/{review_id}/self-reviews/{member_id}", response_model=None)
async def get_paper_self_review(branch_id: Id, review_id: Id, member_id: Id, door: Door) -> Response:
    """The form into which the secretary keys a self review from paper."""
    visit = await at_branch(door, branch_id)
    return await draw_self_review(visit, review_id, member_id, Fields([]))


@router.post("/branch/{branch_id}/reviews/{review_id}/self-reviews/{member_id}", response_model=None)
async def post_paper_self_review(branch_id: Id, review_id: Id, member_id: Id, door: Door) -> Response:
    """Keep it."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    path = f"/reviews/{review_id}/self-reviews/{member_id}"
    try:
        await visit.own.send("PUT", path, self_review_in(said, on_paper=True), once=said.text("once"))
    except Refused as refused:
        return await draw_self_review(visit, review_id, member_id, said, refused)
    return visit.go(f"/branch/{branch_id}/reviews/{review_id}", "self_review")


@router.get("/branch/{branch_id}/reviews/{review_id}/print/{sheet}", response_model=None)
async def get_printed(branch_id: Id, review_id: Id, sheet: str, door: Door) -> Response:
    """A blank sheet to print: paper is a first-class way."""
    visit = await at_branch(door, branch_id)
    if sheet not in PRINTED:
        raise Unknown
    review = await review_of_branch(visit, branch_id, review_id)
    rated = visit.by_name(one["member_id"] for one in review["members"] if not one["excused"])
    dimensions = await dimensions_of(visit, review)
    return visit.draw(PRINTED[sheet], **at(visit, branch_id, "review"), review=review, rated=rated, dimensions=dimensions)
