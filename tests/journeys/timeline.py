"""Business time for many lives at once: each waits for its day, and the clock moves on when all of them wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

MORNING = timedelta(hours=2)
"""10 o'clock in Asia/Shanghai, as hours after midnight UTC."""


def morning(day: date) -> datetime:
    """The instant (UTC) of ten in the morning of `day` in Asia/Shanghai."""
    return datetime.combine(day, time(0), UTC) + MORNING


class Timeline:
    """Moves the clock to the earliest day that somebody waits for, once nobody has anything left to do before it."""

    def __init__(self, move: Callable[[datetime], Awaitable[None]]) -> None:
        """`move` puts all services' clocks to an instant."""
        self._move = move
        self._waiting: dict[date, list[asyncio.Future[None]]] = {}
        self._busy = 1
        self.today = date.min
        self._counter = 0
        self._moving: asyncio.Task[None] | None = None

    def tick(self) -> int:
        """A number that grows with each call: the order of what was recorded."""
        self._counter += 1
        return self._counter

    async def until(self, day: date) -> None:
        """Return on the morning of `day`; at once where that has come already."""
        if day <= self.today:
            return
        came: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(day, []).append(came)
        self._rest()
        await came

    async def together(self, *lives: Coroutine[Any, Any, None]) -> None:
        """Live several lives side by side under the same clock; returns when all have ended, fails with the first that fails."""
        left = len(lives)

        async def live(life: Coroutine[Any, Any, None]) -> None:
            nonlocal left
            await life
            left -= 1
            if left:
                self._rest()

        self._busy += len(lives) - 1
        async with asyncio.TaskGroup() as group:
            for life in lives:
                group.create_task(live(life))

    def _rest(self) -> None:
        self._busy -= 1
        if self._busy == 0 and self._waiting:
            self._moving = asyncio.get_running_loop().create_task(self._next_day())

    async def _next_day(self) -> None:
        day = min(self._waiting)
        due = self._waiting.pop(day)
        try:
            await self._move(morning(day))
        except BaseException as failure:
            for came in due:
                came.set_exception(failure)
            raise
        self.today = day
        self._busy += len(due)
        for came in due:
            came.set_result(None)
