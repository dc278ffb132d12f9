"""Unsealing ballots (design: trust.md): two officers of different organisations, one of them the county's, a reason, a bounded time.

It is the only way on which anybody but the voter reads a ballot. The voter sees that it happened, by whom, and why.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from services.evaluation.domain.objections import OwnCase
from services.evaluation.domain.proposals import expires_at, require_not_expired
from services.evaluation.domain.reviews import Review, WrongPhase
from services.evaluation.events.reviews import CountedBallot
from services.evaluation.events.unsealings import UnsealingApproved, UnsealingProposed, UnsealingRejected
from shared.errors import Conflict, Invalid, NotAllowed, Unknown
from shared.events import Recorded, TextRef

READABLE_FOR = timedelta(days=14)
"""For so long the two may read the ballots, from the approval on."""


class UnknownUnsealing(Unknown):
    """No unsealing under this id."""

    code = "unknown_unsealing"
    sentence = "There is no unsealing under this id."


class NobodyToUnseal(Invalid):
    """An unsealing names whose ballots are meant, or a lead; and each of them was counted."""

    code = "nobody_to_unseal"
    sentence = "Name in `rater_ids` members whose ballots were counted, or in `lead_id` a lead about raters of this review; not both."


class SamePersonUnseals(NotAllowed):
    """An unsealing is decided by a second person."""

    code = "same_person"
    sentence = "Who proposed an unsealing does not decide it; an officer of another organisation does."


class SameOrganizationUnseals(NotAllowed):
    """The two officers belong to different organisations."""

    code = "same_organization"
    sentence = "The second officer must be of another organisation than the first: the county's and the town's decide together."


class CountyNeeded(NotAllowed):
    """One of the two is the county's."""

    code = "county_needed"
    sentence = "One of the two officers must be the county's; ask its supervisor."


class UnsealingDone(Conflict):
    """An unsealing is decided once."""

    code = "unsealing_done"
    sentence = "This unsealing has been decided already; propose another one if it is still wanted."


class NotUnsealed(Conflict):
    """Only what was approved is read, and only for its time."""

    code = "not_unsealed"
    sentence = "This ballot is sealed: the unsealing does not name it, was not approved, or its 14 days are over."


class Office(NamedTuple):
    """The organisation for which an officer acts, and whether it is the county."""

    organization_id: str
    is_county: bool


class Second(NamedTuple):
    """Who decides, for which organisations it acts, and when."""

    by: str
    offices: Sequence[Office]
    now: datetime


class Wanted(NamedTuple):
    """What an officer proposes: the raters by their ids, or the lead that is about them."""

    unsealing_id: str
    rater_ids: tuple[str, ...]
    lead_id: str | None
    reason: TextRef


@dataclass(frozen=True)
class Unsealing:
    """An unsealing as its stream tells it."""

    fact: UnsealingProposed
    proposed_at: datetime
    approved: UnsealingApproved | None = None
    rejected: UnsealingRejected | None = None
    decided_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """`proposed`, `expired`, `approved`, `over` (the time for reading is past) or `rejected`."""
        if self.rejected is not None:
            return "rejected"
        if self.approved is not None:
            return "approved" if now <= self.approved.readable_until else "over"
        return "proposed" if now <= expires_at(self.proposed_at) else "expired"

    @property
    def readers(self) -> tuple[str, ...]:
        """The two who may read."""
        return (self.fact.recorded_by, self.approved.recorded_by) if self.approved else ()


def evolve(unsealing: Unsealing | None, recorded: Recorded) -> Unsealing | None:
    """The unsealing after one more event of `unsealing/<unsealing>`."""
    match recorded.event:
        case UnsealingProposed() as e:
            return Unsealing(e, recorded.recorded_at)
        case UnsealingApproved() as e if unsealing is not None:
            return replace(unsealing, approved=e, decided_at=recorded.recorded_at)
        case UnsealingRejected() as e if unsealing is not None:
            return replace(unsealing, rejected=e, decided_at=recorded.recorded_at)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to an unsealing")


def known(unsealing: Unsealing | None) -> Unsealing:
    """The unsealing; raises UnknownUnsealing where there is none."""
    if unsealing is None:
        raise UnknownUnsealing
    return unsealing


