"""A review's results by REST (spec, section 6): one row a member of the electorate, from publication on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from services.evaluation.api.reviewing import review_at
from services.evaluation.domain.results import exact_or_none
from services.evaluation.domain.reviews import Phase, Review, UnknownReview, WrongPhase
from services.evaluation.domain.scoring import shown
from shared.web import Door, Id, Router, json_answer, problems

router = Router(tags=["Results"])


class OriginalResult(BaseModel):
    """The result that was published first; both null where there was none."""

    result: float | None
    stars: int | None


class ResultRow(BaseModel):
    """A member's result and its parts, each rounded half up to two places; null where absent, all null where the member is excused.

    `peer_scores` counts the scores got, and stands also where `peer` is null. `original`: what was published first, where the result was
    corrected since; `GET /reviews/{id}/corrections` says how it came.
    """

    member_id: str
    points: float | None
    peer: float | None
    peer_scores: int | None
    reference: float | None
    committee: float | None
    result: float | None
    stars: int | None
    original: OriginalResult | None


class ResultsAnswer(BaseModel):
    """All results of a review."""

    phase: Phase
    without_peer_quorum: bool
    items: list[ResultRow]


@router.get("/reviews/{review_id}/results", response_model=ResultsAnswer, responses=problems(UnknownReview, WrongPhase))
async def get_results(review_id: Id, door: Door) -> Response:
    """The results that stand, for those who run and watch the review. Always current."""
    review = await review_at(door, review_id)
    if not review.results:
        raise WrongPhase("There are no results before they are published.", phase=review.phase.value)
    items = [_row(review, member.member_id) for member in review.opening.eligible]
    return json_answer({"phase": review.phase.value, "without_peer_quorum": review.is_without_peer_quorum, "items": items})


def _row(review: Review, member_id: str) -> dict[str, Any]:
    basis, result = review.basis.get(member_id), review.results.get(member_id)
    if basis is None or result is None:
        return dict.fromkeys(ResultRow.model_fields) | {"member_id": member_id}
    return {
        "member_id": member_id,
        "points": basis.points,
        "peer": _shown(basis.peer),
        "peer_scores": basis.peer_scores,
        "reference": _shown(basis.reference),
        "committee": _shown(basis.committee),
        "result": result.result,
        "stars": result.stars,
        "original": _original(review, member_id),
    }


def _original(review: Review, member_id: str) -> dict[str, Any] | None:
    first = review.published.get(member_id)
    if first is None or all(one.fact.member_id != member_id for one in review.corrections):
        return None
    return {"result": first.result, "stars": first.stars}


def _shown(share: str | None) -> Decimal | None:
    exact = exact_or_none(share)
    return None if exact is None else shown(exact)
