"""The half-year review of one branch (spec, section 6): where it stands, who takes part, what it has come to.

self review -> peer review -> committee review -> publicity -> confirmed; annulled from any but confirmed. No phase is skipped, and a
command outside its phase is refused. What a review rests on (electorate, rules, who scores whom) is fixed when it is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from services.evaluation.events.committee import CommitteeReviewClosed, ResultBasis
from services.evaluation.events.corrections import ResultsCorrected
from services.evaluation.events.results import Certificate, Result, ResultsPublished, ReviewConfirmed
from services.evaluation.events.reviews import (
    BranchDelisted,
    BranchListed,
    Excused,
    MemberDelisted,
    MemberExcused,
    MemberListed,
    PeerReviewClosed,
    PeerReviewOpened,
    PeerScore,
    ReviewAnnulled,
    ReviewOpened,
)
from services.evaluation.events.rulebooks import Rules
from shared.calendar import HalfYear, day_of
from shared.errors import Conflict, Unknown
from shared.events import Event, Recorded


class Phase(StrEnum):
    """Where a review stands."""

    SELF_REVIEW = "self_review"
    PEER_REVIEW = "peer_review"
    COMMITTEE_REVIEW = "committee_review"
    PUBLICITY = "publicity"
    CONFIRMED = "confirmed"
    ANNULLED = "annulled"


PHASE_AFTER: Mapping[type[Event], Phase] = {
    ReviewOpened: Phase.SELF_REVIEW,
    PeerReviewOpened: Phase.PEER_REVIEW,
    PeerReviewClosed: Phase.COMMITTEE_REVIEW,
    ResultsPublished: Phase.PUBLICITY,
    ReviewConfirmed: Phase.CONFIRMED,
    ReviewAnnulled: Phase.ANNULLED,
}
"""Which phase each event begins."""


class UnknownReview(Unknown):
    """No review under this id."""

    code = "unknown_review"
    sentence = "There is no review under this id."


class WrongPhase(Conflict):
    """A command outside its phase, or a step that skips one."""

    code = "wrong_phase"
    sentence = "The review is not in the phase that this belongs to; look at its phase."


@dataclass(frozen=True)
class Step:
    """A phase began: when it was recorded, and by whom."""

    phase: Phase
    at: datetime
    by: str


@dataclass(frozen=True)
class Corrected:
    """A result was corrected: what happened, and when it was recorded."""

    fact: ResultsCorrected
    at: datetime


@dataclass(frozen=True)
class Review:
    """A review as its stream tells it. `results_position` is the log's position of the results that now stand, 0 before.

    `results` are those that stand, `published` those that were published first; between them lie the `corrections`, in order.
    """

    opening: ReviewOpened
    phase: Phase
    steps: tuple[Step, ...]
    excused: Mapping[str, Excused]
    peer: PeerReviewClosed | None = None
    basis: Mapping[str, ResultBasis] = field(default_factory=dict)
    results: Mapping[str, Result] = field(default_factory=dict)
    results_position: int = 0
    certificate: Certificate | None = None
    published: Mapping[str, Result] = field(default_factory=dict)
    corrections: tuple[Corrected, ...] = ()

    @property
    def id(self) -> str:
        """The review's id."""
        return self.opening.review_id

    @property
    def rules(self) -> Rules:
        """The rules it was opened under; a published version never changes."""
        return self.opening.rules

    @property
    def period(self) -> HalfYear:
        """The half-year under review."""
        return HalfYear.parse(self.opening.period)

    @cached_property
    def rated(self) -> tuple[str, ...]:
        """Who is rated and rates: the electorate without the excused, in the order of the opening."""
        return tuple(member.member_id for member in self.opening.eligible if member.member_id not in self.excused)

    def ratees_of(self, rater_id: str) -> tuple[str, ...]:
        """Whom a rater scores: every other rated member of its circle; nobody where it may not vote."""
        if rater_id in self.excused:
            return ()
        circle = next((circle for circle in self.opening.circles if rater_id in circle), ())
        return tuple(member for member in circle if member != rater_id and member not in self.excused)

    @cached_property
    def voters(self) -> tuple[str, ...]:
        """Who may vote: every rated member who has somebody to score."""
        return tuple(member for member in self.rated if self.ratees_of(member))

    @cached_property
    def peer_scores(self) -> Mapping[str, PeerScore]:
        """What the peers gave each rated member; empty until the peer review is closed."""
        return {score.member_id: score for score in self.peer.scores} if self.peer else {}

    @property
    def is_without_peer_quorum(self) -> bool:
        """Whether the town closed the peer review without a quorum: then the peer part is absent for everybody."""
        return self.peer is not None and self.peer.without_quorum is not None

    def require_phase(self, *phases: Phase) -> None:
        """Raises WrongPhase unless the review is in one of these."""
        if self.phase not in phases:
            belongs = " or ".join(phases)
            raise WrongPhase(f"The review is in the phase {self.phase}; this belongs to {belongs}.", phase=self.phase.value)

    def deadlines(self) -> dict[str, date]:
        """By when each step is due, by the rulebook's schedule: so many days after the half-year's end."""
        schedule, end = self.rules.schedule, self.period.last_day
        days = {
            "opened": schedule.opened_by,
            "peer_closed": schedule.peer_closed_by,
            "committee": schedule.committee_by,
            "published": schedule.published_by,
            "confirmed": schedule.confirmed_by,
        }
        return {step: end + timedelta(days=count) for step, count in days.items()}

    @property
    def is_opened_late(self) -> bool:
        """Whether it was opened after the day that the schedule names: allowed, and late."""
        return day_of(self.steps[0].at) > self.deadlines()["opened"]


