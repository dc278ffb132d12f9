"""What happened to a notice. Stream `notice/<notice_id>`.

`caused_by` is the position in evaluation's feed of the fact that the notice tells of.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from services.notice.events.contents import Content, Pledge
from shared.events import Event, TextRef, event


class Away(msgspec.Struct, frozen=True):
    """A time in which a notice could not be read, and why; `end` is None while it lasts."""

    start: datetime
    end: datetime | None
    reason: str


class Term(msgspec.Struct, frozen=True):
    """The publicity period of a notice: so many working days, each readable for `readable_share` of 8:00 to 18:00.

    A correction that does not restart the period goes on with that of the notice it replaces: `counts_from` is the moment at which
    that one was published, `carried` the times in which it was withdrawn.
    """

    working_days: int
    readable_share: str = "1/2"
    counts_from: datetime | None = None
    carried: tuple[Away, ...] = ()


@event("notices.notice-published.v1")
class NoticePublished(Event, frozen=True, kw_only=True):
    """A notice was put on the board of `organization_id`.

    `subject_id` is what it tells of (the review, the entry, ...); `replaces` the notice that it corrects; `until` the last day on
    which it is shown, None without an end; `term` its publicity period, None where it has none.
    """

    notice_id: str
    organization_id: str
    number: str
    kind: str
    subject_id: str
    period: str | None
    version: int
    replaces: str | None
    until: date | None
    term: Term | None
    content: Content
    caused_by: int


@event("notices.pledges-added.v1")
class PledgesAdded(Event, frozen=True, kw_only=True):
    """Further pledges were announced for the same half-year: the next version of the notice."""

    notice_id: str
    pledges: tuple[Pledge, ...]
    until: date | None
    caused_by: int


@event("notices.outcome-shown.v1")
class OutcomeShown(Event, frozen=True, kw_only=True):
    """A pledge was evaluated: the next version of the notice."""

    notice_id: str
    pledge_id: str
    outcome: str
    until: date | None
    caused_by: int


@event("notices.notice-rewritten.v1")
class NoticeRewritten(Event, frozen=True, kw_only=True):
    """The notice says something new as a whole (a rulebook's next version): its next version."""

    notice_id: str
    content: Content
    until: date | None
    caused_by: int


@event("notices.notice-corrected.v1")
class NoticeCorrected(Event, frozen=True, kw_only=True):
    """Another notice, `replaced_by`, takes the place of this one, which stays readable as it was."""

    notice_id: str
    replaced_by: str
    caused_by: int


@event("notices.notice-became-final.v1")
class NoticeBecameFinal(Event, frozen=True, kw_only=True):
    """The results that it tells of were confirmed; it is shown until `until`."""

    notice_id: str
    until: date | None
    caused_by: int


@event("notices.notice-revoked.v1")
class NoticeRevoked(Event, frozen=True, kw_only=True):
    """What it told of no longer holds, so it was taken down for good: `cause` is review_annulled, entry_reversed or finding_reversed."""

    notice_id: str
    cause: str
    caused_by: int


@event("notices.notice-withdrawn.v1")
class NoticeWithdrawn(Event, frozen=True, kw_only=True):
    """An officer took the notice down; its days stop."""

    notice_id: str
    reason: TextRef
    recorded_by: str


@event("notices.notice-returned.v1")
class NoticeReturned(Event, frozen=True, kw_only=True):
    """An officer put the notice back; its days go on."""

    notice_id: str
    reason: TextRef | None
    recorded_by: str
