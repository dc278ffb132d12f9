"""A service's stores opened to read and nothing else: for commands that look on while the service runs, and change nothing.

SQLite files are opened with `mode=ro`, PostgreSQL sessions with `default_transaction_read_only`: a write would be refused by the database.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.conninfo import conninfo_to_dict

from shared.events import Recorded
from shared.snapshot import ViewDatabase
from shared.store.folded import Folded
from shared.store.keys import Keys
from shared.store.log import Log, recorded_of
from shared.store.opening import StoreSettings
from shared.store.postgres.events import PostgresEvents
from shared.store.postgres.pool import LEAST, Pool
from shared.store.sql import Database
from shared.store.sqlite import SqliteEvents
from shared.store.storage import Postgres

READ_ONLY = "-c default_transaction_read_only=on"


class NoStore(RuntimeError):
    """There is nothing to read: the service was never started on these settings."""


class _SqliteReader(SqliteEvents):
    """An SQLite file of events, keys or views. Raises NoStore where it is missing."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise NoStore(f"there is no {path.name} in {path.parent}")
        self.path = path
        self._local = threading.local()

    def connection(self) -> sqlite3.Connection:
        """The calling thread's own connection, which can't write."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            address = f"{self.path.resolve().as_uri()}?mode=ro"
            connection = self._local.connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=10)
        return connection


class _PostgresReader(PostgresEvents):
    """A schema of events, keys or views. Raises NoStore where it is missing."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._open(pool, schema)
        self._readers = {}
        found = self.connection().execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", (schema,)).fetchone()
        if found is None:
            raise NoStore(f"there is no schema {schema}")

    async def _fetch(self, statement: str, params: tuple[object, ...]) -> list[Any]:
        with self.pool.borrowed(self.schema) as raw:
            return raw.execute(statement.encode(), params).fetchall()


class _KeysToRead(Keys):
    """Keys that open what was sealed, and make nothing."""

    def __init__(self, database: Database, master: bytes) -> None:
        self._database = database
        self._wrapping = AESGCM(master)


class _Views(ViewDatabase):
    """The views as they lie there."""

    def __init__(self, database: Database) -> None:
        self.database = database


class LogToRead(Log):
    """A log whose events, keys and side tables can be read: `load`, `history`, `version`, `page`, `head`, `connection`, `keys.open`.

    `until`: as if the log ended with this position. It has no clock and no writer: what asks for these fails.
    """

    def __init__(self, events: _SqliteReader | _PostgresReader, keys: Keys, until: int | None = None) -> None:
        self._events = events
        self.keys = keys
        self._until = until
        self._folded = Folded()

    def up_to(self, position: int) -> LogToRead:
        """The same log as if it ended with this position."""
        return LogToRead(self._reader, self.keys, position)

    @property
    def _reader(self) -> _SqliteReader | _PostgresReader:
        events = self._events
        if not isinstance(events, _SqliteReader | _PostgresReader):
            raise TypeError("this log was opened to write")
        return events

    async def history(self, stream: str) -> tuple[Recorded, ...]:
        """The stream's events in order, up to `until`."""
        found = [recorded_of(row) for row in await self._events.stream(stream)]
        return tuple(one for one in found if self._until is None or one.position <= self._until)

    async def version(self, stream: str) -> int:
        """The stream's version, as of `until`."""
        return len(await self.history(stream))

    def close(self) -> None:
        """Close the connections."""
        self._events.close()
        self.keys.close()


def database_to_read(settings: StoreSettings, service: str, name: str) -> _SqliteReader | _PostgresReader:
    """The database `name` of a service (`events`, `keys`, `views`), to read. Raises NoStore where it is missing."""
    if not settings.database:
        return _SqliteReader(settings.data / service / f"{name}.db")
    prefix = Postgres(settings.database, settings.county, service, settings.database_connections).prefix
    pool = Pool(settings.database, LEAST, **_reading(settings.database))
    return _PostgresReader(pool, prefix if name == "events" else f"{prefix}_{name}")


def _reading(url: str) -> dict[str, Any]:
    """Settings of a session that can't write. It is no `read-write` one on any node: where the URL asks for that, ask for the primary."""
    asks = conninfo_to_dict(url).get("target_session_attrs")
    return {"options": READ_ONLY} | ({"target_session_attrs": "primary"} if asks == "read-write" else {})


class StoreToRead:
    """The log and the views of a service, to read.

    Raises:
        NoStore: the service has no store under these settings, or no master key.
    """

    def __init__(self, settings: StoreSettings, service: str) -> None:
        if not settings.database and not (settings.data / service).is_dir():
            raise NoStore(f"there is no store of {service} in {settings.data}")
        if not settings.master_key_path.is_file():
            raise NoStore(f"there is no master key at {settings.master_key_path}")
        keys = _KeysToRead(database_to_read(settings, service, "keys"), settings.master_key_path.read_bytes())
        self.log = LogToRead(database_to_read(settings, service, "events"), keys)
        self.views: ViewDatabase = _Views(database_to_read(settings, service, "views"))

    def close(self) -> None:
        """Give everything back."""
        self.views.database.close()
        self.log.close()
