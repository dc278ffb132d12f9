"""What administrators entered into the calendar of working days. Stream `calendar`."""

from __future__ import annotations

from datetime import date

from shared.events import Event, event


@event("calendar.year-entered.v1")
class YearEntered(Event, frozen=True):
    """The year is known: these are its days off and make-up working days, every other day follows its weekday.

    `source` names the official notice. Entered again, the newest holds.
    """

    year: int
    holidays: tuple[date, ...]
    workdays: tuple[date, ...]
    source: str
    recorded_by: str


@event("calendar.day-set.v1")
class DaySet(Event, frozen=True):
    """One day is a `workday` or a `holiday`, whatever the year says; `source` names the official notice."""

    on: date
    kind: str
    source: str
    recorded_by: str
