"""The writer on PostgreSQL: one round trip a batch while nobody else writes, two under the lock when somebody did.

The writer assumes that the log ends where its own last batch ended and that every stream is at the version its requests name. It
settles on that and sends everything to the function `append_rows`, which takes the lock, looks whether all of it is so, and inserts.
If not, the function fails as a whole; then, in a transaction that keeps the lock, the writer looks, settles on what it found, and
inserts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import time
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from shared.store.leaf import Row
from shared.store.postgres.arrays import numbers, octets, texts
from shared.store.postgres.connections import translated
from shared.store.requests import KnownAnswer, Request
from shared.store.settle import Found, Settled, settle
from shared.store.sql import upsert

_LOCK = "SELECT hashtextextended(%s, 0)"
_TYPES = (
    "bigint bigint text[] bigint[] text[] text[] text[] integer[] bigint[] bytea[] bigint"
    " text[] bigint[] bigint[] bigint[] text[] bigint[] text[] text[] text text[]"
)
_APPEND = f"SELECT append_rows({', '.join(f'%s::{kind}' for kind in _TYPES.split())})".encode()


@dataclass(frozen=True)
class _Named:
    """What a batch rests on: streams with the versions it names for them, keys, neighbours."""

    streams: dict[str, int]
    keys: list[str]
    neighbours: list[str]
    is_consistent: bool


def _named(requests: Sequence[Request]) -> _Named:
    streams: dict[str, int] = {}
    is_consistent = True
    for request in requests:
        expected = [*request.guards, *((stream, version) for stream, version, _ in request.writes)]
        for stream, version in expected:
            is_consistent &= streams.setdefault(stream, version) == version
    keys = [request.reply.key_id for request in requests if request.reply and request.reply.key_id]
    neighbours = [request.followed.neighbour for request in requests if request.followed]
    return _Named(streams, keys, list(dict.fromkeys(neighbours)), is_consistent and len(set(keys)) == len(keys))


class PostgresWriter:
    """The writer's own connection (`shared.store.writer.WriterDatabase`)."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], schema: str) -> None:
        self._connection = connect()
        self._lock = self._value(_LOCK, (f"xingqi:{schema}",))
        self._end: tuple[int, str] | None = None
        self._taken: dict[str, int] = {}

    def write(self, requests: Sequence[Request], now: datetime) -> None:
        """Settle all requests in one durable transaction, or raise and store nothing."""
        named = _named(requests)
        if self._end is not None and named.is_consistent and self._write_at_once(requests, named, now):
            return
        self._end = None
        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (self._lock,))
            found = self._look(named)
            taken = dict(found.followed)
            settled = settle(requests, found, now)
            self._append(settled, found, _Named({}, [], [], is_consistent=True), taken)
            self._put_beside(settled)
        self._remember(found)

    def _write_at_once(self, requests: Sequence[Request], named: _Named, now: datetime) -> bool:
        assert self._end is not None  # noqa: S101 - asked by the caller
        taken = {neighbour: self._taken.get(neighbour, 0) for neighbour in named.neighbours}
        found = Found(*self._end, versions=dict(named.streams), followed=dict(taken))
        settled = settle(requests, found, now)
        try:
            if settled.side_rows:
                with self._connection.pipeline(), self._connection.transaction():
                    self._append(settled, found, named, taken)
                    self._put_beside(settled)
            else:
                self._append(settled, found, named, taken)
        except psycopg.errors.SerializationFailure:
            return False
        self._remember(found)
        return True

    def _append(self, settled: Settled, found: Found, named: _Named, taken: dict[str, int]) -> None:
        rows: list[Row] = settled.rows
        keys: list[tuple[str, KnownAnswer]] = settled.answers
        neighbours = list(settled.followed)
        arguments = (
            self._lock, found.position - len(rows), texts(named.streams), numbers(named.streams.values()),
            texts(named.keys), texts(key for key, _ in keys), texts(known.body_mac for _, known in keys),
            numbers(known.status for _, known in keys), numbers(known.position for _, known in keys),
            octets(known.body for _, known in keys), int(time()),
            texts(neighbours), numbers(taken.get(n, 0) for n in neighbours), numbers(settled.followed[n].position for n in neighbours),
            numbers(row.position for row in rows), texts(row.stream for row in rows), numbers(row.version for row in rows),
            texts(row.topic for row in rows), texts(row.state for row in rows), rows[0].recorded_at if rows else "",
            texts(row.salt for row in rows),
        )  # fmt: skip
        self._connection.execute(_APPEND, arguments)

    def _put_beside(self, settled: Settled) -> None:
        alike: dict[str, list[tuple[object, ...]]] = {}
        for table, values, key in settled.side_rows:
            statement = upsert(table, tuple(values), key or tuple(values)[:1])
            alike.setdefault(statement, []).append(tuple(values.values()))
        for statement, rows in alike.items():
            self._connection.cursor().executemany(translated(statement).encode(), rows)

    def _look(self, named: _Named) -> Found:
        last = self._rows("SELECT notification_id, recorded_at FROM stored_events ORDER BY notification_id DESC LIMIT 1") or [(0, "")]
        versions = "SELECT originator_id, max(originator_version) FROM stored_events WHERE originator_id = ANY(%s) GROUP BY originator_id"
        answers = "SELECT key_id, body_mac, status, position, body FROM answers WHERE key_id = ANY(%s)"
        followed = "SELECT application_name, notification_id FROM tracking WHERE application_name = ANY(%s)"
        return Found(
            position=last[0][0],
            recorded_at=last[0][1],
            versions=dict(self._rows(versions, list(named.streams))),
            answers={key: KnownAnswer(*rest) for key, *rest in self._rows(answers, named.keys)},
            followed=dict(self._rows(followed, named.neighbours)),
        )

    def _remember(self, found: Found) -> None:
        self._end = (found.position, found.recorded_at)
        self._taken.update(found.followed)

    def _cursor(self) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._connection.cursor(row_factory=tuple_row)  # the library's own connections give rows as dicts

    def _rows(self, statement: str, names: list[str] | None = None) -> list[Any]:
        return self._cursor().execute(statement.encode(), None if names is None else (names,)).fetchall()

    def _value(self, statement: str, params: tuple[object, ...]) -> Any:  # noqa: ANN401 - what a column holds
        row = self._cursor().execute(statement.encode(), params).fetchone()
        return row[0] if row else None

    def forget_answers_before(self, second: int) -> None:
        """See WriterDatabase."""
        self._connection.execute("DELETE FROM answers WHERE kept_at < %s", (second,))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
