from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import Calendar, HalfYear, NoHalfYear, at, day_of

DAYS = st.dates(date(2005, 1, 1), date(2026, 10, 31))
HALF_YEARS = st.builds(HalfYear, st.integers(1950, 2150), st.sampled_from([1, 2]))


def test_the_worked_example_of_the_publicity_period() -> None:
    assert Calendar().after_working_days(date(2026, 9, 28), 5) == date(2026, 10, 10)


@pytest.mark.spec("6.53")
def test_a_make_up_saturday_is_a_working_day_and_a_holiday_is_not() -> None:
    assert Calendar().is_working(date(2026, 10, 10)) is True
    assert Calendar().is_working(date(2026, 10, 1)) is False


@pytest.mark.spec("6.60a")
def test_a_year_that_is_not_known_is_never_guessed() -> None:
    assert Calendar().is_working(date(2027, 1, 4)) is None
    assert not Calendar().knows(2027)
    assert Calendar().after_working_days(date(2026, 12, 30), 2) is None


def test_a_year_that_was_entered_follows_its_days_off_its_make_up_days_and_else_the_weekday() -> None:
    calendar = Calendar({2027: (frozenset({date(2027, 1, 1)}), frozenset({date(2027, 1, 2)}))})
    assert [calendar.is_working(date(2027, 1, day)) for day in (1, 2, 3, 4)] == [False, True, False, True]
    assert calendar.knows(2027)
    assert calendar.after_working_days(date(2026, 12, 31), 2) == date(2027, 1, 4)


def test_a_single_day_that_was_set_wins() -> None:
    calendar = Calendar(days={date(2026, 10, 9): False, date(2026, 10, 11): True})
    assert calendar.after_working_days(date(2026, 9, 28), 5) == date(2026, 10, 11)


@given(DAYS, st.integers(0, 15))
def test_exactly_that_many_working_days_lie_in_a_term(start: date, count: int) -> None:
    end = Calendar().after_working_days(start, count)
    if end is None:
        return
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(Calendar().is_working(day) is True for day in between) == count
    assert count == 0 or Calendar().is_working(end)


@pytest.mark.spec("6.1")
@given(HALF_YEARS)
def test_a_half_year_is_read_as_it_is_written_and_holds_its_days(half_year: HalfYear) -> None:
    assert HalfYear.parse(str(half_year)) == half_year
    assert HalfYear.of(half_year.first_day) == HalfYear.of(half_year.last_day) == half_year
    assert half_year.last_day + timedelta(days=1) == half_year.next().first_day


@pytest.mark.parametrize("text", ["2026", "2026-H3", "2026-h1", "26-H1", "2026-H1 ", "2026_H1", "٢٠٢٦-H1", "", "0000-H1", "9999-H1"])
def test_what_is_no_half_year_is_refused(text: str) -> None:
    with pytest.raises(NoHalfYear):
        HalfYear.parse(text)


def test_days_are_those_of_shanghai_and_instants_are_utc() -> None:
    assert day_of(datetime(2026, 6, 30, 16, 0, tzinfo=UTC)) == date(2026, 7, 1)
    assert at(date(2026, 10, 10), 24) == datetime(2026, 10, 10, 16, tzinfo=UTC)
