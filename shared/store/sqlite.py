"""The event store on SQLite: WAL, synchronous=FULL, one writer a file. Used by the eventsourcing library as its persistence module.

The table of events declares `rowid INTEGER PRIMARY KEY`: it is our position, under the name by which the library reads it, and
VACUUM can't renumber it. Triggers refuse UPDATE and DELETE. Everything that must hold together with the events (idempotency
answers, texts, followed positions) lies in the same file and is written in the same transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteFactory,
    SQLiteProcessRecorder,
)
from eventsourcing.utils import Environment, EnvType

from shared.store.leaf import Row
from shared.store.library import insert_by
from shared.store.requests import KnownAnswer, Request
from shared.store.settle import Found, Settled, settle
from shared.store.sql import SqliteFile, connect, immediate, upsert

EVENTS = (
    (
        "CREATE TABLE IF NOT EXISTS stored_events (rowid INTEGER PRIMARY KEY, originator_id TEXT NOT NULL,"
        " originator_version INTEGER NOT NULL, topic TEXT NOT NULL, state TEXT NOT NULL, recorded_at TEXT NOT NULL, salt TEXT NOT NULL,"
        " UNIQUE (originator_id, originator_version))"
    ),
    "CREATE INDEX IF NOT EXISTS stored_events_recorded_at ON stored_events (recorded_at)",
    (
        "CREATE TRIGGER IF NOT EXISTS events_are_not_updated BEFORE UPDATE ON stored_events"
        " BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END"
    ),
    (
        "CREATE TRIGGER IF NOT EXISTS events_are_not_deleted BEFORE DELETE ON stored_events"
        " BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END"
    ),
)
MOST_VARIABLES = 500
_COLUMNS = "rowid, originator_id, originator_version, topic, state, recorded_at, salt"


def write(connection: sqlite3.Connection, requests: Sequence[Request], now: datetime) -> None:
    """Lock, look, write: settle all `requests` in one durable transaction; each gets its outcome.

    Raises:
        sqlite3.Error: the transaction failed; nothing of any request is stored.
    """
    with immediate(connection):
        _insert(connection, settle(requests, _look(connection, requests), now))


def _look(connection: sqlite3.Connection, requests: Sequence[Request]) -> Found:
    streams = {guard.stream for request in requests for guard in request.guards}
    streams |= {stream for request in requests for stream, _, _ in request.writes}
    keys = {request.reply.key_id for request in requests if request.reply and request.reply.key_id}
    neighbours = {request.followed.neighbour for request in requests if request.followed}
    last = connection.execute("SELECT rowid, recorded_at FROM stored_events ORDER BY rowid DESC LIMIT 1").fetchone() or (0, "")
    versions = "SELECT originator_id, max(originator_version) FROM stored_events WHERE originator_id IN ({}) GROUP BY originator_id"
    answers = "SELECT key_id, body_mac, status, position, body FROM answers WHERE key_id IN ({})"
    followed = "SELECT application_name, notification_id FROM tracking WHERE application_name IN ({})"
    return Found(
        position=last[0],
        recorded_at=last[1],
        versions=dict(_select_in(connection, versions, streams)),
        answers={key: KnownAnswer(*rest) for key, *rest in _select_in(connection, answers, keys)},
        followed=dict(_select_in(connection, followed, neighbours)),
    )


def _select_in(connection: sqlite3.Connection, statement: str, values: Iterable[str]) -> Iterator[Any]:
    named = list(values)
    for start in range(0, len(named), MOST_VARIABLES):
        some = named[start : start + MOST_VARIABLES]
        yield from connection.execute(statement.format(",".join("?" * len(some))), some)


def _insert(connection: sqlite3.Connection, settled: Settled) -> None:
    if settled.rows:
        rows = [(r.position, r.stream, r.version, r.topic, r.state, r.recorded_at, r.salt) for r in settled.rows]
        connection.executemany(f"INSERT INTO stored_events ({_COLUMNS}) VALUES (?,?,?,?,?,?,?)", rows)
    if settled.answers:
        kept_at = int(time())
        answers = [(key, known.body_mac, known.status, known.position, known.body, kept_at) for key, known in settled.answers]
        connection.executemany("INSERT INTO answers (key_id, body_mac, status, position, body, kept_at) VALUES (?,?,?,?,?,?)", answers)
    for row in settled.side_rows:
        connection.execute(upsert(row.table, tuple(row.values), row.key or tuple(row.values)[:1]), tuple(row.values.values()))
    for followed in settled.followed.values():
        connection.execute(upsert("tracking", ("application_name", "notification_id"), ("application_name",)), followed)


class PoolOfWal(SQLiteConnectionPool):
    """The library's pool with our pragmas; its own keeps one statement in its cache, which makes reading 2.7 times slower."""

    def _create_connection(self) -> SQLiteConnection:
        connection = connect(self.db_name)
        connection.row_factory = sqlite3.Row
        return SQLiteConnection(sqlite_conn=connection, max_age=self.max_age)


