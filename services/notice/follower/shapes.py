"""The events of evaluation and the roster as far as the boards need them; what else they hold is left aside."""

from __future__ import annotations

from datetime import date

import msgspec

from services.notice.events.contents import MemberResult, Rules
from shared.events import TextRef


class _Told(msgspec.Struct, frozen=True):
    """What a neighbour told."""


class OrganizationFounded(_Told, frozen=True):
    """organizations.organization-founded.v1."""

    organization_id: str
    kind: str
    parent_id: str | None
    code: str
    name: str


class OfMember(_Told, frozen=True):
    """members.profile-corrected.v1, members.profile-erased.v1."""

    member_id: str


class AnnouncedPledge(_Told, frozen=True):
    """One of the pledges of pledges.pledges-announced.v1."""

    pledge_id: str
    member_id: str
    period: str
    theme: str
    action: TextRef
    target: TextRef
    due_on: date


class PledgesAnnounced(_Told, frozen=True):
    """pledges.pledges-announced.v1."""

    branch_id: str
    pledges: tuple[AnnouncedPledge, ...]


class PledgeEvaluated(_Told, frozen=True):
    """pledges.pledge-evaluated.v1."""

    pledge_id: str
    branch_id: str
    period: str
    outcome: str


class StoryTold(_Told, frozen=True):
    """points.story-told.v1."""

    entry_id: str
    member_id: str
    branch_id: str
    title: TextRef
    text: TextRef
    until: date | None = None


class EntryReversed(_Told, frozen=True):
    """points.entry-reversed.v1."""

    entry_id: str


class PublicityRule(_Told, frozen=True):
    """What a rulebook says about publicity."""

    readable_share_of_day: str
    restart_on_correction: bool


class ReviewRules(_Told, frozen=True):
    """The rules of a review, as far as they matter here."""

    publicity: PublicityRule


class ReviewOpened(_Told, frozen=True):
    """reviews.review-opened.v1."""

    review_id: str
    rules: ReviewRules


class Results(_Told, frozen=True):
    """reviews.results-published.v1, reviews.results-corrected.v1."""

    review_id: str
    branch_id: str
    period: str
    working_days: int
    raw_scores: bool
    without_peer_quorum: bool
    results: tuple[MemberResult, ...]

    def shown(self) -> tuple[MemberResult, ...]:
        """The results as far as they are public: raw scores only where the rulebook says so (spec, section 9)."""
        return tuple(MemberResult(row.member_id, row.stars, row.result if self.raw_scores else None) for row in self.results)


class OfReview(_Told, frozen=True):
    """reviews.review-confirmed.v1, reviews.review-annulled.v1."""

    review_id: str


class VersionPublished(_Told, frozen=True):
    """rulebooks.version-published.v1."""

    rulebook_id: str
    organization_id: str
    code: str
    title: str
    version: int
    from_period: str | None
    rules: Rules


class CircularSays(_Told, frozen=True):
    """supervision.circular-issued.v1, supervision.circular-corrected.v1."""

    circular_id: str
    branch_id: str
    text: TextRef


class CircularWithdrawn(_Told, frozen=True):
    """supervision.circular-withdrawn.v1."""

    circular_id: str


class AwardGiven(_Told, frozen=True):
    """honours.flag-handed-on.v1, honours.honour-given.v1: to a member or to a branch."""

    award_id: str
    organization_id: str
    year: int
    member_id: str | None = None
    branch_id: str | None = None


class OfObjection(_Told, frozen=True):
    """objections.objection-raised.v1, objections.objection-decided.v1."""

    objection_id: str
    about_id: str


class YearEntered(_Told, frozen=True):
    """calendar.year-entered.v1."""

    year: int
    holidays: tuple[date, ...]
    workdays: tuple[date, ...]


class DaySet(_Told, frozen=True):
    """calendar.day-set.v1."""

    on: date
    kind: str
