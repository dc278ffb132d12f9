"""Reviews as wholes: opened, listed, read, members excused, annulled (spec, section 6). Their phases: `phases.py`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.api.review_portrait import ReviewAnswer, review_portrait
from services.evaluation.api.reviewing import review_at
from services.evaluation.api.scopes import organizations_below
from services.evaluation.commands import reviews
from services.evaluation.commands.reviews import ReviewToOpen, ToExcuse
from services.evaluation.domain.electorate import (
    Electorate,
    ElectorateInFuture,
    ElectorateOutsideHalfYear,
    ExcusedStranger,
    HalfYearNotBegun,
    NobodyToRate,
    electorate_day,
)
from services.evaluation.domain.openings import AlreadyExcused, NotOfElectorate, OtherRulebook, ReviewExists
from services.evaluation.domain.reviews import Phase, UnknownReview, WrongPhase
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.events.reviews import Eligible, ReviewOpened
from services.evaluation.projections.reviews import reviews_page
from shared.calendar import HalfYear
from shared.errors import Invalid, Unavailable
from shared.store import Stored
from shared.web import Body, Cursor, Day, Door, Doorway, HalfYearText, Id, Router, Text, answered, json_answer, problems

MOST_EXCUSED = 500
router = Router(tags=["Reviews"])


class NotABranch(Invalid):
    """Branches are reviewed."""

    code = "not_a_branch"
    sentence = "This organisation is no branch; a review belongs to a branch."


class ExcusedBody(Body):
    """Somebody who is neither rated nor rating, and why."""

    member_id: Id
    reason: Text


class ReviewBody(Body):
    """A branch's review of a half-year. `electorate_on`: the day whose members count; without it the half-year's last."""

    branch_id: Id
    period: HalfYearText
    electorate_on: Day | None = None
    excused: Annotated[tuple[ExcusedBody, ...], Field(max_length=MOST_EXCUSED)] = ()
    rulebook_id: Id | None = None


class ReasonBody(Body):
    """Why."""

    reason: Text


class OpenedAnswer(BaseModel):
    """The review that was opened; `rated` and `raters` count members."""

    id: str
    phase: Literal["self_review"]
    rated: int
    raters: int


class MovedAnswer(BaseModel):
    """Where the review stands now."""

    id: str
    phase: Phase


class ListedReview(BaseModel):
    """A review in a list."""

    id: str
    branch_id: str
    period: str
    phase: Phase
    rated: int
    electorate_on: date
    rulebook_id: str
    version: int
    opened_at: datetime
    phase_since: datetime


class ReviewsAnswer(BaseModel):
    """A page of reviews, in the order of their opening."""

    items: list[ListedReview]
    next: str | None


@router.post(
    "/reviews",
    status_code=201,
    response_model=OpenedAnswer,
    responses=problems(
        UnknownOrganization, NotABranch, HalfYearNotBegun, ElectorateInFuture, ElectorateOutsideHalfYear, ExcusedStranger, OtherRulebook,
        ReviewExists, NobodyToRate, NoRulesInForce, Unavailable,
    ),
)  # fmt: skip
async def post_review(body: ReviewBody, door: Door) -> Response:
    """Open a branch's review of a half-year that has begun, with the members whom the roster names for the day."""
    ancestry = await door.places.ancestry(body.branch_id)
    await door.require(organization=body.branch_id)
    await _require_branch(door, body.branch_id)
    period = HalfYear.parse(body.period)
    day = electorate_day(period, body.electorate_on, door.log.today())
    wanted = ReviewToOpen(
        ancestry=ancestry,
        period=period,
        electorate=await _electorate(door, body.branch_id, day),
        excused=[ToExcuse(one.member_id, one.reason) for one in body.excused],
        rulebook_id=body.rulebook_id,
    )
    return answered(await reviews.open_review(door.log, wanted, by=door.caller.person, reply=door.reply(201, _opened)))


