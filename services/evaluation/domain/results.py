"""Results (spec, section 6): proposed for the publicity period with what they are made of, and confirmed when it has run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from services.evaluation.domain.committee import Scores
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.scoring import band_of, needs_reason, reference_score, result_score, shown
from services.evaluation.events.committee import CommitteeReviewClosed, ResultBasis
from services.evaluation.events.results import Certificate, Result, ResultsPublished, ReviewConfirmed
from shared.errors import Conflict


class ScoresMissing(Conflict):
    """Every rated member has a committee score, with a reason where one is required, before results are published."""

    code = "scores_missing"
    sentence = (
        "The committee's scores are not complete: `missing` lists who has none, `reason_missing` whose score needs a reason now "
        "(its points have changed since it was scored)."
    )


class CertificateOfOtherResults(Conflict):
    """The results changed while notice was asked for the certificate of the earlier ones."""

    code = "results_changed"
    sentence = "The results were published anew meanwhile, and their publicity period runs from then."


@dataclass(frozen=True)
class FrozenPoints:
    """A member's points of the half-year, and how far its ledger was read for them."""

    total: Decimal
    ledger_version: int


def exact_or_none(share: str | None) -> Fraction | None:
    """A stored share, `"241/3"`, as an exact fraction; None where it is absent."""
    return None if share is None else Fraction(share)


def peer_of(review: Review, member_id: str) -> Fraction | None:
    """The peer part of a member, exact; None where it is absent."""
    score = review.peer_scores.get(member_id)
    return exact_or_none(score.aggregate) if score else None


def reference_of(review: Review, member_id: str, points: Decimal) -> Fraction | None:
    """What points and peers together say of a member, to look at beside the committee's score."""
    return reference_score(Fraction(points), peer_of(review, member_id), review.rules.result.weights)


def publish_results(
    review: Review, scores: Scores, points: Mapping[str, FrozenPoints], by: str
) -> tuple[CommitteeReviewClosed, ResultsPublished]:
    """The committee review ends; what each result rests on is frozen, and the results are put on the board.

    `points` has every rated member. Raises WrongPhase, ScoresMissing.
    """
    review.require_phase(Phase.COMMITTEE_REVIEW)
    _require_scores(review, scores, points)
    basis = tuple(_basis(review, member, scores, points[member]) for member in review.rated)
    ids = {"review_id": review.id, "branch_id": review.opening.branch_id, "period": review.opening.period, "recorded_by": by}
    closed = CommitteeReviewClosed(basis=basis, **ids)
    published = ResultsPublished(
        working_days=review.rules.publicity.working_days,
        raw_scores=review.rules.board.raw_scores,
        without_peer_quorum=review.is_without_peer_quorum,
        results=tuple(_result(review, one) for one in basis),
        **ids,
    )
    return closed, published


def _require_scores(review: Review, scores: Scores, points: Mapping[str, FrozenPoints]) -> None:
    limit = review.rules.committee.deviation_limit
    missing = [member for member in review.rated if member not in scores]
    unreasoned = [
        member
        for member in review.rated
        if (given := scores.get(member)) is not None
        and given.given.reason is None
        and needs_reason(given.score, reference_of(review, member, points[member].total), limit)
    ]
    if missing or unreasoned:
        raise ScoresMissing(missing=missing, reason_missing=unreasoned)


def _basis(review: Review, member_id: str, scores: Scores, points: FrozenPoints) -> ResultBasis:
    peer, committee, total = peer_of(review, member_id), scores[member_id].score, Fraction(points.total)
    result = result_score(review.rules.result, total, peer, committee)
    return ResultBasis(
        member_id=member_id,
        points=points.total,
        ledger_version=points.ledger_version,
        peer=_text(peer),
        peer_scores=review.peer_scores[member_id].scores,
        reference=_text(reference_of(review, member_id, points.total)),
        committee=_text(committee),
        result=_text(result),
    )


def _text(share: Fraction | None) -> str | None:
    return None if share is None else str(share)


def _result(review: Review, basis: ResultBasis) -> Result:
    exact = exact_or_none(basis.result)
    if exact is None:
        return Result(basis.member_id, None, None)
    return Result(basis.member_id, shown(exact), band_of(exact, review.rules.bands).stars)


def confirm_review(review: Review, certificate: Certificate | None, of_position: int, by: str) -> ReviewConfirmed:
    """The results stand, and their stars count. `of_position`: which results the certificate is about (`Review.results_position`).

    `certificate` is None only where the rulebook has no publicity period. Raises WrongPhase, CertificateOfOtherResults.
    """
    review.require_phase(Phase.PUBLICITY)
    if of_position != review.results_position:
        raise CertificateOfOtherResults
    return ReviewConfirmed(
        review_id=review.id,
        branch_id=review.opening.branch_id,
        period=review.opening.period,
        certificate=certificate,
        recorded_by=by,
    )


def needs_certificate(review: Review) -> bool:
    """Whether notice is asked before the review is confirmed: not where the rulebook has no publicity period. Raises WrongPhase."""
    review.require_phase(Phase.PUBLICITY)
    return review.rules.publicity.working_days > 0
