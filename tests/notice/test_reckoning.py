"""The publicity clock against the independent reckoning, for whatever happens in a year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notice.domain.publicity import ENDED, CalendarSince, Run, publicity
from services.notice.domain.spells import Spell
from services.notice.domain.workdays import WHAT_THE_LIBRARY_KNOWS
from shared.calendar import Calendar
from tests.notice import reckoning

FIRST, LAST_START = datetime(2026, 1, 1, tzinfo=UTC), 260 * 24 * 60
REASONS = ("withdrawn", "service_away", "no_screen_alive")
minutes = st.integers(0, LAST_START).map(lambda minute: FIRST + timedelta(minutes=minute))
LONG_AFTER = datetime(2026, 12, 31, tzinfo=UTC)


@st.composite
def aways(draw: st.DrawFn, published: datetime) -> list[Spell]:
    """Times in which it could not be read, from a minute to nine days, around and after its publication."""
    spells = []
    for _ in range(draw(st.integers(0, 5))):
        start = published + timedelta(minutes=draw(st.integers(-2000, 15 * 24 * 60)))
        spells.append(Spell(start, start + timedelta(minutes=draw(st.integers(1, 9 * 24 * 60))), draw(st.sampled_from(REASONS))))
    return spells


@settings(max_examples=150, deadline=None)
@given(data=st.data(), published=minutes, days=st.integers(1, 10), share=st.sampled_from(("1/2", "1/3", "3/4", "1")))
def test_it_ends_when_the_reckoning_says(data: st.DataObject, published: datetime, days: int, share: str) -> None:
    spells = data.draw(aways(published))
    found = publicity(Run(days, Fraction(share), published, spells), WHAT_THE_LIBRARY_KNOWS, LONG_AFTER)
    away = [(spell.start, spell.end) for spell in spells if spell.end]
    needed = int(Fraction(share) * 1200)
    assert found.state == ENDED
    assert found.ends_on == reckoning.ends_on(published, days, away, half_minutes=needed)
    assert len(found.counted) == days
    assert found.counted[-1] == found.ends_on
    assert not set(found.counted) & {day.date for day in found.not_counted}


@pytest.mark.spec("6.54")
@settings(max_examples=60, deadline=None)
@given(published=minutes, days=st.integers(1, 8), after=st.integers(1, 12), length=st.integers(1, 4), seen_on=st.integers(0, 3))
def test_days_off_that_are_entered_later_move_a_period_that_is_open_then(
    published: datetime, days: int, after: int, length: int, seen_on: int
) -> None:
    first = published.astimezone(reckoning.CHINA).date() + timedelta(days=after)
    free = frozenset(first + timedelta(days=day) for day in range(length))
    entered = published + timedelta(days=seen_on)
    later = CalendarSince(entered, Calendar({}, dict.fromkeys(free, False)))
    found = publicity(Run(days, Fraction(1, 2), published), (*WHAT_THE_LIBRARY_KNOWS, later), LONG_AFTER)
    before = reckoning.ends_on(published, days, [])
    has_ended = entered >= datetime.combine(before + timedelta(days=1), datetime.min.time(), reckoning.CHINA)
    assert found.ends_on == (before if has_ended else reckoning.ends_on(published, days, [], free))


@pytest.mark.parametrize(
    ("published", "days", "end"),
    [(date(2026, 9, 28), 5, date(2026, 10, 10)), (date(2026, 2, 13), 1, date(2026, 2, 14)), (date(2026, 4, 30), 3, date(2026, 5, 8))],
)
def test_the_reckoning_itself_by_the_wall_calendar(published: date, days: int, end: date) -> None:
    assert reckoning.ends_on(datetime.combine(published, datetime.min.time(), reckoning.CHINA), days, []) == end
