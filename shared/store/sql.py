"""One way to speak SQL for all tables beside the events: views, mirrors, keys, texts, answers.

Statements are written once for every database: `?` for parameters, `ON CONFLICT`, `= ?` or `IS NULL` (see `equals`), no dialect.
What differs is behind `Database`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

BUSY_SECONDS = 30  # two workers on one file: SQLite lets whoever comes next go first, not whoever has waited longest


class Cursor(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:  # noqa: ANN401 - what a column holds is known to who asks
        """The next row as a tuple, or None."""

    def fetchall(self) -> list[Any]:
        """The remaining rows as tuples."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """One thread's connection, committing each statement unless a transaction is open."""

    def execute(self, statement: str, params: Sequence[Any] = ..., /) -> Cursor:
        """Run one statement."""

    def executemany(self, statement: str, params: Sequence[Sequence[Any]], /) -> object:
        """Run one statement for each row of parameters."""


class Database(Protocol):
    """A file or a schema of tables; thread-safe: a connection a thread."""

    table_options: str
    """What follows the closing parenthesis of CREATE TABLE where the primary key is the whole of the access."""

    def connection(self) -> Connection:
        """The calling thread's own connection."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """A transaction of the calling thread that has the write lock from its start; rolled back on any exception."""

    def close(self) -> None:
        """Close the connections; the database may be used again, by new ones."""


WHEN_DAMAGED = "put a copy of it back from a backup (views.db and mirror.db may be removed instead: they are made anew)"


def upsert(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """The statement that inserts a row, or replaces the one with the same key."""
    others = [column for column in columns if column not in key]
    action = f"UPDATE SET {', '.join(f'{column} = excluded.{column}' for column in others)}" if others else "NOTHING"
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT ({', '.join(key)}) DO {action}"


def equals(column: str, value: object) -> str:
    """The condition that `column` equals the parameter `value`; for None there is no parameter."""
    return f"{column} IS NULL" if value is None else f"{column} = ?"


def connect(path: str, *, synchronous: str = "FULL") -> sqlite3.Connection:
    """A connection to an SQLite file: WAL, a large statement cache (a small one is 2.7 times slower), explicit transactions.

    Raises:
        sqlite3.DatabaseError: the file is damaged or no database; the message names it and says what to do.
    """
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError as error:
        connection.close()
        raise sqlite3.DatabaseError(f"{Path(path).name} is damaged or no database: {WHEN_DAMAGED}") from error
    return connection


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A transaction that has SQLite's write lock from its start: a deferred one fails at once after another process wrote."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class SqliteFile:
    """An SQLite file as a Database. `synchronous`: FULL for what can't be made again, NORMAL for views."""

    table_options = " WITHOUT ROWID"

    def __init__(self, path: Path, *, synchronous: str = "FULL", secure_delete: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._synchronous = synchronous
        self._secure_delete = secure_delete
        self._local = threading.local()

    def connection(self) -> sqlite3.Connection:
        """The calling thread's own connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(str(self.path), synchronous=self._synchronous)
            if self._secure_delete:
                connection.execute("PRAGMA secure_delete=ON")
        return connection

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """See Database."""
        return immediate(self.connection())

    def close(self) -> None:
        """Close the calling thread's connection; those of other threads end with them."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None
