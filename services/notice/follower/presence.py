"""Whether this service was there, by the business clock: what it did not live through was an outage (spec, section 6).

Under the system's clock a sign of life is stored every ten seconds, and a longer silence than a minute is an outage. A manual clock lies
in the store: as long as the service is up it lives through every jump. One that was stopped takes the clock of a neighbour at its start,
or if none can be asked the next one that it is given, and the time between was an outage.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime

from services.notice.commands.beside import last_presence
from services.notice.commands.presence import note_presence
from shared.errors import Refusal
from shared.store import Log

logger = logging.getLogger(__name__)
SIGN_OF_LIFE_SECONDS = 10.0
ASK_AGAIN_SECONDS = 1.0
CATCH_UP_SECONDS = 5.0
AskClock = Callable[[], Awaitable[datetime]]
CatchUp = Callable[[], Awaitable[object]]


class Presence:
    """Keeps the signs of life. `clocks` ask the neighbours' clocks; `catch_up` take in what the neighbours have told by now."""

    def __init__(self, log: Log, clocks: Sequence[AskClock], catch_up: Sequence[CatchUp]) -> None:
        self._log = log
        self._clocks = clocks
        self._catch_up = catch_up
        self._task: asyncio.Task[None] | None = None
        self._knows_the_time = not log.clock.is_manual
        self._has_a_past = log.head() > 0

    async def arrive(self) -> None:
        """At the start, before the first request: record the outage that ends now."""
        if self._log.clock.is_manual:
            await self._take_clock_of_a_neighbour()
        else:
            await note_presence(self._log, last_presence(self._log), self._log.now())
        self._task = asyncio.create_task(self._run(), name="presence")

    async def leave(self) -> None:
        """At the end: a last sign of life."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if not self._log.clock.is_manual:
            with suppress(Refusal):
                await self._note()

    async def before_clock_moves(self, instant: datetime) -> None:
        """A manual clock is about to be set forward: what happened up to now is taken in at its own time, not at the new one."""
        now = self._log.now()
        if not self._log.clock.is_manual or instant <= now:
            return
        for catch_up in self._catch_up:
            with suppress(Refusal, TimeoutError):
                async with asyncio.timeout(CATCH_UP_SECONDS):
                    await catch_up()
        if not self._knows_the_time:
            await self._arrive_at(instant)

    async def _take_clock_of_a_neighbour(self) -> None:
        for ask in self._clocks:
            with suppress(Refusal):
                told = await ask()
                await self._arrive_at(told)
                if told > self._log.now():
                    self._log.clock.move_to(told)
                return

    async def _arrive_at(self, instant: datetime) -> None:
        """The service was away from where its clock stood to `instant`; a new store has missed nothing."""
        if self._has_a_past and instant > self._log.now():
            await note_presence(self._log, self._log.now(), instant)
        self._knows_the_time = True

    async def _note(self) -> None:
        await note_presence(self._log, last_presence(self._log), self._log.now())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(SIGN_OF_LIFE_SECONDS if self._knows_the_time else ASK_AGAIN_SECONDS)
            try:
                if not self._log.clock.is_manual:
                    await self._note()
                elif not self._knows_the_time:
                    await self._take_clock_of_a_neighbour()
            except Refusal as refusal:
                logger.warning("no sign of life could be stored: %s", refusal.code)
