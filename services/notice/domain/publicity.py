"""The publicity clock (spec, section 6): for how many working days could a notice be read, and when does its period end?

- The day on which the notice could first be read is not counted.
- A working day counts if the notice could be read for at least the readable share of 8:00 to 18:00 (Asia/Shanghai).
- The period ends at 24:00 of the last day that it needs.
- A day of a year that the calendar does not know is never guessed: the end is then not known yet.
- Days off that are entered later move a period that is still open, never one that has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from services.notice.domain.spells import Spell, Stretch, joined, length, within
from services.notice.events.certificates import NotCounted
from shared.calendar import Calendar, at, day_of

WAITING, RUNNING, ENDED = "waiting", "running", "ended"
WITHDRAWN, SERVICE_AWAY, NO_SCREEN_ALIVE = "withdrawn", "service_away", "no_screen_alive"
REASONS = (WITHDRAWN, SERVICE_AWAY, NO_SCREEN_ALIVE)
CALENDAR_UNKNOWN, NOT_READABLE_YET = "calendar_unknown", "not_readable_yet"
NOTICE_WITHDRAWN, NOTICE_CORRECTED, NOTICE_REVOKED = "notice_withdrawn", "notice_corrected", "notice_revoked"
FIRST_HOUR, LAST_HOUR = 8, 18
WHOLE_DAY = timedelta(hours=LAST_HOUR - FIRST_HOUR)


class CalendarSince(NamedTuple):
    """The calendar as it was known from `since` on, until the next one of the history."""

    since: datetime
    calendar: Calendar


@dataclass(frozen=True)
class Run:
    """What the clock is given: the period's length, when the notice was published, and when it could not be read.

    `stopped` says why no day is counted any more, or not for the moment: notice_withdrawn, notice_corrected, notice_revoked.
    """

    working_days: int
    share: Fraction
    published_at: datetime
    spells: Sequence[Spell] = ()
    stopped: str | None = None


@dataclass(frozen=True)
class Publicity:
    """Where the period stands. Only days that are over are listed; `not_counted` holds working days alone.

    `ends_on` is the last day if the notice can be read from now on; None where that can't be said, and `why_unknown` says why.
    """

    state: str
    readable_since: datetime | None = None
    counted: tuple[date, ...] = ()
    not_counted: tuple[NotCounted, ...] = ()
    ends_on: date | None = None
    why_unknown: str | None = None


def publicity(run: Run, calendars: Sequence[CalendarSince], now: datetime) -> Publicity:
    """The state of the period at `now`.

    `calendars` is the history of what was known, in order, at least one: a period that ended under an earlier calendar has ended.
    """
    for current, following in pairwise(calendars):
        if following.since > now:
            break
        earlier = _under(current.calendar, run, following.since)
        if earlier.state == ENDED:
            return earlier
    known = [entry.calendar for entry in calendars if entry.since <= now] or [calendars[0].calendar]
    return _under(known[-1], run, now)


def _under(calendar: Calendar, run: Run, now: datetime) -> Publicity:
    since = first_readable(run, now)
    if since is None:
        return Publicity(WAITING, why_unknown=run.stopped or NOT_READABLE_YET)
    counted: list[date] = []
    not_counted: list[NotCounted] = []
    expected = 0
    day = day_of(since)
    while len(counted) + expected < run.working_days:
        day += timedelta(days=1)
        is_over = at(day, 24) <= now
        why_unknown = _why_unknown(day, calendar, None if is_over else run.stopped)
        if why_unknown:
            return Publicity(RUNNING, since, tuple(counted), tuple(not_counted), why_unknown=why_unknown)
        reason = why_not_counted(day, run, now) if calendar.is_working(day) else None
        if reason and is_over:
            not_counted.append(NotCounted(day, reason))
        elif calendar.is_working(day) and not reason:
            counted += [day] if is_over else []
            expected += not is_over
    state = ENDED if at(day, 24) <= now else RUNNING
    return Publicity(state, since, tuple(counted), tuple(not_counted), ends_on=day)


def _why_unknown(day: date, calendar: Calendar, stopped: str | None) -> str | None:
    return stopped or (CALENDAR_UNKNOWN if calendar.is_working(day) is None else None)


def first_readable(run: Run, now: datetime) -> datetime | None:
    """The first moment up to `now` at which the notice could be read; None if there was none yet."""
    moment = run.published_at
    for away in joined(within(run.spells, run.published_at, max(now, run.published_at) + timedelta(microseconds=1))):
        if away.start > moment:
            break
        moment = away.end
    return moment if moment <= now else None


def why_not_counted(day: date, run: Run, now: datetime) -> str | None:
    """None if `day` counts, as far as it is over at `now` and readable for its rest; else what took the most of it."""
    opens, closes = at(day, FIRST_HOUR), at(day, LAST_HOUR)
    until = min(closes, max(now, opens))
    away = {reason: within([s for s in run.spells if s.reason == reason], opens, until) for reason in REASONS}
    everything = [stretch for stretches in away.values() for stretch in stretches]
    if is_long_enough(everything, run.share):
        return None
    return max(REASONS, key=lambda reason: length(away[reason]))


def is_long_enough(away: Sequence[Stretch], share: Fraction) -> bool:
    """Whether what is left of 8:00 to 18:00 without `away` is at least `share` of it."""
    readable = WHOLE_DAY - length(away)
    return Fraction(readable // timedelta(microseconds=1), WHOLE_DAY // timedelta(microseconds=1)) >= share
