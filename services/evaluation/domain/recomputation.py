"""From entries and ballots to stars once more (spec, section 8), and whether what was recorded on the way is what comes out.

`explain` tells what the events say; this counts the ballots themselves again and goes every step anew: the ledger's points, the peers'
aggregate, the committee's score, the result, its stars, and each correction. Scores of single ballots never leave it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from services.evaluation.domain.ballots import OpenedBallot, has_quorum, sums_by_member
from services.evaluation.domain.committee import GivenScore
from services.evaluation.domain.explanation import Explanation, explain, explain_points_alone
from services.evaluation.domain.points import Ledger
from services.evaluation.domain.results import peer_of
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.domain.scoring import band_of, peer_score, result_score, shown
from services.evaluation.domain.totals import total
from services.evaluation.events.results import Result


class Check(NamedTuple):
    """One step: what was computed anew, and what the event of that step recorded."""

    step: str
    computed: object
    recorded: object

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.computed == self.recorded


@dataclass(frozen=True)
class Counted:
    """The ballots of a closed peer review, counted again. `peer`: what comes out for the member, exact; None where it is absent."""

    ballots: int
    may_vote: int
    is_quorate: bool
    scores: int
    peer: Fraction | None


@dataclass(frozen=True)
class Recomputed:
    """The way, what was counted, every step's check, and the result that must stand: None where there is none yet.

    `counted` is None before the peer review is closed, and where the ballots' key was destroyed (`is_sealed_for_good`).
    """

    explanation: Explanation
    counted: Counted | None = None
    is_sealed_for_good: bool = False
    checks: tuple[Check, ...] = ()
    result: Result | None = None

    @property
    def agrees(self) -> bool:
        """Whether every step came out as it was recorded."""
        return all(check.agrees for check in self.checks)


def recompute_points_alone(member_id: str, period: str, ledger: Ledger, in_force: RulesInForce) -> Recomputed:
    """What there is of a member that stands in no review of the half-year: its points."""
    return Recomputed(explain_points_alone(member_id, period, ledger, in_force))


def recompute(
    review: Review, member_id: str, ledger: Ledger, scores: Mapping[str, GivenScore], ballots: Sequence[OpenedBallot] | None
) -> Recomputed:
    """The way of a rated member. `ballots`: those that were counted at closing, opened; None where they can't be opened any more."""
    counted = _counted(review, member_id, ballots) if review.peer is not None and ballots is not None else None
    steps = list(_steps(review, member_id, ledger, scores, counted))
    corrections, result = _corrected(review, member_id)
    return Recomputed(
        explanation=explain(review, member_id, ledger, scores),
        counted=counted,
        is_sealed_for_good=review.peer is not None and ballots is None,
        checks=(*steps, *corrections),
        result=result or _published(steps, member_id),
    )


def _counted(review: Review, member_id: str, ballots: Sequence[OpenedBallot]) -> Counted:
    rule = review.rules.peer
    may_vote = len({*review.voters, *(ballot.rater_id for ballot in ballots)})
    is_quorate = has_quorum(len(ballots), may_vote, rule.quorum)
    sums = sums_by_member(review, ballots)[member_id]
    return Counted(len(ballots), may_vote, is_quorate, len(sums), peer_score(sums, rule) if is_quorate else None)


def _steps(review: Review, member_id: str, ledger: Ledger, scores: Mapping[str, GivenScore], counted: Counted | None) -> Iterator[Check]:
    peer = peer_of(review, member_id)
    if counted is not None:
        yield Check("scores", counted.scores, review.peer_scores[member_id].scores)
        yield Check("peer", counted.peer, peer)
        peer = counted.peer
    if (basis := review.basis.get(member_id)) is None:
        return
    points, given = Fraction(total(ledger, review.rules).total), scores[member_id].score
    exact = result_score(review.rules.result, points, peer, given)
    published = review.published[member_id]
    yield Check("points", points, Fraction(basis.points))
    yield Check("committee", given, _exact(basis.committee))
    yield Check("result", exact, _exact(basis.result))
    yield Check("shown", None if exact is None else shown(exact), published.result)
    yield Check("stars", None if exact is None else band_of(exact, review.rules.bands).stars, published.stars)


def _exact(share: str | None) -> Fraction | None:
    return None if share is None else Fraction(share)


def _corrected(review: Review, member_id: str) -> tuple[list[Check], Result | None]:
    """What each correction did: the member's own begins with what stood, and its stars are those of its band; others leave it alone."""
    checks: list[Check] = []
    stands = review.published.get(member_id)
    for one in review.corrections:
        (now,) = [result for result in one.fact.results if result.member_id == member_id]
        if one.fact.member_id == member_id:
            checks += [Check("corrected from", stands, one.fact.was), Check("corrected stars", _stars(review, now), now.stars)]
        else:
            checks.append(Check("left alone", stands, now))
        stands = now
    return checks, stands if review.corrections else None


def _stars(review: Review, result: Result) -> int | None:
    return None if result.result is None else band_of(Fraction(result.result), review.rules.bands).stars


def _published(steps: Sequence[Check], member_id: str) -> Result | None:
    """The result that comes out of the steps: computed, not read."""
    found = {check.step: check.computed for check in steps}
    if "stars" not in found:
        return None
    score, stars = found["shown"], found["stars"]
    return Result(member_id, score if isinstance(score, Decimal) else None, stars if isinstance(stars, int) else None)


class Standing(NamedTuple):
    """What a view must say of a member and half-year: score and stars, and whether they count."""

    score: Decimal | None
    stars: int | None
    counts: bool


def standing_of(recomputed: Recomputed) -> Standing | None:
    """What the view must say; None where it must say nothing: no results are published, or the member stands in none."""
    if recomputed.result is None:
        return None
    return Standing(recomputed.result.result, recomputed.result.stars, recomputed.explanation.phase == Phase.CONFIRMED)