def evolve(review: Review | None, recorded: Recorded) -> Review | None:
    """The review after one more event of its stream `phase/<review>`."""
    if review is None:
        return _opened(recorded)
    return _moved_on(review, recorded)


def _moved_on(review: Review, recorded: Recorded) -> Review:
    match recorded.event:
        case ResultsCorrected() as e:
            return _with_results(review, e, recorded, corrections=(*review.corrections, Corrected(e, recorded.recorded_at)))
        case MemberExcused() as e:
            return replace(review, excused={**review.excused, e.member_id: Excused(e.member_id, "stated", e.reason)})
        case CommitteeReviewClosed() as e:
            return replace(review, basis={one.member_id: one for one in e.basis})
        case PeerReviewClosed() as e:
            review = replace(review, peer=e)
        case ResultsPublished() as e:
            review = _with_results(review, e, recorded, published={one.member_id: one for one in e.results})
        case ReviewConfirmed() as e:
            review = replace(review, certificate=e.certificate)
        case PeerReviewOpened() | ReviewAnnulled() as e:
            pass
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a review")
    phase = PHASE_AFTER[type(e)]
    return replace(review, phase=phase, steps=(*review.steps, Step(phase, recorded.recorded_at, e.recorded_by)))


def _with_results(review: Review, e: ResultsPublished | ResultsCorrected, recorded: Recorded, **more: Any) -> Review:  # noqa: ANN401
    return replace(review, results={one.member_id: one for one in e.results}, results_position=recorded.position, **more)


def _opened(recorded: Recorded) -> Review:
    event = recorded.event
    if not isinstance(event, ReviewOpened):
        raise TypeError(f"{type(event).__name__} can't be a review's first event")
    excused = {one.member_id: one for one in event.excused}
    return Review(event, Phase.SELF_REVIEW, (Step(Phase.SELF_REVIEW, recorded.recorded_at, event.recorded_by),), excused)


def known(review: Review | None) -> Review:
    """The review; raises UnknownReview where there is none."""
    if review is None:
        raise UnknownReview
    return review


# Lists that keep a review single: one a branch and half-year, one rating a member and half-year


def listed_branch(_: str | None, recorded: Recorded) -> str | None:
    """Which review the branch has in the half-year, after one more event of `review-of/<branch>/<period>`."""
    match recorded.event:
        case BranchListed() as e:
            return e.review_id
        case BranchDelisted():
            return None
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to the list of a branch's reviews")


def listed_member(_: str | None, recorded: Recorded) -> str | None:
    """Which review rates the member in the half-year, after one more event of `rating/<member>/<period>`."""
    match recorded.event:
        case MemberListed() as e:
            return e.review_id
        case MemberDelisted():
            return None
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to the list of a member's reviews")