def counted_of(review: Review, rater_ids: Collection[str]) -> tuple[CountedBallot, ...]:
    """The counted ballots of these raters. Raises WrongPhase before the closing, NobodyToUnseal where one has none."""
    counted = _counted(review)
    strangers = [one for one in rater_ids if one not in counted]
    if strangers or not rater_ids:
        errors = [(f"/rater_ids/{place}", "no counted ballot") for place, one in enumerate(rater_ids) if one in strangers]
        raise NobodyToUnseal(errors=errors or [("/rater_ids", "missing")])
    return tuple(counted[one] for one in dict.fromkeys(rater_ids))


def _counted(review: Review) -> dict[str, CountedBallot]:
    if review.peer is None:
        raise WrongPhase("Ballots are unsealed after the peer review was closed, never before.", phase=review.phase.value)
    return {one.rater_id: one for one in review.peer.counted}


def propose(review: Review, wanted: Wanted, office: Office, by: str) -> UnsealingProposed:
    """An officer proposes; nothing is opened by that. That the lead is about raters of the review was checked.

    Raises WrongPhase, NobodyToUnseal, and OwnCase for who takes part in the review itself.
    """
    _require_outside(review, by)
    if (wanted.lead_id is None) != bool(wanted.rater_ids):
        raise NobodyToUnseal(errors=[("/rater_ids", NobodyToUnseal.sentence)])
    counted_of(review, wanted.rater_ids or tuple(_counted(review)))
    return UnsealingProposed(
        review_id=review.id,
        branch_id=review.opening.branch_id,
        period=review.opening.period,
        office_id=office.organization_id,
        recorded_by=by,
        **wanted._asdict(),
    )


def require_second_officer(unsealing: Unsealing, review: Review, first: Office, second: Second) -> Office:
    """The office for which this officer decides. `first`: that of who proposed.

    Raises SamePersonUnseals, OwnCase, UnsealingDone, ProposalExpired, SameOrganizationUnseals, CountyNeeded.
    """
    if second.by == unsealing.fact.recorded_by:
        raise SamePersonUnseals
    _require_outside(review, second.by)
    if unsealing.decided_at is not None:
        raise UnsealingDone
    require_not_expired(unsealing.proposed_at, second.now)
    others = [one for one in second.offices if one.organization_id != first.organization_id]
    if not others:
        raise SameOrganizationUnseals
    fitting = [one for one in others if one.is_county or first.is_county]
    if not fitting:
        raise CountyNeeded
    return fitting[0]


def approve(unsealing: Unsealing, review: Review, rater_ids: Collection[str], office: Office, second: Second) -> UnsealingApproved:
    """The second officer agrees. `rater_ids`: whom the lead is about, where it was proposed by a lead. Raises NobodyToUnseal."""
    fact = unsealing.fact
    return UnsealingApproved(
        unsealing_id=fact.unsealing_id,
        review_id=fact.review_id,
        branch_id=fact.branch_id,
        ballots=counted_of(review, fact.rater_ids or rater_ids),
        readable_until=second.now + READABLE_FOR,
        office_id=office.organization_id,
        recorded_by=second.by,
    )


def reject(unsealing: Unsealing, reason: TextRef, office: Office, by: str) -> UnsealingRejected:
    """The second officer does not agree."""
    fact = unsealing.fact
    return UnsealingRejected(
        unsealing_id=fact.unsealing_id,
        review_id=fact.review_id,
        branch_id=fact.branch_id,
        reason=reason,
        office_id=office.organization_id,
        recorded_by=by,
    )


def require_readable(unsealing: Unsealing, rater_id: str, by: str, now: datetime) -> CountedBallot:
    """The ballot that one of the two may read now. Raises NotAllowed for anybody else, NotUnsealed."""
    if by not in {unsealing.fact.recorded_by, *unsealing.readers}:
        raise NotAllowed
    if unsealing.approved is None or unsealing.state(now) != "approved":
        raise NotUnsealed
    found = next((one for one in unsealing.approved.ballots if one.rater_id == rater_id), None)
    if found is None:
        raise NotUnsealed
    return found


def _require_outside(review: Review, by: str) -> None:
    """Raises OwnCase for somebody of the review's own electorate."""
    if any(one.member_id == by for one in review.opening.eligible):
        raise OwnCase("You take part in this review yourself; another officer unseals its ballots.")
