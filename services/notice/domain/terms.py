"""Which rules the publicity period of a review's results follows: those of the rulebook version that it is held under."""

from __future__ import annotations

from typing import NamedTuple

from services.notice.events.terms import ReviewLearned
from shared.events import Recorded


class PublicityRules(NamedTuple):
    """The readable share of a day that counts (exact fraction in text), and whether a correction starts the period anew."""

    readable_share: str = "1/2"
    restarts: bool = True


DEFAULT = PublicityRules()


def stream(review_id: str) -> str:
    """The stream of what is known of a review."""
    return f"review/{review_id}"


def evolve(rules: PublicityRules, recorded: Recorded) -> PublicityRules:
    """The rules of the review."""
    match recorded.event:
        case ReviewLearned() as e:
            return PublicityRules(e.readable_share, e.restarts)
    return rules
