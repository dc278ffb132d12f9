"""How the scores that each member got are spread (fairness.md, E: shown, never flagged), for the county's supervisor.

Single ballots are read by nobody (trust.md), not even without names: of a branch in which everybody scores everybody but itself, the one
missing row names the rater, and so does the one member who lacks a rater's well-known 100. So this opens the ballots in memory, as the
examination does, and hands out of each member's sorted scores the middle half only: a quarter, the median, three quarters, each a whole
point, and only where there are LEAST_SCORES or more. The lowest and the highest scores, by which a rater could be known, never leave it.
The few scores behind a lead are the lead's own matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from services.evaluation.commands.recomputation import counted_ballots
from services.evaluation.domain.ballots import sums_by_member
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.scoring import rounded
from shared.store import Log

LEAST_SCORES = 10
"""The examination's least sample for scores of one person."""
QUARTERS = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))


class Spread(NamedTuple):
    """The middle half of the scores that a member got: a quarter of them lies below `low`, half below `half`, a quarter above `high`."""

    low: int
    half: int
    high: int


async def spread_of(log: Log, review: Review) -> Mapping[str, Spread]:
    """The spread of each rated member's scores; nobody before the peer review is closed, without a quorum, or once the key is destroyed.

    Who got fewer scores than LEAST_SCORES, or than the rulebook shows, is left out.
    """
    if review.peer is None or review.is_without_peer_quorum:
        return {}
    ballots = await counted_ballots(log, review)
    least = max(LEAST_SCORES, review.rules.peer.minimum_shown)
    scores = sums_by_member(review, ballots or ())
    return {member: spread(each) for member, each in scores.items() if len(each) >= least}


def spread(scores: Sequence[Fraction]) -> Spread:
    """The quartiles of these scores, between two of them in proportion, each rounded half up to a whole point."""
    ordered = sorted(scores)
    return Spread(*(rounded(_quantile(ordered, share)) for share in QUARTERS))


def _quantile(ordered: Sequence[Fraction], share: Fraction) -> Fraction:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
