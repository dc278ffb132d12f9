"""What happens to a half-year review as a whole (spec, section 6): it is opened, its phases change, members are excused, it is annulled.

Streams:

- `phase/<review>`: the phases of one review and all that must disturb a ballot; nothing else, so that nothing else does. Beside the
  events here, `CommitteeReviewClosed` (committee), `ResultsPublished` and `ReviewConfirmed` (results).
- `review-of/<branch>/<period>`: which review a branch has in a half-year; one, until it is annulled.
- `rating/<member>/<period>`: which review rates a member in a half-year; one, until it is annulled or the member excused.
- `self-review/<review>/<member>`: what a member wrote on itself.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from services.evaluation.events.rulebooks import Rules
from shared.events import Event, TextRef, event


class Eligible(msgspec.Struct, frozen=True):
    """A member of the electorate as the roster knew it on the day: `status` is `full` or `probationary`."""

    member_id: str
    group_id: str | None
    status: str
    floating: bool


class Excused(msgspec.Struct, frozen=True):
    """Neither rated nor rating. `cause`: `stated` (with the reason as a text) or `rated_elsewhere` (by the rules, no text)."""

    member_id: str
    cause: str
    reason: TextRef | None = None


@event("reviews.review-opened.v1")
class ReviewOpened(Event, frozen=True, kw_only=True):
    """A branch's review of a half-year began. What it rests on is kept here; later transfers and rulebooks do not change it.

    `eligible` is the whole electorate of `electorate_on`, the `excused` among them included. Its order, and that of the rules'
    dimensions, is the order of the cells of every ballot. `circles`: who scores whom: every member of a circle every other one.
    """

    review_id: str
    branch_id: str
    period: str
    electorate_on: date
    rulebook_id: str
    version: int
    rules: Rules
    eligible: tuple[Eligible, ...]
    committee: tuple[str, ...]
    excused: tuple[Excused, ...]
    circles: tuple[tuple[str, ...], ...]
    recorded_by: str


@event("reviews.branch-listed.v1")
class BranchListed(Event, frozen=True, kw_only=True):
    """The branch has this review in the half-year. Stream `review-of/<branch>/<period>`."""

    review_id: str
    branch_id: str
    period: str


@event("reviews.branch-delisted.v1")
class BranchDelisted(Event, frozen=True, kw_only=True):
    """The review was annulled: the half-year may be opened again. Stream `review-of/<branch>/<period>`."""

    review_id: str
    branch_id: str
    period: str


@event("reviews.member-listed.v1")
class MemberListed(Event, frozen=True, kw_only=True):
    """The member is rated in this review. Stream `rating/<member>/<period>`."""

    review_id: str
    member_id: str
    period: str


@event("reviews.member-delisted.v1")
class MemberDelisted(Event, frozen=True, kw_only=True):
    """The member is not rated in this review any more: it was excused, or the review annulled. Stream `rating/<member>/<period>`."""

    review_id: str
    member_id: str
    period: str


@event("reviews.member-excused.v1")
class MemberExcused(Event, frozen=True, kw_only=True):
    """A member was excused after the opening: its ballot stays, its result is absent. Stream `phase/<review>`."""

    review_id: str
    branch_id: str
    period: str
    member_id: str
    reason: TextRef
    recorded_by: str


@event("reviews.peer-review-opened.v1")
class PeerReviewOpened(Event, frozen=True, kw_only=True):
    """From now on ballots are taken; self reviews no more. Stream `phase/<review>`."""

    review_id: str
    branch_id: str
    period: str
    recorded_by: str


class CountedBallot(msgspec.Struct, frozen=True):
    """Which ballot of a rater was counted: the number of its newest one at closing."""

    rater_id: str
    number: int


class PeerScore(msgspec.Struct, frozen=True):
    """What the peers gave a member: how many scored it and, from the least number shown on, the exact aggregate.

    `aggregate` is a fraction in text (`"241/3"`, `"80"`); None where there were too few scores, or no quorum.
    """

    member_id: str
    scores: int
    aggregate: str | None


@event("reviews.peer-review-closed.v1")
class PeerReviewClosed(Event, frozen=True, kw_only=True):
    """Ballots are closed; the aggregates stand. Stream `phase/<review>`.

    `may_vote` is the number over which the quorum was counted. `without_quorum` is the town's reason where there was none: then
    the peer part is absent for everybody.
    """

    review_id: str
    branch_id: str
    period: str
    may_vote: int
    counted: tuple[CountedBallot, ...]
    scores: tuple[PeerScore, ...]
    without_quorum: TextRef | None
    recorded_by: str


@event("reviews.review-annulled.v1")
class ReviewAnnulled(Event, frozen=True, kw_only=True):
    """The town annulled a review that was opened wrongly: its events stay, it counts nothing. Stream `phase/<review>`."""

    review_id: str
    branch_id: str
    period: str
    reason: TextRef
    recorded_by: str


class PledgeNote(msgspec.Struct, frozen=True):
    """What a member says of one of its pledges: `outcome` is `fulfilled`, `partly` or `unfulfilled`."""

    pledge_id: str
    outcome: str
    note: TextRef | None = None


@event("reviews.self-review-written.v1", sealed=("scores", "pledges"))
class SelfReviewWritten(Event, frozen=True, kw_only=True):
    """A member's review of itself; the newest of its stream holds. Stream `self-review/<review>/<member>`.

    `scores` gives each dimension's points. `on_paper`: the secretary keyed in what the member had written.
    """

    review_id: str
    member_id: str
    achievements: TextRef
    shortcomings: TextRef
    pledges: tuple[PledgeNote, ...]
    scores: dict[str, Decimal]
    on_paper: bool
    recorded_by: str
