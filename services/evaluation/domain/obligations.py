"""What somebody owes, computed from what did not happen (spec, sections 3 and 8): so that what never happened is seen too.

Nobody records an obligation. It follows from the half-year's end and the rulebook's schedule (in calendar days), from a pledge's own
due date, and from the term in which objections are answered (in working days). It obliges every branch of the roster, whether it ever
opens a review or not; and the supervisor likewise, for its answers and for the circulars that findings lead to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from services.evaluation.events.rulebooks import Schedule
from shared.calendar import Calendar, HalfYear

ONE_DAY = timedelta(days=1)
STEPS = {
    "review_opened": "opened_by",
    "peer_review_closed": "peer_closed_by",
    "committee_review_held": "committee_by",
    "results_published": "published_by",
    "review_confirmed": "confirmed_by",
}
"""The steps of a half-year, and the field of the schedule that says by when."""
ANNUAL, PLEDGE, OBJECTION, CIRCULAR = "annual_review_held", "pledge_reported", "objection_answered", "circular_issued"
KINDS = (*STEPS, ANNUAL, PLEDGE, OBJECTION, CIRCULAR)


class Duty(NamedTuple):
    """What is owed by `who`, about which branch, half-year (or year) and thing."""

    kind: str
    who: str
    branch_id: str
    period: str | None = None
    about_id: str | None = None


@dataclass(frozen=True)
class Obligation:
    """A duty as it stands on a day: `open`, `overdue` or `met`, since when, and whether it was met too late.

    `due_on` is the last day on which it is in time; None while the calendar does not know it: then it is open, never overdue.
    """

    duty: Duty
    state: str
    due_on: date | None
    since: date
    is_late: bool = False

    @property
    def reason(self) -> str | None:
        """Why there is no due date."""
        return "calendar_unknown" if self.due_on is None else None


def judged(duty: Duty, *, begins: date, due_on: date | None, met_on: date | None, today: date) -> Obligation:
    """How a duty stands on `today`; on the due date itself it is still in time."""
    if met_on is not None:
        return Obligation(duty, "met", due_on, met_on, is_late=due_on is not None and met_on > due_on)
    if due_on is not None and today > due_on:
        return Obligation(duty, "overdue", due_on, due_on + ONE_DAY)
    return Obligation(duty, "open", due_on, begins)


def of_half_year(
    branch_id: str, period: HalfYear, schedule: Schedule, done: Mapping[str, date | None], review_id: str | None, *, today: date
) -> Iterator[Obligation]:
    """What a branch owes for a half-year once it has ended. `done`: step -> the day on which it happened."""
    begins = period.last_day + ONE_DAY
    for kind, by in STEPS.items():
        met_on = done.get(kind)
        if met_on is not None or today >= begins:
            due_on = period.last_day + timedelta(days=getattr(schedule, by))
            yield judged(Duty(kind, branch_id, branch_id, str(period), review_id), begins=begins, due_on=due_on, met_on=met_on, today=today)


def of_year(branch_id: str, year: int, schedule: Schedule, held_on: date | None, today: date) -> Iterator[Obligation]:
    """The annual review meeting that a branch owes once the year has ended."""
    end = date(year, 12, 31)
    if held_on is not None or today > end:
        due_on = end + timedelta(days=schedule.annual_by)
        yield judged(Duty(ANNUAL, branch_id, branch_id, str(year)), begins=end + ONE_DAY, due_on=due_on, met_on=held_on, today=today)


def of_term(duty: Duty, since: date, working_days: int, calendar: Calendar, *, met_on: date | None, today: date) -> Obligation:
    """An answer that is owed within so many working days after the day `since`."""
    due_on = calendar.after_working_days(since, working_days)
    return judged(duty, begins=since, due_on=due_on, met_on=met_on, today=today)


def half_years(first: date, today: date) -> Iterator[HalfYear]:
    """The half-years from that of `first` to that of `today`."""
    period = HalfYear.of(first)
    while period <= HalfYear.of(today):
        yield period
        period = period.next()
