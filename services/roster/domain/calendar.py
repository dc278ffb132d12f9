"""The calendar of working days as administrators complete it: years that the library does not know, and single days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import msgspec

from services.roster.events.calendar import DaySet, YearEntered
from shared.calendar import Calendar
from shared.errors import Invalid
from shared.events import Recorded

MOST_DAYS_ASKED = 1100


class DayOfAnotherYear(Invalid):
    """Every day that is entered with a year lies in it."""

    code = "day_of_another_year"
    sentence = "This day does not lie in the year that is entered."


class DayIsBoth(Invalid):
    """A day is a holiday or a working day."""

    code = "day_is_both"
    sentence = "A day can't be a holiday and a working day."


class RangeTooLong(Invalid):
    """The range of days is empty or too long."""

    code = "bad_range"
    sentence = f"Ask for 1 to {MOST_DAYS_ASKED} days, the first before the last."


@dataclass(frozen=True)
class EnteredCalendar:
    """What was entered: for each year its holidays, working days and source; for single days whether they work, and the source."""

    years: Mapping[int, YearEntered] = field(default_factory=dict)
    days: Mapping[date, DaySet] = field(default_factory=dict)

    def as_calendar(self) -> Calendar:
        """The working days that follow: single days above years above the library."""
        years = {year: (frozenset(e.holidays), frozenset(e.workdays)) for year, e in self.years.items()}
        return Calendar(years, {day: e.kind == "workday" for day, e in self.days.items()})


class CalendarDay(msgspec.Struct, frozen=True):
    """One day: `working` is None where its year is not known; `by` is what decided: `day`, `year`, `library` or None.

    `source` is what an administrator named for the day or its year.
    """

    date: date
    working: bool | None
    by: str | None
    source: str | None


def evolve(calendar: EnteredCalendar, recorded: Recorded) -> EnteredCalendar:
    """The calendar after one more entry."""
    match recorded.event:
        case YearEntered() as e:
            return replace(calendar, years={**calendar.years, e.year: e})
        case DaySet() as e:
            return replace(calendar, days={**calendar.days, e.on: e})
        case _:
            return calendar


def enter_year(*, year: int, holidays: tuple[date, ...], workdays: tuple[date, ...], source: str, by: str) -> YearEntered:
    """The year is known from now on: these days are off, these make-up days are worked, every other follows its weekday.

    Raises:
        DayOfAnotherYear, DayIsBoth: a day can't be so.
    """
    for name, days in (("holidays", holidays), ("workdays", workdays)):
        for number, day in enumerate(days):
            if day.year != year:
                raise DayOfAnotherYear(errors=[(f"/{name}/{number}", DayOfAnotherYear.sentence)])
    if both := set(holidays) & set(workdays):
        raise DayIsBoth(errors=[("/workdays", f"{min(both)} stands in both lists.")])
    return YearEntered(
        year=year, holidays=tuple(sorted(set(holidays))), workdays=tuple(sorted(set(workdays))), source=source, recorded_by=by
    )


def set_day(*, on: date, kind: str, source: str, by: str) -> DaySet:
    """One day is a `workday` or a `holiday` from now on, whatever its year says."""
    return DaySet(on=on, kind=kind, source=source, recorded_by=by)


def days_between(calendar: EnteredCalendar, first: date, last: date) -> Iterator[CalendarDay]:
    """Each day from `first` to `last`, both included; raises RangeTooLong."""
    if not 0 <= (last - first).days < MOST_DAYS_ASKED:
        raise RangeTooLong
    known = calendar.as_calendar()
    return (_day(calendar, known, first + timedelta(days=n)) for n in range((last - first).days + 1))


def _day(calendar: EnteredCalendar, known: Calendar, day: date) -> CalendarDay:
    working = known.is_working(day)
    if (entered := calendar.days.get(day)) is not None:
        return CalendarDay(day, working, "day", entered.source)
    if (year := calendar.years.get(day.year)) is not None:
        return CalendarDay(day, working, "year", year.source)
    return CalendarDay(day, working, None if working is None else "library", None)
