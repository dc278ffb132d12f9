"""What happens when ballots are unsealed (design: trust.md): one officer proposes, a second of another organisation decides.

Stream `unsealing/<unsealing>`. `office_id` is the organisation for which the officer acts. Whose ballots they are leaves the service
sealed: the voters see it, and the two officers.
"""

from __future__ import annotations

from datetime import datetime

from services.evaluation.events.reviews import CountedBallot
from shared.events import Event, TextRef, event


@event("unsealings.unsealing-proposed.v1", sealed=("rater_ids", "lead_id"))
class UnsealingProposed(Event, frozen=True, kw_only=True):
    """An officer wants ballots of a closed peer review read: those of `rater_ids`, or of whom the lead is about.

    With `lead_id` no rater is named before a second officer has agreed: who proposes must not learn by it who is meant.
    """

    unsealing_id: str
    review_id: str
    branch_id: str
    period: str
    rater_ids: tuple[str, ...]
    lead_id: str | None
    reason: TextRef
    office_id: str
    recorded_by: str


@event("unsealings.unsealing-approved.v1", sealed=("ballots",))
class UnsealingApproved(Event, frozen=True, kw_only=True):
    """A second officer agrees: the two may read these counted ballots up to `readable_until`, and each voter sees it."""

    unsealing_id: str
    review_id: str
    branch_id: str
    ballots: tuple[CountedBallot, ...]
    readable_until: datetime
    office_id: str
    recorded_by: str


@event("unsealings.unsealing-rejected.v1")
class UnsealingRejected(Event, frozen=True, kw_only=True):
    """A second officer does not agree: the ballots stay sealed."""

    unsealing_id: str
    review_id: str
    branch_id: str
    reason: TextRef
    office_id: str
    recorded_by: str
