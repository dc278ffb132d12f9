"""The rules of publicity that a review is held under, as this service learned them when it was opened."""

from __future__ import annotations

from shared.events import Event, event


@event("terms.review-learned.v1")
class ReviewLearned(Event, frozen=True, kw_only=True):
    """A review was opened under a rulebook version that says this about publicity (spec, section 3). Stream `review/<review_id>`.

    `readable_share` is an exact fraction in text: the part of 8:00 to 18:00 for which a notice must be readable for the day to
    count. `restarts`: a corrected result runs a full period anew.
    """

    review_id: str
    readable_share: str
    restarts: bool
