"""Self reviews (spec, section 6): written by the member, or keyed in from paper; read by it, and by the committee in its phase."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Response
from pydantic import BaseModel, Field

from services.evaluation.api.member_reads import record_read
from services.evaluation.api.reviewing import review_at
from services.evaluation.commands import self_reviews
from services.evaluation.commands.self_reviews import PledgeWord, SelfReviewText
from services.evaluation.domain.reviews import Phase, UnknownReview, WrongPhase
from services.evaluation.domain.self_reviews import NoSelfReview, NotOwnPledge, NotUnderReview, OwnSelfReviewExists
from services.evaluation.domain.sheets import ScoreInvalid, SheetNotWhole
from shared.errors import NotAllowed
from shared.web import Body, Door, Id, Router, Score, Text, answered, json_answer, problems

MOST_PLEDGES, MOST_DIMENSIONS = 100, 50
router = Router(tags=["Reviews"])
Outcome = Literal["fulfilled", "partly", "unfulfilled"]


class PaperIsTheSecretarys(NotAllowed):
    """What is on paper, the secretary keys in; what is not, the member writes."""

    code = "on_paper"
    sentence = "The member writes its own self review; the secretary keys in one on paper, and says so with on_paper."


class PledgeBody(Body):
    """What the member says of one of its pledges."""

    pledge_id: Id
    outcome: Outcome
    note: Text | None = None


class SelfReviewBody(Body):
    """A self review; `scores`: points in every dimension of the rulebook."""

    achievements: Text
    shortcomings: Text
    pledges: Annotated[tuple[PledgeBody, ...], Field(max_length=MOST_PLEDGES)] = ()
    scores: Annotated[dict[str, Score], Field(max_length=MOST_DIMENSIONS)]
    on_paper: bool = False


class StoredAnswer(BaseModel):
    """Whose self review was stored."""

    member_id: str


class PledgeAnswer(BaseModel):
    """What the member said of a pledge; `note` is null where there is none or it was erased."""

    pledge_id: str
    outcome: Outcome
    note: str | None


class SelfReviewAnswer(BaseModel):
    """A self review; texts are null once erased."""

    member_id: str
    achievements: str | None
    shortcomings: str | None
    pledges: list[PledgeAnswer]
    scores: dict[str, float]
    on_paper: bool


@router.put(
    "/reviews/{review_id}/self-reviews/{member_id}",
    response_model=StoredAnswer,
    responses=problems(
        UnknownReview, WrongPhase, NotUnderReview, OwnSelfReviewExists, NotOwnPledge, SheetNotWhole, ScoreInvalid, PaperIsTheSecretarys
    ),
)
async def put_self_review(review_id: Id, member_id: Id, body: SelfReviewBody, door: Door) -> Response:
    """Write it, anew if need be, until the peer review opens."""
    await review_at(door, review_id, member=member_id)
    if body.on_paper == (door.caller.member_id == member_id):
        raise PaperIsTheSecretarys
    written = SelfReviewText(
        achievements=body.achievements,
        shortcomings=body.shortcomings,
        pledges=[PledgeWord(one.pledge_id, one.outcome, one.note) for one in body.pledges],
        scores=body.scores,
        on_paper=body.on_paper,
    )
    reply = door.reply(200, lambda _: {"member_id": member_id})
    stored = await self_reviews.write_self_review(door.log, review_id, member_id, written, by=door.caller.person, reply=reply)
    return answered(stored)


@router.get(
    "/reviews/{review_id}/self-reviews/{member_id}",
    response_model=SelfReviewAnswer,
    responses=problems(UnknownReview, NoSelfReview, WrongPhase),
)
async def get_self_review(review_id: Id, member_id: Id, door: Door) -> Response:
    """For the member itself; for the committee while it reviews."""
    review = await review_at(door, review_id, member=member_id)
    if door.caller.member_id != member_id:
        review.require_phase(Phase.COMMITTEE_REVIEW)
        record_read(door, [member_id], "self_review")
    return json_answer(await self_reviews.read_self_review(door.log, review_id, member_id))
