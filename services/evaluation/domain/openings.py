"""Opening a review, excusing a member later, annulling a review (spec, section 6); the lists that keep each of them single.

A branch has one review a half-year, and a member is rated once a half-year: `review-of/...` and `rating/...` say in which review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.evaluation.domain.electorate import Electorate, NobodyToRate, circles_of
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.events.reviews import (
    BranchDelisted,
    BranchListed,
    Excused,
    MemberDelisted,
    MemberExcused,
    MemberListed,
    PeerReviewOpened,
    ReviewAnnulled,
    ReviewOpened,
)
from shared.calendar import HalfYear
from shared.errors import Conflict, Invalid, Unknown
from shared.events import TextRef


class ReviewExists(Conflict):
    """A branch has one review a half-year."""

    code = "review_exists"
    sentence = "This branch has a review of this half-year already; only if the town annuls it can the half-year be opened again."


class OtherRulebook(Invalid):
    """A branch follows the rulebook of its nearest organisation upwards."""

    code = "other_rulebook"
    sentence = "The branch follows another rulebook for this half-year; leave rulebook_id out, or name that one."


class AlreadyExcused(Conflict):
    """A member is excused once."""

    code = "already_excused"
    sentence = "This member is excused from this review already."


class NotOfElectorate(Unknown):
    """The member is not of the review's electorate."""

    code = "not_of_electorate"
    sentence = "This member is not of the electorate that the review was opened with."


@dataclass(frozen=True)
class Opening:
    """What somebody wants opened, with what was found out at the door."""

    review_id: str
    branch_id: str
    period: HalfYear
    electorate: Electorate
    excused: Sequence[Excused]
    in_force: RulesInForce


def open_review(opening: Opening, other_review: str | None, by: str) -> tuple[ReviewOpened, BranchListed, tuple[MemberListed, ...]]:
    """A review begins, and lists its branch and its rated members for the half-year.

    Raises ReviewExists where the branch has `other_review` already, NobodyToRate where all are excused.
    """
    if other_review is not None:
        raise ReviewExists(review_id=other_review)
    review_id, period, electorate, rules = opening.review_id, str(opening.period), opening.electorate, opening.in_force.rules
    absent = {one.member_id for one in opening.excused}
    groups = {member.member_id: member.group_id for member in electorate.members if member.member_id not in absent}
    if not groups:
        raise NobodyToRate
    opened = ReviewOpened(
        review_id=review_id,
        branch_id=opening.branch_id,
        period=period,
        electorate_on=electorate.on,
        rulebook_id=opening.in_force.rulebook_id,
        version=opening.in_force.version,
        rules=rules,
        eligible=electorate.members,
        committee=electorate.committee,
        excused=tuple(opening.excused),
        circles=circles_of(groups, rules.peer),
        recorded_by=by,
    )
    branch = BranchListed(review_id=review_id, branch_id=opening.branch_id, period=period)
    members = tuple(MemberListed(review_id=review_id, member_id=member, period=period) for member in groups)
    return opened, branch, members


def open_peer_review(review: Review, by: str) -> PeerReviewOpened:
    """Self reviews end, ballots are taken. A self review is asked for, never required. Raises WrongPhase."""
    review.require_phase(Phase.SELF_REVIEW)
    return PeerReviewOpened(review_id=review.id, branch_id=review.opening.branch_id, period=review.opening.period, recorded_by=by)


def require_can_be_excused(review: Review, member_id: str) -> None:
    """Members are excused until results are published. Raises WrongPhase, NotOfElectorate, AlreadyExcused."""
    review.require_phase(Phase.SELF_REVIEW, Phase.PEER_REVIEW, Phase.COMMITTEE_REVIEW)
    if member_id not in {member.member_id for member in review.opening.eligible}:
        raise NotOfElectorate
    if member_id in review.excused:
        raise AlreadyExcused


def excuse_member(review: Review, member_id: str, reason: TextRef, by: str) -> tuple[MemberExcused, MemberDelisted]:
    """A member is excused after the opening: its ballot stays, its result is absent.

    Raises WrongPhase, NotOfElectorate, AlreadyExcused.
    """
    require_can_be_excused(review, member_id)
    opening = review.opening
    excused = MemberExcused(
        review_id=review.id, branch_id=opening.branch_id, period=opening.period, member_id=member_id, reason=reason, recorded_by=by
    )
    return excused, MemberDelisted(review_id=review.id, member_id=member_id, period=opening.period)


def annul_review(review: Review, reason: TextRef, by: str) -> tuple[ReviewAnnulled, BranchDelisted, tuple[MemberDelisted, ...]]:
    """The town annuls a review before its confirmation: it counts nothing, its branch and members are free. Raises WrongPhase."""
    review.require_phase(Phase.SELF_REVIEW, Phase.PEER_REVIEW, Phase.COMMITTEE_REVIEW, Phase.PUBLICITY)
    opening = review.opening
    annulled = ReviewAnnulled(review_id=review.id, branch_id=opening.branch_id, period=opening.period, reason=reason, recorded_by=by)
    branch = BranchDelisted(review_id=review.id, branch_id=opening.branch_id, period=opening.period)
    members = tuple(MemberDelisted(review_id=review.id, member_id=member, period=opening.period) for member in review.rated)
    return annulled, branch, members
