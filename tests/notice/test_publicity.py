from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notice.domain.publicity import (
    ENDED,
    RUNNING,
    WAITING,
    WITHDRAWN,
    CalendarSince,
    Run,
    publicity,
)
from services.notice.domain.spells import Spell
from services.notice.domain.workdays import WHAT_THE_LIBRARY_KNOWS
from services.notice.events.certificates import NotCounted
from shared.calendar import Calendar, at, day_of
from tests.notice.builders import FIVE_DAYS_LATER, MONDAY, at_end, calendars, clock, october, run, september

KNOWN = WHAT_THE_LIBRARY_KNOWS
GOLDEN = (september(29), september(30), october(8), october(9), october(10))


def away(start: datetime, end: datetime | None, reason: str = WITHDRAWN) -> Spell:
    return Spell(start, end, reason)


@pytest.mark.spec("3.24", "6.53", "6.56", "6.69")
def test_the_worked_example_ends_on_saturday_10_october_at_24() -> None:
    found = publicity(run(), KNOWN, clock(FIVE_DAYS_LATER, 24))
    assert (found.state, found.counted, found.not_counted, found.ends_on) == (ENDED, GOLDEN, (), FIVE_DAYS_LATER)


@pytest.mark.spec("6.56")
def test_a_second_before_24_it_still_runs() -> None:
    found = publicity(run(), KNOWN, clock(FIVE_DAYS_LATER, 24) - timedelta(seconds=1))
    assert (found.state, found.counted, found.ends_on) == (RUNNING, GOLDEN[:4], FIVE_DAYS_LATER)


@pytest.mark.spec("6.55")
@pytest.mark.parametrize("hour", [0, 7, 10, 23])
def test_the_day_on_which_it_could_first_be_read_is_not_counted(hour: int) -> None:
    found = publicity(run(published_at=clock(MONDAY, hour)), KNOWN, clock(date(2026, 12, 1)))
    assert (found.counted, found.ends_on) == (GOLDEN, FIVE_DAYS_LATER)


def test_it_runs_from_its_first_moment_also_on_that_first_day() -> None:
    found = publicity(run(), KNOWN, clock(MONDAY, 10))
    assert (found.state, found.readable_since, found.counted, found.ends_on) == (RUNNING, clock(MONDAY, 10), (), FIVE_DAYS_LATER)


def test_published_on_a_free_day_it_counts_from_the_next_working_day() -> None:
    found = publicity(run(published_at=clock(october(3), 10)), KNOWN, clock(date(2026, 12, 1)))
    assert found.counted == (october(8), october(9), october(10), october(12), october(13))


@pytest.mark.spec("6.57")
@pytest.mark.parametrize(
    ("start", "end", "counts"),
    [
        ((8, 0), (13, 0), True),  # 5 of 10 hours readable: the half is enough
        ((8, 0), (13, 1), False),
        ((0, 0), (24, 0), False),
        ((18, 0), (24, 0), True),  # outside 8:00 to 18:00 nobody stands before the board
        ((0, 0), (8, 0), True),
        ((12, 59), (18, 0), False),
    ],
)
def test_a_day_counts_if_it_could_be_read_for_half_of_8_to_18(start: tuple[int, int], end: tuple[int, int], counts: bool) -> None:
    day = september(29)
    found = at_end(away(clock(day, *start), clock(day, *end)))
    assert (day in found.counted) is counts
    assert found.ends_on == (FIVE_DAYS_LATER if counts else october(12))
    assert found.not_counted == (() if counts else (NotCounted(day, "withdrawn"),))


def test_the_share_is_the_rulebooks() -> None:
    day = september(29)
    spells = (away(clock(day, 8), clock(day, 11)),)
    strict = publicity(Run(5, Fraction(3, 4), clock(MONDAY, 10), spells), KNOWN, clock(date(2026, 12, 1)))
    assert strict.not_counted == (NotCounted(day, "withdrawn"),)


@pytest.mark.spec("6.58b")
def test_several_reasons_add_up_and_overlaps_count_once() -> None:
    day = september(29)
    found = at_end(away(clock(day, 8), clock(day, 11), "service_away"), away(clock(day, 10), clock(day, 14), "no_screen_alive"))
    assert found.not_counted == (NotCounted(day, "no_screen_alive"),)
    assert (
        at_end(away(clock(day, 8), clock(day, 12), "service_away"), away(clock(day, 8), clock(day, 12), "no_screen_alive")).counted
        == GOLDEN
    )


def test_three_working_days_away_move_the_end_by_three() -> None:
    found = at_end(away(clock(october(8), 0), clock(october(12), 0), "service_away"))
    assert [day.date for day in found.not_counted] == [october(8), october(9), october(10)]
    assert found.ends_on == october(14)


def test_while_it_is_withdrawn_the_end_is_not_known() -> None:
    spell = away(clock(september(30), 9), None)
    found = publicity(run(spell, stopped="notice_withdrawn"), KNOWN, clock(october(9), 12))
    assert (found.state, found.ends_on, found.why_unknown) == (RUNNING, None, "notice_withdrawn")
    assert found.counted == (september(29),)
    assert [day.date for day in found.not_counted] == [september(30), october(8)]


