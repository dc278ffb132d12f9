"""The annual review by REST (spec, section 7): a branch's meeting, its votes and grades."""

from __future__ import annotations

import msgspec
from fastapi import Response

from services.evaluation.api.annual_shapes import AnnualReviewAnswer, AnnualReviewBody, AnnualReviewMade, Json
from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.api.reviews import NotABranch
from services.evaluation.commands import annual
from services.evaluation.commands.annual import MeetingToRecord
from services.evaluation.domain.annual import (
    AlreadyGraded,
    AnnualReview,
    HalfYearsNotLookedAt,
    HeldBeforeYear,
    HeldInFuture,
    UnknownAnnualReview,
    require_possible_day,
    warnings_of,
)
from services.evaluation.domain.annual_votes import (
    ExcellentReasonMissing,
    Given,
    MajorityMissing,
    MoreVotesThanPresent,
    NotEntitled,
    NotGradable,
    majority,
    quorum,
)
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.events.annual import AnnualReviewHeld, Votes
from services.evaluation.events.reviews import Eligible
from shared.errors import TooLarge, Unavailable
from shared.store import Stored
from shared.web import Door, Id, Router, answered, json_answer, problems

router = Router(tags=["The year"])


@router.post(
    "/annual-reviews",
    status_code=201,
    response_model=AnnualReviewMade,
    responses=problems(
        UnknownOrganization, NotABranch, HeldInFuture, HeldBeforeYear, NotEntitled, NotGradable, MoreVotesThanPresent, MajorityMissing,
        ExcellentReasonMissing, HalfYearsNotLookedAt, AlreadyGraded, NoRulesInForce, TooLarge, Unavailable,
    ),
)  # fmt: skip
async def post_annual_review(body: AnnualReviewBody, door: Door) -> Response:
    """Record the meeting: held, or without a quorum; then nobody is graded, and it may be held again."""
    ancestry = await door.places.ancestry(body.branch_id)
    await door.require(organization=body.branch_id)
    places = places_of(door)
    if (await places.organization(body.branch_id)).kind != "branch":
        raise NotABranch(errors=[("/branch_id", NotABranch.sentence)])
    require_possible_day(body.held_on, body.year, door.log.today())
    told = await places.roster.electorate(body.branch_id, body.held_on)
    wanted = MeetingToRecord(
        ancestry=ancestry,
        year=body.year,
        held_on=body.held_on,
        entitled=tuple(Eligible(one.member_id, one.group_id, one.status, one.floating) for one in told.members),
        present=body.present,
        grades={member: Given(one.grade, Votes(**one.votes.model_dump())) for member, one in body.grades.items()},
        half_years=dict(body.half_years),
        excellent_reason=body.excellent_reason,
    )
    return answered(await annual.hold_annual_review(door.log, wanted, by=door.caller.person, reply=door.reply(201, _made)))


def _made(stored: Stored) -> Json:
    held = next(recorded.event for recorded in stored.recorded if isinstance(recorded.event, AnnualReviewHeld))
    return _shown(held)


def _shown(held: AnnualReviewHeld) -> Json:
    warnings = [{"code": one.code, "detail": one.detail, **one.facts} for one in warnings_of(held)]
    return {"id": held.annual_review_id, "state": held.state, "warnings": warnings}


@router.get("/annual-reviews/{annual_review_id}", response_model=AnnualReviewAnswer, responses=problems(UnknownAnnualReview))
async def get_annual_review(annual_review_id: Id, door: Door) -> Response:
    """One meeting with its votes, from the log."""
    review = await annual.load_annual_review(door.log, annual_review_id)
    await door.require(organization=review.fact.branch_id)
    reason = review.fact.excellent_reason
    texts = await door.log.texts.read([reason.id] if reason else [])
    return json_answer(_portrait(review) | {"excellent_reason": texts.get(reason.id) if reason else None})


def _portrait(review: AnnualReview) -> Json:
    held = review.fact
    entitled = [one.member_id for one in held.entitled]
    half_years = {
        one.period: {"said": one.said, "review_id": one.review_id, "confirmed": one.is_confirmed, "corrections": one.corrections}
        for one in held.half_years
    }
    return _shown(held) | {
        "branch_id": held.branch_id,
        "year": held.year,
        "held_on": held.held_on,
        "rulebook_id": held.rulebook_id,
        "version": held.version,
        "entitled": entitled,
        "present": held.present,
        "quorum": quorum(len(entitled), held.rule),
        "majority": majority(len(entitled), held.rule),
        "grades": {one.member_id: {"grade": one.grade, "votes": msgspec.structs.asdict(one.votes)} for one in held.grades},
        "half_years": half_years,
        "recorded_at": review.recorded.recorded_at,
        "recorded_by": held.recorded_by,
    }
