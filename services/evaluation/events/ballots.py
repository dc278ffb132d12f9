"""What happens at the peer review's ballot box (spec, section 6; design: trust.md).

Stream `ballot/<review>/<rater>`: every ballot of one rater in one review, numbered from 1; the newest at closing counts.
"""

from __future__ import annotations

from shared.events import Event, event


@event("ballots.ballot-cast.v1", sealed=("sheet",))
class BallotCast(Event, frozen=True, kw_only=True):
    """A whole ballot was taken. In the clear: who voted, its number, on paper or not; when is `recorded_at`.

    `sheet` holds the scores, sealed under the key `review/<review>` and bound to review, rater and number
    (`domain.ballots.seal_binding`). Every sheet of a review has the same length, whoever voted and whatever was given.
    """

    review_id: str
    rater_id: str
    number: int
    on_paper: bool
    sheet: bytes
    recorded_by: str


@event("ballots.key-destroyed.v1")
class BallotKeyDestroyed(Event, frozen=True, kw_only=True):
    """The key of a review's ballots is destroyed, `kept_years` after the review ended: nobody reads them any more, the voters included.

    Stream `ballot-key/<review>`. What the log says of who voted, the aggregates and every proof stay.
    """

    review_id: str
    branch_id: str
    period: str
    kept_years: int
