"""What a service removes when its time is over: each duty is done again and again while the service runs, and keeps when it was done last.

Everything that has an end is in docs/privacy.md; what the store removes by itself (kept answers, deliveries, sessions) is no duty here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from shared.errors import Refusal
from shared.store import Log
from shared.store.sql import Database, upsert

logger = logging.getLogger(__name__)
LOOK_AGAIN_SECONDS = 600.0
LOOK_AGAIN_SECONDS_BY_HAND = 1.0
"""Under a clock that is moved by hand a day is over in a moment."""
_TABLE = "CREATE TABLE IF NOT EXISTS duties (word TEXT PRIMARY KEY, done_at TEXT NOT NULL, removed BIGINT NOT NULL)"
_COLUMNS = ("word", "done_at", "removed")


class Duty(NamedTuple):
    """Something to be removed in time: `do` removes what is due, once more without harm, and says how much that was."""

    word: str
    do: Callable[[], Awaitable[int]]


class Done(NamedTuple):
    """When a duty was done last (business time), and how much it has removed since the store was made."""

    word: str
    done_at: datetime
    removed: int


class Retention:
    """Does the duties of one service, and keeps in `database` when. Several processes may do the same ones."""

    def __init__(self, log: Log, database: Database, duties: Sequence[Duty]) -> None:
        self._log = log
        self._database = database
        self._duties = duties

    async def do_all(self) -> None:
        """Each duty once. One that can't be done now is done the next time, and hinders no other."""
        for duty in self._duties:
            try:
                removed = await duty.do()
            except Refusal as refusal:
                logger.warning("%s that are due could not be removed yet: %s", duty.word, refusal.code)
            else:
                self._keep(duty.word, removed)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While the service runs, look for what is due again and again."""
        task = asyncio.create_task(self._keep_on(), name="retention")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _keep_on(self) -> None:
        while True:
            try:
                await self.do_all()
            except Exception:
                logger.exception("what is due could not be removed; trying again")
            await asyncio.sleep(LOOK_AGAIN_SECONDS_BY_HAND if self._log.clock.is_manual else LOOK_AGAIN_SECONDS)

    def _keep(self, word: str, removed: int) -> None:
        with self._database.transaction() as connection:
            connection.execute(_TABLE)
            before = connection.execute("SELECT removed FROM duties WHERE word = ?", (word,)).fetchone()
            row = (word, self._log.now().isoformat(), removed + (int(before[0]) if before else 0))
            connection.execute(upsert("duties", _COLUMNS, ("word",)), row)


def done_last(database: Database) -> list[Done]:
    """When each duty of this store was done last; none where the service has never run."""
    with database.transaction() as connection:
        connection.execute(_TABLE)
        rows = connection.execute("SELECT word, done_at, removed FROM duties ORDER BY word").fetchall()
    return [Done(word, datetime.fromisoformat(done_at), int(removed)) for word, done_at, removed in rows]
