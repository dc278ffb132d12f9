"""When a publicity period ends, reckoned independently of the product, minute by minute: the public holidays as a plain table.

Nothing of the product is imported, and nothing is clever: for each day the minutes from 8:00 to 18:00 are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
FREE_2026 = {
    *(date(2026, 1, day) for day in (1, 2, 3)), *(date(2026, 2, day) for day in range(15, 24)),
    *(date(2026, 4, day) for day in (4, 5, 6)), *(date(2026, 5, day) for day in range(1, 6)),
    *(date(2026, 6, day) for day in (19, 20, 21)), *(date(2026, 9, day) for day in (25, 26, 27)),
    *(date(2026, 10, day) for day in range(1, 8)),
}  # fmt: skip
MADE_UP_2026 = {date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10)}
Away = Sequence[tuple[datetime, datetime]]


def is_worked(day: date, added_free: frozenset[date] = frozenset()) -> bool:
    """Whether the day is a working day of 2026; `added_free` were declared free later."""
    if day in added_free:
        return False
    return day in MADE_UP_2026 or (day.weekday() < 5 and day not in FREE_2026)


def could_be_read(minute: datetime, away: Away) -> bool:
    """Whether the notice could be read in this minute."""
    return not any(start <= minute < end for start, end in away)


def is_counted(day: date, away: Away, half_minutes: int) -> bool:
    """Whether it could be read for at least `half_minutes` halves of a minute of the ten hours."""
    opens = datetime.combine(day, time(8), CHINA)
    return 2 * sum(could_be_read(opens + timedelta(minutes=minute), away) for minute in range(600)) >= half_minutes


def ends_on(
    published: datetime,
    days: int,
    away: Away,
    added_free: frozenset[date] = frozenset(),
    *,
    half_minutes: int = 600,
    works: Callable[[date], bool] | None = None,
) -> date:
    """The last day of the period of a notice published at this minute. `works`: another calendar than that of 2026."""
    minute = published
    while not could_be_read(minute, away):
        minute += timedelta(minutes=1)
    day, left = minute.astimezone(CHINA).date(), days
    while left:
        day += timedelta(days=1)
        is_working = works(day) if works else is_worked(day, added_free)
        left -= is_working and is_counted(day, away, half_minutes)
    return day
