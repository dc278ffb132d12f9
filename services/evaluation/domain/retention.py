"""How long ballots can be opened (design: trust.md): some years after their review ended, and never while somebody still needs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from services.evaluation.domain.proposals import expires_at
from services.evaluation.domain.unsealings import READABLE_FOR
from services.evaluation.events.ballots import BallotKeyDestroyed
from services.evaluation.events.corrections import CorrectionConfirmed, CorrectionProposed
from services.evaluation.events.objections import ObjectionDelisted, ObjectionListed
from services.evaluation.events.results import ReviewConfirmed
from services.evaluation.events.reviews import ReviewAnnulled, ReviewOpened
from services.evaluation.events.supervision import CircularIssued, FindingRecorded, FindingReversed
from services.evaluation.events.unsealings import UnsealingApproved, UnsealingProposed, UnsealingRejected
from shared.calendar import day_of
from shared.events import Recorded

TELLING = (
    ReviewOpened, ReviewConfirmed, ReviewAnnulled, ObjectionListed, ObjectionDelisted, CorrectionProposed, CorrectionConfirmed,
    FindingRecorded, FindingReversed, CircularIssued, UnsealingProposed, UnsealingApproved, UnsealingRejected, BallotKeyDestroyed,
)  # fmt: skip
"""What is asked of the log."""


@dataclass(frozen=True)
class Ended:
    """A review that has ended: of which branch and half-year, and when it was confirmed or annulled."""

    review_id: str
    branch_id: str
    period: str
    ended_on: date


@dataclass
class Holds:
    """What the log has told so far: the reviews whose key lives, and what still needs them.

    `until`: an unsealing -> its review and the last instant at which it is proposed or readable; the same for proposed corrections.
    """

    branches: dict[str, tuple[str, str]] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)
    objections: dict[str, str] = field(default_factory=dict)
    until: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    findings: dict[str, tuple[str, int]] = field(default_factory=dict)

    def take(self, recorded: Recorded) -> None:
        """One more event."""
        match recorded.event:
            case ReviewOpened() as e:
                self.branches[e.review_id] = (e.branch_id, e.period)
            case ReviewConfirmed(review_id=review_id) | ReviewAnnulled(review_id=review_id):
                self.ended[review_id] = Ended(review_id, *self.branches[review_id], day_of(recorded.recorded_at))
            case BallotKeyDestroyed(review_id=review_id):
                self.ended.pop(review_id, None)
            case ObjectionListed() as e:
                self.objections[e.objection_id] = e.about_id
            case ObjectionDelisted() as e:
                self.objections.pop(e.objection_id, None)
            case other:
                self._take_proposal(other, recorded.recorded_at)

    def _take_proposal(self, event: object, at: datetime) -> None:
        match event:
            case CorrectionProposed() as e:
                self.until[e.correction_id] = (e.review_id, expires_at(at))
            case CorrectionConfirmed() as e:
                self.until.pop(e.correction_id, None)
            case UnsealingProposed() as e:
                self.until[e.unsealing_id] = (e.review_id, expires_at(at))
            case UnsealingApproved() as e:
                self.until[e.unsealing_id] = (e.review_id, at + READABLE_FOR)
            case UnsealingRejected() as e:
                self.until.pop(e.unsealing_id, None)
            case other:
                self._take_finding(other)

    def _take_finding(self, event: object) -> None:
        match event:
            case FindingRecorded() as e:
                self.findings[e.finding_id] = (e.branch_id, e.year)
            case FindingReversed() as e:
                self.findings.pop(e.finding_id, None)
            case CircularIssued() as e:
                for one in e.findings:
                    self.findings.pop(one.finding_id, None)

    def due(self, years: int, now: datetime) -> list[Ended]:
        """The reviews that ended more than so many years ago and that nothing needs any more."""
        today = day_of(now)
        return [one for one in self.ended.values() if today > years_after(one.ended_on, years) and not self._is_needed(one, now)]

    def _is_needed(self, one: Ended, now: datetime) -> bool:
        """An open objection to it, a correction or an unsealing that waits or is read, a finding of its year without its circular."""
        is_objected_to = one.review_id in self.objections.values()
        is_awaited = any(review_id == one.review_id and now <= last for review_id, last in self.until.values())
        return is_objected_to or is_awaited or (one.branch_id, int(one.period[:4])) in self.findings.values()


def years_after(day: date, years: int) -> date:
    """The same day so many years later; of 29 February the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