class Recorder(SQLiteProcessRecorder):
    """The library's recorder over our table: positions, instants and salts are given by `write`, never by the caller."""

    def construct_create_table_statements(self) -> list[str]:
        """Our tables, and the library's own for tracking."""
        tracking = [statement for statement in super().construct_create_table_statements() if "tracking" in statement]
        return [*EVENTS, *tracking]

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: object) -> Sequence[int]:
        """Insert by the same lock, look and write as everybody; returns the positions.

        Raises:
            IntegrityError: a stream is not at the version that the events follow.
        """
        writer = WriterConnection(self.datastore.pool.db_name)
        try:
            return insert_by(writer, stored_events)
        finally:
            writer.close()

    def select_events(
        self, originator_id: object, *, gt: int | None = None, lte: int | None = None, desc: bool = False, limit: int | None = None
    ) -> Sequence[StoredEvent]:
        """A stream's events, as the library asks for them."""
        order = "DESC" if desc else "ASC"
        statement = (
            "SELECT originator_id, originator_version, topic, state FROM stored_events WHERE originator_id=?"
            f" AND originator_version>? AND originator_version<=? ORDER BY originator_version {order} LIMIT ?"
        )
        values = (str(originator_id), gt or 0, 2**62 if lte is None else lte, -1 if limit is None else limit)
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(statement, values)
            return [_stored_event(row) for row in cursor.fetchall()]

    def _max_notification_id(self, c: SQLiteCursor) -> int:
        c.execute("SELECT coalesce(max(rowid), 0) FROM stored_events")
        return int(c.fetchone()[0])


def _stored_event(row: sqlite3.Row) -> StoredEvent:
    return StoredEvent(row["originator_id"], row["originator_version"], row["topic"], row["state"].encode())


class Factory(SQLiteFactory):
    """The library's factory with our recorder and pool."""

    application_recorder_class = Recorder  # type: ignore[assignment] # it is one: the stub names the narrower class
    process_recorder_class = Recorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.datastore.pool.close()
        self.datastore.pool = PoolOfWal(db_name=self.datastore.pool.db_name)


class SqliteEvents(SqliteFile):
    """The events of one service in the SQLite file `path` (`shared.store.storage.EventDatabase`)."""

    reads_take_time = False

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.environment = {"PERSISTENCE_MODULE": f"{Factory.__module__}:Factory", "SQLITE_DBNAME": str(path), "ORIGINATOR_ID_TYPE": "text"}

    def open_writer(self) -> WriterConnection:
        """A connection for the writer's thread."""
        return WriterConnection(str(self.path))

    async def stream(self, stream: str) -> list[Row]:
        """The rows of `stream`, in order; on the loop's own thread, where a short indexed read belongs."""
        statement = f"SELECT {_COLUMNS} FROM stored_events WHERE originator_id=? ORDER BY originator_version"
        return [Row(*row) for row in self.connection().execute(statement, (stream,))]

    async def tail(self, after: int, limit: int) -> list[Row]:
        """As `page`; on the loop's own thread."""
        return self.page(after, limit)

    async def version(self, stream: str) -> int:
        """The stream's present version; 0 where it is empty."""
        statement = "SELECT coalesce(max(originator_version), 0) FROM stored_events WHERE originator_id=?"
        return int(self.connection().execute(statement, (stream,)).fetchone()[0])

    async def answer(self, key_id: str) -> KnownAnswer | None:
        """The answer that is kept under an idempotency key."""
        found = self.connection().execute("SELECT body_mac, status, position, body FROM answers WHERE key_id=?", (key_id,)).fetchone()
        return KnownAnswer(*found) if found else None

    async def followed(self, neighbour: str) -> int:
        """The position of the neighbour's feed that this log has taken in."""
        found = self.connection().execute("SELECT notification_id FROM tracking WHERE application_name=?", (neighbour,)).fetchone()
        return int(found[0]) if found else 0

    def page(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """At most `limit` rows after position `after` in order; of `topics` only, where any are named."""
        only = f" AND topic IN ({','.join('?' * len(topics))})" if topics else ""
        statement = f"SELECT {_COLUMNS} FROM stored_events WHERE rowid>?{only} ORDER BY rowid LIMIT ?"
        return [Row(*row) for row in self.connection().execute(statement, (after, *topics, limit))]

    def head(self) -> int:
        """The last position; 0 for an empty log."""
        return int(self.connection().execute("SELECT coalesce(max(rowid), 0) FROM stored_events").fetchone()[0])

    def position_at(self, instant: str) -> int:
        """The last position recorded by `instant` (as stored); 0 where nothing was."""
        statement = "SELECT rowid FROM stored_events WHERE recorded_at<=? ORDER BY recorded_at DESC, rowid DESC LIMIT 1"
        found = self.connection().execute(statement, (instant,)).fetchone()
        return int(found[0]) if found else 0


class WriterConnection:
    """The writer's own connection (`shared.store.writer.WriterDatabase`)."""

    def __init__(self, path: str) -> None:
        self._connection = connect(path)

    def write(self, requests: Sequence[Request], now: datetime) -> None:
        """See `write`."""
        write(self._connection, requests, now)

    def forget_answers_before(self, second: int) -> None:
        """See WriterDatabase."""
        self._connection.execute("DELETE FROM answers WHERE kept_at < ?", (second,))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
