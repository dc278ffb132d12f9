"""What happens to a review's results (spec, section 6): they are published for the publicity period, and confirmed.

Stream `phase/<review>`, after `CommitteeReviewClosed`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from shared.events import Event, event


class Result(msgspec.Struct, frozen=True):
    """A member's result rounded half up to two places, and the stars of its band; both None where there is no result."""

    member_id: str
    result: Decimal | None
    stars: int | None


@event("reviews.results-published.v1")
class ResultsPublished(Event, frozen=True, kw_only=True):
    """The results of all rated members are proposed and put on the board for `working_days` (0: no publicity period).

    `raw_scores`: the rulebook shows scores in public, not stars alone. `without_peer_quorum`: the peer part is absent for
    everybody, and the board says so.
    """

    review_id: str
    branch_id: str
    period: str
    working_days: int
    raw_scores: bool
    without_peer_quorum: bool
    results: tuple[Result, ...]
    recorded_by: str


class Certificate(msgspec.Struct, frozen=True):
    """The notice service's word that the publicity period has run: its number, its notice and the hash of what was shown."""

    number: str
    notice_id: str
    hash: str


@event("reviews.review-confirmed.v1")
class ReviewConfirmed(Event, frozen=True, kw_only=True):
    """The results stand and their stars count. `certificate` is None where the rulebook has no publicity period."""

    review_id: str
    branch_id: str
    period: str
    certificate: Certificate | None
    recorded_by: str
