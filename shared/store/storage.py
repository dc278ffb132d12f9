"""Where a service's databases lie: files in a folder (the embedded default), or schemas of a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from shared.store.leaf import Row
from shared.store.postgres.connections import PostgresSchema
from shared.store.postgres.events import BESIDE_THE_POOL, PostgresEvents
from shared.store.postgres.pool import Pool
from shared.store.requests import KnownAnswer
from shared.store.sql import Database, SqliteFile
from shared.store.sqlite import SqliteEvents
from shared.store.writer import WriterDatabase

BESIDE = (
    (
        "CREATE TABLE IF NOT EXISTS answers (key_id TEXT PRIMARY KEY, body_mac TEXT NOT NULL, status INTEGER NOT NULL,"
        " position BIGINT NOT NULL, body BLOB NOT NULL, kept_at BIGINT NOT NULL)"
    ),
    "CREATE TABLE IF NOT EXISTS texts (id TEXT PRIMARY KEY, owner TEXT NOT NULL, sealed BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS service (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)
"""What lies beside the events in the same database, and is written in the same transaction."""


FURTHER = {
    "roster": ("keys", "log", "views", "reads", "accounts"),
    "evaluation": ("keys", "log", "views", "reads"),
    "notice": ("keys", "log", "views"),
}
"""The further databases of each service."""


CONNECTIONS = 12
"""How many connections to PostgreSQL a process of a service holds at most, where nothing else is set."""


class EventDatabase(Database, Protocol):
    """The database of a service's events."""

    environment: dict[str, str]
    """How the eventsourcing library reaches the same tables."""

    reads_take_time: bool
    """Whether a read waits for another process, so that those who ask at the same time had better share it."""

    def open_writer(self) -> WriterDatabase:
        """A connection for the writer's thread."""

    async def stream(self, stream: str) -> list[Row]:
        """The rows of `stream`, in order."""

    async def tail(self, after: int, limit: int) -> list[Row]:
        """At most `limit` rows after position `after` in order."""

    async def version(self, stream: str) -> int:
        """The stream's present version; 0 where it is empty."""

    async def answer(self, key_id: str) -> KnownAnswer | None:
        """The answer that is kept under an idempotency key."""

    async def followed(self, neighbour: str) -> int:
        """The position of the neighbour's feed that this log has taken in; 0 where it has taken in nothing."""

    def page(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """At most `limit` rows after position `after` in order; of `topics` only, where any are named."""

    def head(self) -> int:
        """The last position; 0 for an empty log."""

    def position_at(self, instant: str) -> int:
        """The last position recorded by `instant` (as stored); 0 where nothing was."""


class Storage(Protocol):
    """Opens the databases of one service."""

    def events(self) -> EventDatabase:
        """The database of the events, made when it is missing."""

    def database(self, name: str) -> Database:
        """A further database: `keys`, `views`, `mirror`."""

    def close(self) -> None:
        """Close what all its databases have open together; they may be used again."""


class Files:
    """SQLite files in `folder`: `events.db`, `keys.db`, `views.db`, ..."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def events(self) -> SqliteEvents:
        """See Storage."""
        return SqliteEvents(self.folder / "events.db")

    def database(self, name: str) -> SqliteFile:
        """See Storage. Keys and accounts are durable and wiped when erased; the rest can be made again and is written faster."""
        if name in {"keys", "accounts"}:
            return SqliteFile(self.folder / f"{name}.db", secure_delete=True)
        return SqliteFile(self.folder / f"{name}.db", synchronous="NORMAL")

    def close(self) -> None:
        """See Storage: each file's connections are its threads' own."""


class Postgres:
    """Schemas of a PostgreSQL database: `<county>_<service>` for the events, `<county>_<service>_keys`, `..._views`, ..."""

    def __init__(self, url: str, county: str, service: str, connections: int = CONNECTIONS) -> None:
        """`connections`: how many the process holds at most, writer and readers included."""
        self.pool = Pool(url, connections - BESIDE_THE_POOL)
        self.prefix = f"{county}_{service}"

    def events(self) -> PostgresEvents:
        """See Storage."""
        return PostgresEvents(self.pool, self.prefix)

    def database(self, name: str) -> PostgresSchema:
        """See Storage."""
        return PostgresSchema(self.pool, f"{self.prefix}_{name}")

    def close(self) -> None:
        """See Storage."""
        self.pool.close()
