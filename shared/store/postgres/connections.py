"""PostgreSQL schemas as databases of tables, speaking the portable SQL of `shared.store.sql`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql

from shared.store.postgres.pool import Pool, kept_alive
from shared.store.sql import Connection

DOMAINS = "DO $$ BEGIN CREATE DOMAIN blob AS bytea; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
"""The one type that SQLite and PostgreSQL call by different names."""


@lru_cache(maxsize=2048)
def translated(statement: str) -> str:
    """The portable statement with psycopg's marks for parameters."""
    return statement.replace("%", "%%").replace("?", "%s")


@lru_cache(maxsize=2048)
def marked(statement: str, schema: str) -> bytes:
    """The same, for tables of this schema: a connection of the pool prepares it for each schema apart, as types may differ."""
    return f"/* {schema} */ {translated(statement)}".encode()


class PostgresConnection:
    """A connection (`shared.store.sql.Connection`); commits each statement unless a transaction is open."""

    def __init__(self, raw: psycopg.Connection[Any], schema: str) -> None:
        self.raw = raw
        self._schema = schema

    def execute(self, statement: str, params: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Run one statement."""
        return self.raw.execute(marked(statement, self._schema), params or None)

    def executemany(self, statement: str, params: Sequence[Sequence[Any]], /) -> None:
        """Run one statement for each row of parameters, in one round trip."""
        if params:
            self.raw.cursor().executemany(marked(statement, self._schema), params)


class _Borrowing:
    """A connection for each statement (`shared.store.sql.Connection`), given back when all that the statement gave is here."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema

    def execute(self, statement: str, params: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Run one statement."""
        with self._pool.borrowed(self._schema) as raw:
            return PostgresConnection(raw, self._schema).execute(statement, params)

    def executemany(self, statement: str, params: Sequence[Sequence[Any]], /) -> None:
        """Run one statement for each row of parameters, in one round trip."""
        with self._pool.borrowed(self._schema) as raw:
            PostgresConnection(raw, self._schema).executemany(statement, params)


class PostgresSchema:
    """A schema as a Database; made when it is missing and the role may. Its connections are those of the pool."""

    table_options = ""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._open(pool, schema)
        self._make()

    def _open(self, pool: Pool, schema: str) -> None:
        self.pool = pool
        self.schema = schema
        self._borrowing = _Borrowing(pool, schema)
        self._local = threading.local()

    def _make(self) -> None:
        """Under a lock: of two who start at once, one makes the schema and the other finds it."""
        with psycopg.connect(self.pool.url, **kept_alive(self.pool.url)) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('xingqi:schemas', 0))")
            if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (self.schema,)).fetchone() is None:
                self._before_making(connection)
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(self.schema)))
            connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(self.schema)))
            connection.execute(DOMAINS)

    def _before_making(self, connection: psycopg.Connection[Any]) -> None:
        """Raise where the schema must not be made."""

    def connection(self) -> Connection:
        """The connection of the calling thread's transaction; outside of one, whichever is free, a statement each."""
        open_one: PostgresConnection | None = getattr(self._local, "connection", None)
        return open_one or self._borrowing

    @contextmanager
    def transaction(self) -> Iterator[PostgresConnection]:
        """A transaction that excludes every other one on this schema from its start. Within one of this thread: a part of that."""
        open_one: PostgresConnection | None = getattr(self._local, "connection", None)
        if open_one is not None:
            with open_one.raw.transaction():
                yield open_one
            return
        with self.pool.borrowed(self.schema) as raw, raw.transaction():
            connection = self._local.connection = PostgresConnection(raw, self.schema)
            try:
                connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (f"xingqi:{self.schema}",))
                yield connection
            finally:
                self._local.connection = None

    def close(self) -> None:
        """Close this schema's connections."""
        self.pool.close(self.schema)
