"""A notice on a board: its versions, its states, and what may be done with it (spec, section 9)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from services.notice.domain.publicity import NOTICE_CORRECTED, NOTICE_REVOKED, NOTICE_WITHDRAWN, WITHDRAWN
from services.notice.domain.spells import Spell
from services.notice.events.certificates import CertificateIssued
from services.notice.events.contents import Content, Pledge, Pledges
from services.notice.events.notices import (
    Away,
    NoticeBecameFinal,
    NoticeCorrected,
    NoticePublished,
    NoticeReturned,
    NoticeRevoked,
    NoticeRewritten,
    NoticeWithdrawn,
    OutcomeShown,
    PledgesAdded,
    Term,
)
from shared.calendar import HalfYear
from shared.errors import Conflict, Unknown
from shared.events import Event, Recorded, TextRef

KINDS = ("pledges", "result", "story", "flag", "honour", "circular", "rulebook")
CURRENT, CORRECTED, IS_WITHDRAWN, EXPIRED = STATES = ("current", "corrected", "withdrawn", "expired")


class UnknownNotice(Unknown):
    """There is no such notice."""

    code = "unknown_notice"
    sentence = "There is no notice under this id; the board and the register list those that are."


class NoticeDown(Conflict):
    """The notice is withdrawn, corrected or taken down for good."""

    code = "notice_withdrawn"
    sentence = "The notice is not on the board: it was withdrawn, or a corrected one took its place."


class NoticeOnTheBoard(Conflict):
    """Only a withdrawn notice can be returned."""

    code = "notice_not_withdrawn"
    sentence = "The notice is on the board; there is nothing to return."


@dataclass(frozen=True)
class Notice:
    """A notice as it stands. `aways` are the times in which an officer had withdrawn it; `closed_at` is when it was replaced or revoked."""

    published: NoticePublished
    published_at: datetime
    changed_at: datetime
    version: int
    content: Content
    until: date | None
    aways: tuple[Away, ...] = ()
    replaced_by: str | None = None
    is_revoked: bool = False
    closed_at: datetime | None = None
    is_final: bool = False
    final_at: datetime | None = None
    certificate: CertificateIssued | None = None

    @property
    def is_away(self) -> bool:
        """Whether an officer has withdrawn it."""
        return bool(self.aways) and self.aways[-1].end is None

    @property
    def stopped(self) -> str | None:
        """Why its days do not go on; None while they do."""
        if self.is_revoked:
            return NOTICE_REVOKED
        if self.replaced_by:
            return NOTICE_CORRECTED
        return NOTICE_WITHDRAWN if self.is_away else None

    @property
    def counts_from(self) -> datetime:
        """From when its publicity period is counted."""
        return (self.published.term and self.published.term.counts_from) or self.published_at

    def state(self, today: date) -> str:
        """current, corrected, withdrawn or expired."""
        return state_of(is_down=self.is_revoked or self.is_away, is_replaced=self.replaced_by is not None, until=self.until, today=today)

    def withdrawn_spells(self) -> tuple[Spell, ...]:
        """The times in which it was withdrawn, with those carried over from the notice it replaces."""
        carried = self.published.term.carried if self.published.term else ()
        return tuple(Spell(away.start, away.end, WITHDRAWN) for away in (*carried, *self.aways))


def state_of(*, is_down: bool, is_replaced: bool, until: date | None, today: date) -> str:
    """The state of a notice on the day `today`: what replaced it says more than that it was taken down, its term comes last."""
    if is_replaced:
        return CORRECTED
    if is_down:
        return IS_WITHDRAWN
    return EXPIRED if until is not None and until < today else CURRENT


def notice_id(kind: str, subject_id: str, version: int = 1) -> str:
    """The id of the notice about this subject: the same for the same, so that it is found without an index."""
    return _id_made_of(f"{kind}/{subject_id}/{version}")


def pledges_subject(branch_id: str, period: str) -> str:
    """The subject of a branch's notice of pledges: one a half-year."""
    return _id_made_of(f"{branch_id}/{period}")


def _id_made_of(text: str) -> str:
    """A UUID (version 8, RFC 9562) that is a hash of the text."""
    digits = sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def stream(id_of_notice: str) -> str:
    """The stream of a notice."""
    return f"notice/{id_of_notice}"


def shown_until(today: date) -> date:
    """The last day on which a notice of `today` is shown: that of the half-year after the present one."""
    return HalfYear.of(today).next().last_day


def held_until(year: int) -> date:
    """The last day on which an award of `year` is shown: it is held until the end of the next year (spec, section 7)."""
    return date(year + 1, 12, 31)


