"""What no town can help: the board is away for a while, days off are declared late. It happens while the clock moves.

So no life of a town ever finds the board away, and each period of publicity that was open then must end later.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tests.journeys.timeline import morning

FREE = {
    date(2026, 9, 25), *(date(2026, 10, day) for day in range(1, 8)),
    date(2027, 1, 1), *(date(2027, 2, day) for day in range(5, 12)),
}  # fmt: skip
MADE_UP = {date(2026, 9, 20), date(2026, 10, 10), date(2027, 1, 30), date(2027, 2, 14)}
PUBLICITY_BEGINS = (date(2026, 7, 7), date(2027, 1, 7))
"""In the days after these the towns' results are on the boards."""

SetClock = Callable[[Sequence[str], datetime], Awaitable[None]]
Switch = Callable[[bool], Awaitable[None]]
Declare = Callable[[date], Awaitable[None]]
BEFORE_EVERYTHING = datetime(2026, 1, 1, tzinfo=UTC)
ALL = ("roster", "evaluation", "notice")


@dataclass
class Weather:
    """`outages` and `declared` (the morning before which it is declared, the day off) are drawn; `free` and `away` have happened."""

    set_clock: SetClock
    switch: Switch
    declare: Declare
    outages: list[tuple[datetime, datetime]]
    declared: list[tuple[date, date]]
    now: datetime = BEFORE_EVERYTHING
    away: list[tuple[datetime, datetime]] = field(default_factory=list)
    free: set[date] = field(default_factory=set)

    @classmethod
    def drawn(cls, lot: random.Random, set_clock: SetClock, switch: Switch, declare: Declare) -> Weather:
        """One outage of some hours or days and one late day off in each time of publicity."""
        outages, declared = [], []
        for first in PUBLICITY_BEGINS:
            start = morning(first) + timedelta(days=lot.randint(1, 5), hours=lot.randint(1, 20), minutes=lot.randint(0, 59))
            outages.append((start, start + timedelta(hours=lot.choice([3, 9, 30, 60]), minutes=lot.randint(0, 59))))
            day = first + timedelta(days=lot.randint(2, 8))
            declared.append((day, day + timedelta(days=lot.randint(1, 4))))
        return cls(set_clock, switch, declare, outages, declared)

    def is_working(self, day: date) -> bool:
        """The calendar of 2026 as the state council gave it, of 2027 as the random county entered it, and what came later."""
        return day not in self.free and (day in MADE_UP or (day.weekday() < 5 and day not in FREE))

    async def move(self, instant: datetime) -> None:
        """Put all clocks to `instant`; on the way happens what is due. Whoever wakes then finds the board there."""
        for outage in [one for one in self.outages if self.now < one[0] < instant]:
            await self._board_is_away(outage[0], min(outage[1], instant))
        for day, off in [one for one in self.declared if self.now < morning(one[0]) <= instant]:
            await self.set_clock(ALL, max(morning(day) - timedelta(minutes=1), self.now))
            await self.declare(off)
            self.free.add(off)
        await self.set_clock(ALL, instant)
        self.now = instant

    async def _board_is_away(self, start: datetime, end: datetime) -> None:
        """Notice stops at `start` and finds at its next start that it is `end`."""
        await self.set_clock(ALL, start)
        await self.switch(False)
        await self.set_clock(("roster", "evaluation"), end)
        await self.switch(True)
        self.away.append((start, end))
        self.now = end
