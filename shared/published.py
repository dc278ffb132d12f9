"""What a service has published of its log: tiles, signed checkpoints, cosignatures; read by its routes (design: log.md)."""

from __future__ import annotations

import json
from typing import Literal

from shared.events import Event, event
from shared.store.log import Log
from shared.store.sql import Connection, upsert
from shared.transparency.notes import Checkpoint, Note, PublicKey, line_of, signatures_in
from shared.transparency.tiles import ENTRIES, WIDTH, Tile, bundle, node_from
from shared.transparency.tree import HASH_BYTES, inclusion

MOST_COSIGNATURES = 15
MOST_ORIGINS = 1000
TABLES = (
    "CREATE TABLE IF NOT EXISTS tiles (level INTEGER NOT NULL, number BIGINT NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, number))",
    "CREATE TABLE IF NOT EXISTS checkpoints (size BIGINT PRIMARY KEY, root TEXT NOT NULL, lines TEXT NOT NULL, signed_at BIGINT NOT NULL)",
    (
        "CREATE TABLE IF NOT EXISTS cosignatures (size BIGINT NOT NULL, name TEXT NOT NULL, line TEXT NOT NULL, second BIGINT NOT NULL,"
        " PRIMARY KEY (size, name))"
    ),
    "CREATE TABLE IF NOT EXISTS origin (name TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS earlier_origins (number BIGINT PRIMARY KEY, name TEXT NOT NULL)",
)


Cause = Literal["events_lost", "key_lost"]


@event("log.origin-begun.v1")
class OriginBegun(Event, frozen=True):
    """From here on the log is signed as `origin`; the old log's last known checkpoint stands in it. Stream `log/<origin>`."""

    origin: str
    cause: Cause
    old_origin: str
    old_size: int
    old_root: str


class WrongCounty(RuntimeError):
    """The store was made for another county: its log's name, and every signature, hang on it."""


