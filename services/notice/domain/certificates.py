"""The publication certificate, or why there is none yet (spec, section 6)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from services.notice.domain.notices import Notice, NoticeDown
from services.notice.domain.objections import OpenObjections
from services.notice.domain.publicity import ENDED, Publicity, Run
from services.notice.domain.spells import Spell
from services.notice.events.certificates import CertificateIssued
from services.notice.events.contents import content_hash
from shared.calendar import day_of
from shared.errors import Conflict, Unknown


class NoPublicityPeriod(Unknown):
    """The notice has no publicity period."""

    code = "no_publicity_period"
    sentence = "This notice has no publicity period: only results have one, unless their rulebook sets it to 0 working days."


class PublicityRunning(Conflict):
    """The publicity period is not over."""

    code = "publicity_running"
    sentence = "The publicity period has not ended; `ends_on` says when it will, null where the calendar does not know yet."


class ObjectionOpen(Conflict):
    """An objection has not been decided."""

    code = "objection_open"
    sentence = "An objection is open; it must be decided before a certificate is issued."


def run_of(notice: Notice, others: tuple[Spell, ...]) -> Run:
    """What the publicity clock is given for `notice`; `others` are outages and times without a screen. Raises NoPublicityPeriod."""
    term = notice.published.term
    if term is None:
        raise NoPublicityPeriod
    spells = (*notice.withdrawn_spells(), *others)
    return Run(term.working_days, Fraction(term.readable_share), notice.counts_from, spells, notice.stopped)


def certificate(notice: Notice, publicity: Publicity, still_open: OpenObjections) -> list[CertificateIssued]:
    """The certificate to issue; nothing where it was issued before.

    Raises, the first that holds: NoticeDown, PublicityRunning, ObjectionOpen. That of confirmed results stands whatever comes later.
    """
    if notice.certificate and notice.is_final:
        return []
    if notice.stopped:
        raise NoticeDown(replaced_by=notice.replaced_by)
    if notice.certificate is None and publicity.state != ENDED:
        raise PublicityRunning(ends_on=publicity.ends_on)
    if still_open:
        raise ObjectionOpen(open_objections=len(still_open))
    return [] if notice.certificate else [_issued(notice, publicity)]


def _issued(notice: Notice, publicity: Publicity) -> CertificateIssued:
    last_day = publicity.ends_on or date.max
    first_day = day_of(publicity.readable_since) if publicity.readable_since else last_day
    return CertificateIssued(
        notice_id=notice.published.notice_id,
        number=notice.published.number,
        first_day=first_day,
        last_day=last_day,
        counted=publicity.counted,
        not_counted=publicity.not_counted,
        content_hash=content_hash(notice.content),
    )
