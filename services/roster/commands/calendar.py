"""The calendar of working days: load, decide, save."""

from __future__ import annotations

from datetime import date

from services.roster.domain import calendar as rules
from services.roster.domain.calendar import EnteredCalendar
from shared.store import Loaded, Log, Reply, Stored, again_when_stale

STREAM = "calendar"


async def load_calendar(log: Log) -> Loaded[EnteredCalendar]:
    """What administrators have entered so far."""
    return await log.load(STREAM, EnteredCalendar(), rules.evolve)


@again_when_stale
async def enter_year(
    log: Log,
    *,
    year: int,
    holidays: tuple[date, ...],
    workdays: tuple[date, ...],
    source: str,
    by: str,
    reply: Reply | None = None,
) -> Stored:
    """Enter a year. Raises DayOfAnotherYear, DayIsBoth."""
    calendar = await load_calendar(log)
    entered = rules.enter_year(year=year, holidays=holidays, workdays=workdays, source=source, by=by)
    return await log.append([calendar.then(entered)], reply=reply)


@again_when_stale
async def set_day(log: Log, *, on: date, kind: str, source: str, by: str, reply: Reply | None = None) -> Stored:
    """Set a single day."""
    calendar = await load_calendar(log)
    return await log.append([calendar.then(rules.set_day(on=on, kind=kind, source=source, by=by))], reply=reply)