async def _require_branch(door: Doorway, branch_id: str) -> None:
    if (await places_of(door).organization(branch_id)).kind != "branch":
        raise NotABranch(errors=[("/branch_id", NotABranch.sentence)])


async def _electorate(door: Doorway, branch_id: str, day: date) -> Electorate:
    told = await places_of(door).roster.electorate(branch_id, day)
    members = tuple(Eligible(one.member_id, one.group_id, one.status, one.floating) for one in told.members)
    return Electorate(day, members, told.committee)


def _opened(stored: Stored) -> dict[str, Any]:
    opened = next(recorded.event for recorded in stored.recorded if isinstance(recorded.event, ReviewOpened))
    rated = len(opened.eligible) - len(opened.excused)
    return {"id": opened.review_id, "phase": Phase.SELF_REVIEW.value, "rated": rated, "raters": rated}


@router.get("/reviews", response_model=ReviewsAnswer)
async def get_reviews(
    door: Door,
    cursor: Cursor,
    *,
    branch_id: Annotated[Id | None, Query()] = None,
    organization_id: Annotated[Id | None, Query()] = None,
    period: Annotated[HalfYearText | None, Query()] = None,
    phase: Annotated[Phase | None, Query()] = None,
) -> Response:
    """Reviews of a branch, or of all branches of an organisation; without either, of all that the caller may see."""
    branches = await _branches(door, branch_id, organization_id)
    snapshot = await door.snapshot()
    equal = {"period": period, "phase": phase.value if phase else None}
    rows = await reviews_page(snapshot, branches=branches, after=cursor.after, limit=cursor.limit + 1, **equal)
    return cursor.page(rows, place=lambda row: (row["review_id"],), show=_listed)


async def _branches(door: Doorway, branch_id: str | None, organization_id: str | None) -> Collection[str] | None:
    """The branches whose reviews are listed; None for all. Asks the door for what is named, else for what there is."""
    for named in (branch_id, organization_id):
        if named is not None:
            await door.require(organization=(await door.places.ancestry(named))[0])
    if branch_id is not None:
        inside = organization_id is None or organization_id in await door.places.ancestry(branch_id)
        return {branch_id} if inside else set()
    tops = {organization_id} if organization_id is not None else await door.scopes()
    if tops is None:
        return None
    return {one.organization_id for one in await organizations_below(places_of(door), tops) if one.kind == "branch"}


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: row[name] for name in ListedReview.model_fields if name != "id"}
    return {"id": row["review_id"], **shown}


@router.get("/reviews/{review_id}", response_model=ReviewAnswer, responses=problems(UnknownReview))
async def get_review(review_id: Id, door: Door) -> Response:
    """One review: its phase, who takes part, turnout, deadlines; never a running score. Always current."""
    return json_answer(await review_portrait(door, await review_at(door, review_id)))


@router.post(
    "/reviews/{review_id}/excused",
    response_model=MovedAnswer,
    responses=problems(UnknownReview, WrongPhase, NotOfElectorate, AlreadyExcused),
)
async def post_excused(review_id: Id, body: ExcusedBody, door: Door) -> Response:
    """Excuse a member after the opening, until results are published: its ballot stays, its result is absent."""
    review = await review_at(door, review_id)
    reply = door.reply(200, lambda _: {"id": review_id, "phase": review.phase.value})
    stored = await reviews.excuse_member(door.log, review_id, body.member_id, reason=body.reason, by=door.caller.person, reply=reply)
    return answered(stored)


@router.post("/reviews/{review_id}/annulment", response_model=MovedAnswer, responses=problems(UnknownReview, WrongPhase))
async def post_annulment(review_id: Id, body: ReasonBody, door: Door) -> Response:
    """The town annuls a review before its confirmation: it counts nothing, and the half-year may be opened again."""
    await review_at(door, review_id)
    reply = door.reply(200, lambda _: {"id": review_id, "phase": Phase.ANNULLED.value})
    return answered(await reviews.annul_review(door.log, review_id, reason=body.reason, by=door.caller.person, reply=reply))
