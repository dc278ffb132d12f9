"""Which officers read a member's data: a table of its own, beside log and views, since a read must not write the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from shared.store import Log

_TABLE = (
    "CREATE TABLE IF NOT EXISTS reads (read_id TEXT PRIMARY KEY, member_id TEXT NOT NULL, read_by TEXT NOT NULL,"
    " what TEXT NOT NULL, read_at TEXT NOT NULL)"
)
_INDEX = "CREATE INDEX IF NOT EXISTS reads_member ON reads (member_id, read_id)"
_INSERT = "INSERT INTO reads (read_id, member_id, read_by, what, read_at) VALUES (?, ?, ?, ?, ?)"
DAYS_A_YEAR = 365.25
LAST = "~"
"""Sorts behind every id."""


class Read(msgspec.Struct, frozen=True):
    """Somebody (`read_by`, a person) saw `what` of a member: a word of the service. Ids are in the order of time."""

    read_id: str
    read_by: str
    what: str
    read_at: datetime


class Reads:
    """The table of reads of the service whose log this is. It holds ids alone. Thread-safe."""

    def __init__(self, log: Log) -> None:
        self._new_id = log.new_id
        self._database = log.storage.database("reads")
        with self._database.transaction() as connection:  # of several workers that start at once, one makes them
            connection.execute(_TABLE)
            connection.execute(_INDEX)

    def record(self, member_ids: Iterable[str], *, read_by: str, what: str, read_at: datetime) -> None:
        """Keep that `read_by` saw `what` of these members, at the business instant `read_at`; nobody reads its own."""
        others = [member_id for member_id in member_ids if member_id != read_by]
        if others:
            with self._database.transaction() as connection:
                rows = [(self._new_id(), member_id, read_by, what, read_at.isoformat()) for member_id in others]
                connection.executemany(_INSERT, rows)

    def of(self, member_id: str, *, before: str = LAST, limit: int) -> list[Read]:
        """At most `limit` reads of the member, the newest first, of those older than the one with the id `before`."""
        statement = "SELECT read_id, read_by, what, read_at FROM reads WHERE member_id = ? AND read_id < ? ORDER BY read_id DESC LIMIT ?"
        found = self._database.connection().execute(statement, (member_id, before, limit))
        return [Read(read_id, read_by, what, datetime.fromisoformat(read_at)) for read_id, read_by, what, read_at in found]

    def forget(self, before: datetime) -> int:
        """Remove the reads older than `before`; how many there were."""
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM reads WHERE read_at < ?", (before.isoformat(),)).rowcount

    def forgetting(self, now: Callable[[], datetime], years: int) -> Callable[[], Awaitable[int]]:
        """A duty (`shared.retention`): remove the reads that are older than so many years."""

        def forget_and_close() -> int:
            try:
                return self.forget(now() - timedelta(days=round(years * DAYS_A_YEAR)))
            finally:
                self._database.close()  # the connection of this thread

        async def forget() -> int:
            return await asyncio.to_thread(forget_and_close)

        return forget

    def close(self) -> None:
        """Give back what can be given back."""
        self._database.close()
