"""Where a notice's publicity period stands, and its certificate: the same facts, loaded once, decided by the domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.notice.commands import beside
from services.notice.commands.notices import load_notice
from services.notice.domain import certificates, notices, objections, outages, screens, workdays
from services.notice.domain.notices import Notice
from services.notice.domain.objections import OpenObjections
from services.notice.domain.publicity import Publicity, publicity
from services.notice.domain.screens import Screens, times_without_a_screen
from services.notice.domain.spells import Spell
from services.notice.events.certificates import CertificateIssued
from shared.store import Guard, Log, again_when_stale


@dataclass(frozen=True)
class Standing:
    """A notice's period and open objections at one moment, with the streams that they rest on."""

    publicity: Publicity
    open_objections: OpenObjections
    guards: tuple[Guard, ...]

    @property
    def facts(self) -> dict[str, object]:
        """As the REST contract says it; `reason` is why the end is not known or no day is counted (calendar_unknown, ...)."""
        found = self.publicity
        return {
            "state": found.state,
            "readable_since": found.readable_since,
            "counted": found.counted,
            "not_counted": found.not_counted,
            "ends_on": found.ends_on,
            "reason": found.why_unknown,
            "open_objections": len(self.open_objections),
        }


async def standing_of(log: Log, notice: Notice, at: datetime | None = None) -> Standing:
    """Where its period stands now, or stood at the instant `at`. Raises NoPublicityPeriod."""
    now = at or log.now()
    calendars = await log.load(workdays.STREAM, workdays.WHAT_THE_LIBRARY_KNOWS, workdays.evolve)
    away = await log.load(outages.STREAM, outages.NONE, outages.evolve)
    shown = await log.load(screens.stream(notice.published.organization_id), Screens(), screens.evolve)
    silent = _times_without_a_screen(log, notice, shown.state)
    run = certificates.run_of(notice, (*away.state, *silent))
    still_open, about = await _open_objections(log, notice)
    found = publicity(run, calendars.state, min(now, notice.closed_at or now))
    return Standing(found, still_open, (calendars.guard, away.guard, shown.guard, *about))


@again_when_stale
async def certificate_of(log: Log, notice_id: str) -> CertificateIssued:
    """The publication certificate, issued now if it was not before.

    Raises:
        UnknownNotice, NoPublicityPeriod.
        NoticeDown, PublicityRunning, ObjectionOpen: the first that holds.
    """
    loaded = await load_notice(log, notice_id)
    notice = notices.existing(loaded.state)
    standing = await standing_of(log, notice)
    for issued in certificates.certificate(notice, standing.publicity, standing.open_objections):
        await log.append([loaded.then(issued)], guards=standing.guards)
        return issued
    assert notice.certificate is not None  # noqa: S101 - the domain issues one, refuses, or knows that it was issued
    return notice.certificate


def _times_without_a_screen(log: Log, notice: Notice, shown: Screens) -> tuple[Spell, ...]:
    heard: dict[str, datetime] = beside.last_heartbeats(log, notice.published.organization_id) if shown.screens else {}
    return times_without_a_screen(shown, heard, notice.counts_from)


async def _open_objections(log: Log, notice: Notice) -> tuple[OpenObjections, tuple[Guard, ...]]:
    """Those about what the notice tells of, and those about the notice itself."""
    still_open, guards = objections.NONE_OPEN, list[Guard]()
    for about_id in (notice.published.subject_id, notice.published.notice_id):
        loaded = await log.load(objections.stream(about_id), objections.NONE_OPEN, objections.evolve)
        still_open |= loaded.state
        guards.append(loaded.guard)
    return still_open, tuple(guards)
