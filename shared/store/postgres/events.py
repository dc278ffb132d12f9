"""The events of one service on PostgreSQL, and the way by which the eventsourcing library reads the same table."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import psycopg

from shared.store.leaf import Row
from shared.store.postgres.connections import PostgresSchema
from shared.store.postgres.library import library_settings
from shared.store.postgres.migrating import WrongSchema, bring_up, refuse_foreign_cells
from shared.store.postgres.pool import Pool, connect, kept_alive
from shared.store.postgres.writing import PostgresWriter
from shared.store.requests import KnownAnswer
from shared.store.together import Together

_COLUMNS = "notification_id, originator_id, originator_version, topic, state, recorded_at, salt"
READERS = 4
BESIDE_THE_POOL = READERS + 1
"""What a process needs beside its pool: the readers of its loop, and its writer."""


class Readers:
    """A few asynchronous connections of one event loop, opened when they are needed; no task of its own, so nothing to stop."""

    def __init__(self, url: str, schema: str) -> None:
        self._url = url
        self._settings: dict[str, Any] = {"autocommit": True, "options": f'-c search_path="{schema}"', **kept_alive(url)}
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._free = asyncio.Semaphore(READERS)

        self.streams = Together[list[Row]](self._streams, [])
        self.answers = Together[KnownAnswer | None](self._answers, None)
        self.followed = Together[int](self._followed, 0)

    async def _streams(self, names: Sequence[str]) -> dict[str, list[Row]]:
        statement = f"SELECT {_COLUMNS} FROM stored_events WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version"
        found: dict[str, list[Row]] = {}
        for row in await self.fetch(statement, (list(names),)):
            found.setdefault(row[1], []).append(Row(*row))
        return found

    async def _answers(self, keys: Sequence[str]) -> dict[str, KnownAnswer | None]:
        statement = "SELECT key_id, body_mac, status, position, body FROM answers WHERE key_id = ANY(%s)"
        return {key: KnownAnswer(*rest) for key, *rest in await self.fetch(statement, (list(keys),))}

    async def _followed(self, neighbours: Sequence[str]) -> dict[str, int]:
        statement = "SELECT application_name, notification_id FROM tracking WHERE application_name = ANY(%s)"
        return dict(await self.fetch(statement, (list(neighbours),)))

    async def fetch(self, statement: str, params: tuple[object, ...]) -> list[Any]:
        """All rows; a connection that broke while it lay idle is replaced once."""
        async with self._free:
            if self._idle:
                with contextlib.suppress(psycopg.OperationalError):
                    return await self._fetch(self._idle.pop(), statement, params)
            return await self._fetch(await psycopg.AsyncConnection.connect(self._url, **self._settings), statement, params)

    async def _fetch(self, connection: psycopg.AsyncConnection[Any], statement: str, params: tuple[object, ...]) -> list[Any]:
        try:
            rows: list[Any] = await (await connection.execute(statement.encode(), params)).fetchall()
        except BaseException:
            connection.pgconn.finish()
            raise
        self._idle.append(connection)
        return rows

    def close(self) -> None:
        """Close what is idle; from any thread."""
        for connection in self._idle:
            connection.pgconn.finish()
        self._idle.clear()


class PostgresEvents(PostgresSchema):
    """The events in the schema `schema` (`shared.store.storage.EventDatabase`).

    `founds`: make the schema even where the database holds other counties' cells, as `xingqi migrate` does.

    Raises:
        WrongSchema: the schema is of another release, or the database another county's.
    """

    reads_take_time = True

    def __init__(self, pool: Pool, schema: str, *, founds: bool = False) -> None:
        self._founds = founds
        super().__init__(pool, schema)
        try:
            bring_up(self)
        except WrongSchema:
            super().close()
            raise
        self.environment = library_settings(pool.url, schema)
        self._readers: dict[asyncio.AbstractEventLoop, Readers] = {}

    def _before_making(self, connection: psycopg.Connection[Any]) -> None:
        if not self._founds:
            refuse_foreign_cells(connection, self.schema)

    def open_writer(self) -> PostgresWriter:
        """A connection for the writer's thread."""
        return PostgresWriter(lambda: connect(self.pool.url, self.schema), self.schema)

    def _here(self) -> Readers:
        """The readers of the running loop."""
        loop = asyncio.get_running_loop()
        return self._readers.get(loop) or self._readers.setdefault(loop, Readers(self.pool.url, self.schema))

    async def _fetch(self, statement: str, params: tuple[object, ...]) -> list[Any]:
        return await self._here().fetch(statement, params)

    async def stream(self, stream: str) -> list[Row]:
        """The rows of `stream`, in order."""
        return await self._here().streams.find(stream)

    async def tail(self, after: int, limit: int) -> list[Row]:
        """As `page`, without holding up the loop."""
        statement = f"SELECT {_COLUMNS} FROM stored_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
        return [Row(*row) for row in await self._fetch(statement, (after, limit))]

    async def version(self, stream: str) -> int:
        """The stream's present version; 0 where it is empty."""
        statement = "SELECT coalesce(max(originator_version), 0) FROM stored_events WHERE originator_id = %s"
        return int((await self._fetch(statement, (stream,)))[0][0])

    async def answer(self, key_id: str) -> KnownAnswer | None:
        """The answer that is kept under an idempotency key."""
        return await self._here().answers.find(key_id)

    async def followed(self, neighbour: str) -> int:
        """The position of the neighbour's feed that this log has taken in."""
        return await self._here().followed.find(neighbour)

    def close(self) -> None:
        """Close the readers and the connections to this schema."""
        for readers in self._readers.values():
            readers.close()
        super().close()

    def page(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """At most `limit` rows after position `after` in order; of `topics` only, where any are named."""
        only = f" AND topic IN ({','.join('?' * len(topics))})" if topics else ""
        statement = f"SELECT {_COLUMNS} FROM stored_events WHERE notification_id > ?{only} ORDER BY notification_id LIMIT ?"
        return [Row(*row) for row in self.connection().execute(statement, (after, *topics, limit))]

    def head(self) -> int:
        """The last position; 0 for an empty log."""
        found = self.connection().execute("SELECT coalesce(max(notification_id), 0) FROM stored_events").fetchone()
        return int(found[0]) if found else 0

    def position_at(self, instant: str) -> int:
        """The last position recorded by `instant` (as stored); 0 where nothing was."""
        statement = (
            "SELECT notification_id FROM stored_events WHERE recorded_at <= ? ORDER BY recorded_at DESC, notification_id DESC LIMIT 1"
        )
        found = self.connection().execute(statement, (instant,)).fetchone()
        return int(found[0]) if found else 0
