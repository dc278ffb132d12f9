"""PostgreSQL schemas as databases of tables, speaking the portable SQL of `shared.store.sql`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql

KEEPALIVE: dict[str, Any] = {"connect_timeout": 5, "keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
DOMAINS = "DO $$ BEGIN CREATE DOMAIN blob AS bytea; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
"""The one type that SQLite and PostgreSQL call by different names."""


@lru_cache(maxsize=2048)
def translated(statement: str) -> str:
    """The portable statement with psycopg's marks for parameters."""
    return statement.replace("%", "%%").replace("?", "%s")


class PostgresConnection:
    """One thread's connection (`shared.store.sql.Connection`); commits each statement unless a transaction is open."""

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw

    def execute(self, statement: str, params: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Run one statement."""
        return self.raw.execute(translated(statement).encode(), params or None)

    def executemany(self, statement: str, params: Sequence[Sequence[Any]], /) -> None:
        """Run one statement for each row of parameters, in one round trip."""
        if params:
            self.raw.cursor().executemany(translated(statement).encode(), params)


def connect(url: str, schema: str, **settings: Any) -> psycopg.Connection[Any]:  # noqa: ANN401 - the library's own keywords
    """An autocommitting connection whose tables are those of `schema`."""
    connection = psycopg.connect(url, autocommit=True, **KEEPALIVE, **settings)
    connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
    return connection


class PostgresSchema:
    """A schema as a Database; made when it is missing and the role may. A broken connection is replaced at its next use."""

    table_options = ""

    def __init__(self, url: str, schema: str) -> None:
        self.url = url
        self.schema = schema
        self._local = threading.local()
        self._all: list[psycopg.Connection[Any]] = []
        self._make()

    def _make(self) -> None:
        """Under a lock: of two who start at once, one makes the schema and the other finds it."""
        with psycopg.connect(self.url, **KEEPALIVE) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('xingqi:schemas', 0))")
            if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (self.schema,)).fetchone() is None:
                self._before_making(connection)
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(self.schema)))
            connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(self.schema)))
            connection.execute(DOMAINS)

    def _before_making(self, connection: psycopg.Connection[Any]) -> None:
        """Raise where the schema must not be made."""

    def connection(self) -> PostgresConnection:
        """The calling thread's own connection."""
        connection: PostgresConnection | None = getattr(self._local, "connection", None)
        if connection is None or connection.raw.closed or connection.raw.broken:
            connection = self._local.connection = PostgresConnection(connect(self.url, self.schema))
            self._all.append(connection.raw)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[PostgresConnection]:
        """A transaction that excludes every other one on this schema from its start."""
        connection = self.connection()
        with connection.raw.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (f"xingqi:{self.schema}",))
            yield connection

    def close(self) -> None:
        """Close the connections of all threads."""
        while self._all:
            self._all.pop().close()