class Published:
    """The tables of `log` under the name `origin`, made where they are missing. Thread-safe.

    A log that was begun anew (see `origins`) is called `<origin>-2`, `-3`, ...: `number` says which it is.

    Raises:
        WrongCounty: the store was published under another name.
    """

    def __init__(self, log: Log, origin: str) -> None:
        self._log = log
        self._first = origin
        self.database = log.storage.database("log")
        with self.database.transaction() as connection:
            for statement in TABLES:
                connection.execute(statement)
            self.earlier = self._earlier(connection)
            self.number = len(self.earlier) + 1
            self.origin = origin = _numbered(origin, self.number)
            connection.execute("INSERT INTO origin SELECT ? WHERE NOT EXISTS (SELECT 1 FROM origin)", (origin,))
            named = str(connection.execute("SELECT name FROM origin").fetchone()[0])
        if named != origin:
            self.database.close()
            raise WrongCounty(f"this store's log is {named} and can't be opened as {origin}; name its county in XINGQI_COUNTY")

    @property
    def next_origin(self) -> str:
        """What the next log would be called."""
        return _numbered(self._first, self.number + 1)

    def _earlier(self, connection: Connection) -> frozenset[str]:
        """The names of the logs that were in this place before; where the tables were lost, as the rows say."""
        if connection.execute("SELECT count(*) FROM origin").fetchone()[0] == 0:
            for number, row in enumerate(self._log.page(0, MOST_ORIGINS, [OriginBegun.topic]), start=1):
                values = (number, json.loads(row.state)["old_origin"])
                connection.execute("INSERT INTO earlier_origins (number, name) VALUES (?, ?)", values)
        return frozenset(str(name) for (name,) in connection.execute("SELECT name FROM earlier_origins"))

    def begin_next(self) -> None:
        """End this log: the next one's tree is made anew from the rows, under `next_origin`."""
        with self.database.transaction() as connection:
            connection.execute("INSERT INTO earlier_origins (number, name) VALUES (?, ?)", (self.number, self.origin))
            connection.execute("UPDATE origin SET name = ?", (self.next_origin,))
            for table in ("tiles", "checkpoints", "cosignatures"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - of the three

    def latest(self) -> Checkpoint | None:
        """The newest signed checkpoint."""
        signed = self.latest_signed()
        return signed[0] if signed else None

    def latest_signed(self) -> tuple[Checkpoint, int] | None:
        """The newest signed checkpoint, and when it was signed (Unix time)."""
        connection = self.database.connection()
        row = connection.execute("SELECT size, root, signed_at FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        return (Checkpoint(self.origin, int(row[0]), bytes.fromhex(row[1])), int(row[2])) if row else None

    def said_by(self, name: str) -> tuple[int, int, int] | None:
        """When this witness cosigned a checkpoint of this log first and last (Unix time), and the size of that last one; None: never."""
        statement = "SELECT second, size FROM cosignatures WHERE name = ? ORDER BY size {} LIMIT 1"
        connection = self.database.connection()
        first = connection.execute(statement.format("ASC"), (name,)).fetchone()
        last = connection.execute(statement.format("DESC"), (name,)).fetchone()
        return (int(first[0]), int(last[0]), int(last[1])) if first and last else None

    def note(self, size: int | None = None) -> Note | None:
        """The note of a published size (default: the newest) with its cosignatures; None where there is none."""
        connection = self.database.connection()
        where, values = ("WHERE size = ?", (size,)) if size is not None else ("ORDER BY size DESC LIMIT 1", ())
        row = connection.execute(f"SELECT size, root, lines FROM checkpoints {where}", values).fetchone()  # noqa: S608 - of the two above
        if row is None:
            return None
        found = connection.execute("SELECT line FROM cosignatures WHERE size = ? ORDER BY name LIMIT ?", (row[0], MOST_COSIGNATURES))
        lines = str(row[2]) + "".join(str(line) for (line,) in found)
        return Note(Checkpoint(self.origin, int(row[0]), bytes.fromhex(row[1])).text, signatures_in(lines))

    def witnessed(self) -> Note | None:
        """The newest note that has a cosignature."""
        row = self.database.connection().execute("SELECT max(size) FROM cosignatures").fetchone()
        return self.note(int(row[0])) if row and row[0] is not None else None

    def add_cosignature(self, size: int, note: Note, key: PublicKey) -> None:
        """Keep the lines of `note`, the one of this size, by which `key` cosigned it. Nothing is kept where it did not."""
        second = note.second_of(key)
        if second is None:
            return
        line = next(line_of(*each) for each in note.signatures if Note(note.text, (each,)).is_signed_by(key))
        statement = upsert("cosignatures", ("size", "name", "line", "second"), ("size", "name"))
        with self.database.transaction() as connection:
            connection.execute(statement, (size, key.name, line, second))

    def tile(self, tile: Tile) -> bytes | None:
        """The bytes of a tile of hashes, or of a bundle of entries, that lies within the newest checkpoint; else None."""
        signed = self.latest()
        if signed is None or not tile.is_of(signed.size):
            return None
        if tile.level == ENTRIES:
            return bundle([row.leaf() for row in self._log.page(tile.number * WIDTH, tile.width)])
        return tile_bytes(self.database.connection(), tile.level, tile.number)[: tile.width * HASH_BYTES]

    def inclusion(self, position: int) -> tuple[Checkpoint, list[bytes]] | None:
        """The newest checkpoint and the audit path from the event at `position` to its root; None while it is not covered yet."""
        signed = self.latest()
        if signed is None or not 0 < position <= signed.size:
            return None
        return signed, inclusion(position - 1, signed.size, self.node)

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree (see `tree`)."""
        return node_from(lambda level, number: tile_bytes(self.database.connection(), level, number))(height, index)


def _numbered(origin: str, number: int) -> str:
    return origin if number == 1 else f"{origin}-{number}"


def tree_size(connection: Connection) -> int:
    """How many leaves the stored tiles have."""
    row = connection.execute("SELECT number, hashes FROM tiles WHERE level = 0 ORDER BY number DESC LIMIT 1").fetchone()
    return int(row[0]) * WIDTH + len(row[1]) // HASH_BYTES if row else 0


def tile_bytes(connection: Connection, level: int, number: int) -> bytes:
    """All that is stored of a tile; empty where there is none."""
    row = connection.execute("SELECT hashes FROM tiles WHERE level = ? AND number = ?", (level, number)).fetchone()
    return bytes(row[0]) if row else b""
