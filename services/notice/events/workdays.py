"""What the roster's administrators entered about working days, as this service learned it. Stream `workdays`.

Terms are counted by the calendar as it stood here while they were open, so the moment of learning matters and is our own.
"""

from __future__ import annotations

from datetime import date

from shared.events import Event, event


@event("workdays.year-learned.v1")
class YearLearned(Event, frozen=True, kw_only=True):
    """The year is known: `holidays` are free, `workdays` are worked, every other day follows its weekday."""

    year: int
    holidays: tuple[date, ...]
    workdays: tuple[date, ...]


@event("workdays.day-learned.v1")
class DayLearned(Event, frozen=True, kw_only=True):
    """One day was set: `kind` is workday or holiday; it wins over the year."""

    on: date
    kind: str
