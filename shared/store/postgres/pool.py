"""The connections of one process to one database: a bounded number, shared by its schemas and threads."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

KEEPALIVE: dict[str, Any] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""A server that falls silent, as when its machine loses its power, is given up after seconds: while it is called (connect_timeout, for
each host of the URL), while it is sent to (tcp_user_timeout, in milliseconds; the system alone tries for a quarter of an hour), while it is
waited for (keepalives)."""
WAIT_SECONDS = 10.0
PREPARED = 400
"""Statements that a connection keeps prepared: those of several schemas."""
RESERVED = 2
"""So many of a pool are kept for threads that hold one already, the last of them for those that hold two: no circle of waiting."""
LEAST = RESERVED + 1


class NoneFree(psycopg.OperationalError):
    """All connections were in use for too long."""


@dataclass(eq=False)
class _Lent:
    raw: psycopg.Connection[Any]
    schema: str
    epoch: int


def kept_alive(url: str) -> dict[str, Any]:
    """KEEPALIVE, but for what the URL says itself."""
    named = conninfo_to_dict(url)
    return {name: value for name, value in KEEPALIVE.items() if name not in named}


def connect(url: str, schema: str, **settings: Any) -> psycopg.Connection[Any]:  # noqa: ANN401 - the library's own keywords
    """An autocommitting connection whose tables are those of `schema`."""
    connection = psycopg.connect(url, autocommit=True, **kept_alive(url), **settings)
    connection.prepared_max = PREPARED
    try:
        _turn_to(connection, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _turn_to(connection: psycopg.Connection[Any], schema: str) -> None:
    connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))


class Pool:
    """At most `size` connections, opened when they are needed and kept. Thread-safe.

    A thread may borrow up to three at once, each for as long as it has to; who has to wait longer than `wait_seconds` gets NoneFree.
    """

    def __init__(self, url: str, size: int, *, wait_seconds: float = WAIT_SECONDS, **settings: Any) -> None:  # noqa: ANN401 - the library's own
        if size < LEAST:
            raise ValueError(f"a pool needs at least {LEAST} connections")
        self.url = url
        self.size = size
        self._wait_seconds = wait_seconds
        self._settings = settings
        self._idle: list[_Lent] = []
        self._in_use = 0
        self._epochs: defaultdict[str, int] = defaultdict(int)
        self._changed = threading.Condition()
        self._held = threading.local()

    @contextmanager
    def borrowed(self, schema: str) -> Iterator[psycopg.Connection[Any]]:
        """A connection to `schema` that nobody else uses meanwhile; given back at the end, closed where it broke.

        Raises:
            NoneFree: none became free in time.
            psycopg.OperationalError: the server is not reached.
        """
        lent = self._take(schema)
        try:
            yield lent.raw
        finally:
            self._give_back(lent)

    def close(self, schema: str | None = None) -> None:
        """Close the connections that served `schema`, or all: the idle ones now, those in use when they are given back."""
        with self._changed:
            for closed in tuple(self._epochs) if schema is None else (schema,):
                self._epochs[closed] += 1
            gone = [lent for lent in self._idle if schema in {None, lent.schema}]
            self._idle = [lent for lent in self._idle if lent not in gone]
        for lent in gone:
            lent.raw.close()

    def _take(self, schema: str) -> _Lent:
        holds = getattr(self._held, "number", 0)
        most = self.size - max(0, RESERVED - holds)
        until = monotonic() + self._wait_seconds
        with self._changed:
            while self._in_use >= most:
                if not self._changed.wait(until - monotonic()):
                    raise NoneFree(f"all {most} connections of this process to the database were in use for {self._wait_seconds:.0f} s")
            self._in_use += 1
            found, epoch = self._found(schema), self._epochs[schema]
        try:
            lent = self._ready(found, schema, epoch)
        except BaseException:
            self._returned()
            raise
        self._held.number = holds + 1
        return lent

    def _found(self, schema: str) -> _Lent | None:
        """An idle connection to `schema`, else one to turn there where no further one may be opened."""
        own = next((lent for lent in reversed(self._idle) if lent.schema == schema), None)
        if own is None and self._idle and self._in_use + len(self._idle) > self.size:
            own = self._idle[0]  # nobody has used it for longest
        if own is not None:
            self._idle.remove(own)
        return own

    def _ready(self, found: _Lent | None, schema: str, epoch: int) -> _Lent:
        if found is None:
            return _Lent(connect(self.url, schema, **self._settings), schema, epoch)
        if found.schema == schema:
            return found
        try:
            _turn_to(found.raw, schema)
        except BaseException:
            found.raw.close()
            raise
        return _Lent(found.raw, schema, epoch)

    def _give_back(self, lent: _Lent) -> None:
        self._held.number -= 1
        is_whole = not lent.raw.closed and lent.raw.info.transaction_status == TransactionStatus.IDLE
        with self._changed:
            is_kept = is_whole and lent.epoch == self._epochs[lent.schema]
            gone = [] if is_whole else self._idle  # the server went away: what lies idle is broken too
            if not is_whole:
                self._idle = []
            if is_kept:
                self._idle.append(lent)
        for one in gone if is_kept else [lent, *gone]:
            one.raw.close()
        self._returned()

    def _returned(self) -> None:
        with self._changed:
            self._in_use -= 1
            self._changed.notify_all()
