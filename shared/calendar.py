"""Half-years and working days. Days are calendar days in Asia/Shanghai; instants are UTC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

import chinese_calendar

from shared.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_YEAR, LAST_YEAR = 1921, 2200
YEAR_DIGITS = 4
JUNE = 6
SATURDAY = 5


class NoHalfYear(Invalid):
    """The text is not a half-year."""

    code = "no_half_year"
    sentence = "A half-year is written like 2026-H1 or 2026-H2."


class HalfYear(NamedTuple):
    """H1 is January to June, H2 July to December (spec, section 6). Ordered by time; written `2026-H1`."""

    year: int
    half: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-H1`; raises NoHalfYear."""
        year, dash, half = text.partition("-")
        is_written_well = dash and len(year) == YEAR_DIGITS and year.isascii() and year.isdigit() and half in {"H1", "H2"}
        if not is_written_well or not FIRST_YEAR <= int(year) <= LAST_YEAR:
            raise NoHalfYear
        return cls(int(year), int(half[1]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The half-year that holds `day`."""
        return cls(day.year, 1 if day.month <= JUNE else 2)

    @property
    def first_day(self) -> date:
        """1 January or 1 July."""
        return date(self.year, 1 if self.half == 1 else 7, 1)

    @property
    def last_day(self) -> date:
        """30 June or 31 December."""
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    def next(self) -> Self:
        """The half-year after this one."""
        return type(self)(self.year, 2) if self.half == 1 else type(self)(self.year + 1, 1)

    def __str__(self) -> str:
        return f"{self.year}-H{self.half}"


def day_of(instant: datetime) -> date:
    """The calendar day in Asia/Shanghai on which `instant` lies."""
    return instant.astimezone(SHANGHAI).date()


def at(day: date, hour: int = 0) -> datetime:
    """The instant (UTC) of `hour` o'clock in Asia/Shanghai on `day`; 24 is the end of the day."""
    return datetime.combine(day, time(0), SHANGHAI).astimezone(UTC) + timedelta(hours=hour)


@dataclass(frozen=True)
class Calendar:
    """Which days are working days: what the library knows, and above it what an administrator has entered.

    `years` holds the years entered by hand: the days off and the make-up working days; every other day of such a year follows
    its weekday. `days` holds single days set by hand, which win over everything. A year that neither the library nor an
    administrator knows is unknown, and a day of it is neither working nor free: it is never guessed.
    """

    years: Mapping[int, tuple[frozenset[date], frozenset[date]]] = field(default_factory=dict)
    days: Mapping[date, bool] = field(default_factory=dict)

    def is_working(self, day: date) -> bool | None:
        """Whether `day` is a working day; None where its year is unknown."""
        if day in self.days:
            return self.days[day]
        if day.year in self.years:
            holidays, workdays = self.years[day.year]
            return day in workdays or (day.weekday() < SATURDAY and day not in holidays)
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return None

    def knows(self, year: int) -> bool:
        """Whether every day of `year` is known."""
        return Calendar(self.years).is_working(date(year, 1, 1)) is not None

    def working_days_after(self, day: date) -> Iterator[date]:
        """The working days after `day`, in order; ends where the calendar knows no further (or at the last year)."""
        current = day + timedelta(days=1)
        while current.year <= LAST_YEAR:
            match self.is_working(current):
                case None:
                    return
                case True:
                    yield current
            current += timedelta(days=1)

    def after_working_days(self, day: date, count: int) -> date | None:
        """The `count`-th working day after `day` (`day` itself for 0); None while the calendar does not know it yet."""
        if count == 0:
            return day
        for number, working in enumerate(self.working_days_after(day), start=1):
            if number == count:
                return working
        return None
