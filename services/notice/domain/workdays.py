"""The calendar as this service learned it, with the moments of learning: terms that were open then are moved by it."""

from __future__ import annotations

from datetime import UTC, datetime

from services.notice.domain.publicity import CalendarSince
from services.notice.events.workdays import DayLearned, YearLearned
from shared.calendar import Calendar
from shared.events import Recorded

STREAM = "workdays"
Calendars = tuple[CalendarSince, ...]
WHAT_THE_LIBRARY_KNOWS: Calendars = (CalendarSince(datetime.min.replace(tzinfo=UTC), Calendar()),)


def evolve(calendars: Calendars, recorded: Recorded) -> Calendars:
    """The history with what was learned at `recorded_at` at its end."""
    latest = calendars[-1].calendar
    match recorded.event:
        case YearLearned() as e:
            years = {**latest.years, e.year: (frozenset(e.holidays), frozenset(e.workdays))}
            return (*calendars, CalendarSince(recorded.recorded_at, Calendar(years, latest.days)))
        case DayLearned() as e:
            days = {**latest.days, e.on: e.kind == "workday"}
            return (*calendars, CalendarSince(recorded.recorded_at, Calendar(latest.years, days)))
    return calendars