def evolve(notice: Notice | None, recorded: Recorded) -> Notice | None:
    """The notice after one more event."""
    match recorded.event:
        case NoticePublished() as e:
            return Notice(e, recorded.recorded_at, recorded.recorded_at, e.version, e.content, e.until)
        case PledgesAdded() | OutcomeShown() | NoticeRewritten():
            return notice and _reworded(notice, recorded.event, recorded.recorded_at)
    return notice and _moved(notice, recorded.event, recorded.recorded_at)


def _reworded(notice: Notice, event: PledgesAdded | OutcomeShown | NoticeRewritten, now: datetime) -> Notice:
    content: Content
    if isinstance(event, PledgesAdded):
        content = add_pledges(notice.content, event.pledges)
    elif isinstance(event, OutcomeShown):
        content = show_outcome(notice.content, event.pledge_id, event.outcome)
    else:
        content = event.content
    return replace(notice, version=notice.version + 1, content=content, until=event.until, changed_at=now)


def _moved(notice: Notice, event: Event, now: datetime) -> Notice:
    match event:
        case NoticeCorrected() as e:
            notice = replace(_back(notice, now), replaced_by=e.replaced_by, closed_at=now)
        case NoticeRevoked():
            notice = replace(_back(notice, now), is_revoked=True, closed_at=now)
        case NoticeBecameFinal() as e:
            notice = replace(notice, is_final=True, final_at=now, until=e.until)
        case NoticeWithdrawn():
            notice = replace(notice, aways=(*notice.aways, Away(now, None, WITHDRAWN)))
        case NoticeReturned():
            notice = _back(notice, now)
        case CertificateIssued() as e:
            return replace(notice, certificate=e)
    return replace(notice, changed_at=now)


def _back(notice: Notice, now: datetime) -> Notice:
    if not notice.is_away:
        return notice
    *earlier, last = notice.aways
    return replace(notice, aways=(*earlier, Away(last.start, now, last.reason)))


def add_pledges(content: Content, more: tuple[Pledge, ...]) -> Pledges:
    """The notice's pledges with `more`; one that is announced again takes the place of its earlier words."""
    assert isinstance(content, Pledges)  # noqa: S101 - an event of this kind stands in no other stream
    named = {pledge.pledge_id for pledge in more}
    kept = tuple(pledge for pledge in content.pledges if pledge.pledge_id not in named)
    return Pledges(content.period, (*kept, *more))


def show_outcome(content: Content, pledge_id: str, outcome: str) -> Pledges:
    """The notice's pledges, one of them with its outcome."""
    assert isinstance(content, Pledges)  # noqa: S101 - an event of this kind stands in no other stream
    shown = (_with_outcome(pledge, outcome) if pledge.pledge_id == pledge_id else pledge for pledge in content.pledges)
    return Pledges(content.period, tuple(shown))


def _with_outcome(pledge: Pledge, outcome: str) -> Pledge:
    return Pledge(pledge.pledge_id, pledge.member_id, pledge.theme, pledge.action, pledge.target, pledge.due_on, outcome)


def existing(notice: Notice | None) -> Notice:
    """The notice; raises UnknownNotice where there is none."""
    if notice is None:
        raise UnknownNotice
    return notice


def withdraw(notice: Notice, reason: TextRef, by: str) -> NoticeWithdrawn:
    """Take it down for now; raises NoticeDown where it is down already."""
    if notice.stopped:
        raise NoticeDown
    return NoticeWithdrawn(notice_id=notice.published.notice_id, reason=reason, recorded_by=by)


def give_back(notice: Notice, reason: TextRef | None, by: str) -> NoticeReturned:
    """Put a withdrawn notice back; raises NoticeOnTheBoard, or NoticeDown where it was replaced or revoked."""
    if notice.stopped is None:
        raise NoticeOnTheBoard
    if notice.stopped != NOTICE_WITHDRAWN:
        raise NoticeDown("The notice was taken down for good or replaced; it can't be returned.")
    return NoticeReturned(notice_id=notice.published.notice_id, reason=reason, recorded_by=by)


def corrected_term(earlier: Notice, working_days: int, readable_share: str, *, restarts: bool) -> Term | None:
    """The publicity period of a notice that corrects `earlier`: a full one anew, or else what is left of the earlier one."""
    if working_days == 0:
        return None
    if restarts:
        return Term(working_days, readable_share)
    term = earlier.published.term
    carried = (*(term.carried if term else ()), *earlier.aways)
    return Term(working_days, readable_share, earlier.counts_from, carried)