def test_withdrawn_after_its_end_it_has_ended() -> None:
    spell = away(clock(october(20), 9), None)
    assert publicity(run(spell, stopped="notice_withdrawn"), KNOWN, clock(october(21))).state == ENDED


def test_what_could_not_be_read_from_the_first_moment_waits_and_begins_later() -> None:
    spell = away(clock(MONDAY, 9), clock(september(29), 9), "no_screen_alive")
    assert publicity(run(spell), KNOWN, clock(september(29), 8)).state == WAITING
    found = publicity(run(spell), KNOWN, clock(date(2026, 12, 1)))
    assert found.readable_since == clock(september(29), 9)
    assert found.ends_on == october(12)


def test_a_day_in_progress_that_can_no_longer_count_moves_the_end_at_once() -> None:
    spell = away(clock(september(29), 8), None, "no_screen_alive")
    assert publicity(run(spell), KNOWN, clock(september(29), 12)).ends_on == FIVE_DAYS_LATER
    assert publicity(run(spell), KNOWN, clock(september(29), 14)).ends_on == october(12)


@pytest.mark.spec("6.54")
def test_a_holiday_added_later_moves_an_open_term() -> None:
    added = CalendarSince(clock(october(8), 9), Calendar(days={october(9): False}))
    found = publicity(run(), calendars(added), clock(date(2026, 12, 1)))
    assert found.ends_on == october(12)


def test_a_holiday_added_after_the_end_changes_nothing() -> None:
    added = CalendarSince(clock(october(12), 9), Calendar(days={october(9): False}))
    found = publicity(run(), calendars(added), clock(date(2026, 12, 1)))
    assert (found.state, found.ends_on) == (ENDED, FIVE_DAYS_LATER)


@pytest.mark.spec("6.60c")
def test_an_unknown_year_leaves_the_end_open_until_it_is_entered() -> None:
    wednesday = date(2026, 12, 30)
    period = run(published_at=clock(wednesday, 10))
    before = publicity(period, KNOWN, clock(date(2027, 2, 1)))
    assert (before.state, before.counted, before.ends_on, before.why_unknown) == (
        RUNNING, (date(2026, 12, 31),), None, "calendar_unknown",
    )  # fmt: skip
    entered = CalendarSince(clock(date(2027, 2, 1)), Calendar(years={2027: (frozenset({date(2027, 1, 1)}), frozenset())}))
    after = publicity(period, calendars(entered), clock(date(2027, 2, 1)))
    assert (after.state, after.ends_on) == (ENDED, date(2027, 1, 7))


INSTANTS = st.integers(0, 60 * 24 * 60).map(lambda minutes: clock(MONDAY) + timedelta(minutes=minutes))
SPELLS = st.lists(
    st.tuples(INSTANTS, st.integers(1, 3000), st.sampled_from(["withdrawn", "service_away", "no_screen_alive"])).map(
        lambda parts: Spell(parts[0], parts[0] + timedelta(minutes=parts[1]), parts[2])
    ),
    max_size=6,
)


@given(spells=SPELLS, length=st.integers(1, 20), now=INSTANTS)
def test_what_is_counted_are_working_days_after_the_first_each_once_in_order(spells: list[Spell], length: int, now: datetime) -> None:
    found = publicity(run(*spells, days=length), KNOWN, now)
    listed = [*found.counted, *(day.date for day in found.not_counted)]
    assert list(found.counted) == sorted(set(found.counted))
    assert len(set(listed)) == len(listed)
    assert all(Calendar().is_working(day) and at(day, 24) <= now for day in listed)
    assert found.readable_since is None or all(day > day_of(found.readable_since) for day in listed)
    assert (found.state == ENDED) == (len(found.counted) == length)


@given(spells=SPELLS, length=st.integers(1, 20), now=INSTANTS, more=SPELLS)
def test_a_further_time_away_never_brings_the_end_nearer(spells: list[Spell], length: int, now: datetime, more: list[Spell]) -> None:
    fewer = publicity(run(*spells, days=length), KNOWN, now)
    further = publicity(run(*spells, *more, days=length), KNOWN, now)
    if further.ends_on is not None:
        assert fewer.ends_on is not None
        assert fewer.ends_on <= further.ends_on


@given(spells=SPELLS, length=st.integers(1, 20), now=INSTANTS, later=st.integers(0, 20_000))
def test_what_has_ended_stays_ended_and_never_changes(spells: list[Spell], length: int, now: datetime, later: int) -> None:
    before = publicity(run(*spells, days=length), KNOWN, now)
    after = publicity(run(*spells, days=length), KNOWN, now + timedelta(minutes=later))
    if before.state == ENDED:
        assert after == before
    assert after.counted[: len(before.counted)] == before.counted


@given(length=st.integers(1, 40), published_at=INSTANTS)
def test_undisturbed_it_ends_with_the_nth_working_day_after_the_first(length: int, published_at: datetime) -> None:
    found = publicity(run(days=length, published_at=published_at), KNOWN, published_at)
    assert found.ends_on == Calendar().after_working_days(day_of(published_at), length)
