"""What lies beside this service's log, in the same database: it is written together with events, and can be lost without a rule breaking.

`heartbeats`: the last one of each screen. `presence`: when the service was last alive. `words`: names and texts for the boards, sealed
with a key a member, so that erasing the key erases them here too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from shared.store import Log, SideRow

SIDE_TABLES = (
    "CREATE TABLE IF NOT EXISTS heartbeats (screen_id TEXT PRIMARY KEY, organization_id TEXT NOT NULL, heard_at TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS heartbeats_organization ON heartbeats (organization_id)",
    "CREATE TABLE IF NOT EXISTS presence (name TEXT PRIMARY KEY, alive_at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS words (id TEXT PRIMARY KEY, owner TEXT NOT NULL, sealed BLOB)",
)
SERVICE = "service"


class Kept(NamedTuple):
    """A name or text that is kept: whose it is, and its sealed bytes; None where it must be asked for again."""

    owner: str
    sealed: bytes | None


def heartbeat(screen_id: str, organization_id: str, heard_at: datetime) -> SideRow:
    """The row of a screen's last heartbeat."""
    return SideRow("heartbeats", {"screen_id": screen_id, "organization_id": organization_id, "heard_at": heard_at.isoformat()})


def last_heartbeats(log: Log, organization_id: str) -> dict[str, datetime]:
    """When each of the organisation's screens was heard last."""
    statement = "SELECT screen_id, heard_at FROM heartbeats WHERE organization_id=?"
    rows = log.connection().execute(statement, (organization_id,)).fetchall()
    return {screen_id: datetime.fromisoformat(heard_at) for screen_id, heard_at in rows}


def organizations_with_screens(log: Log) -> frozenset[str]:
    """The organisations of which a screen was ever heard."""
    return frozenset(row[0] for row in log.connection().execute("SELECT DISTINCT organization_id FROM heartbeats").fetchall())


def presence(alive_at: datetime) -> SideRow:
    """The row of the service's last sign of life."""
    return SideRow("presence", {"name": SERVICE, "alive_at": alive_at.isoformat()})


def last_presence(log: Log) -> datetime | None:
    """When the service was last known alive; None for a new store."""
    row = log.connection().execute("SELECT alive_at FROM presence WHERE name=?", (SERVICE,)).fetchone()
    return datetime.fromisoformat(row[0]) if row else None


def word(word_id: str, owner: str, sealed: bytes | None) -> SideRow:
    """The row of a name or text; without `sealed` it must be asked for again."""
    return SideRow("words", {"id": word_id, "owner": owner, "sealed": sealed})


def kept_words(log: Log, ids: Iterable[str]) -> dict[str, Kept]:
    """What is kept under these ids."""
    connection, found = log.connection(), dict[str, Kept]()
    for word_id in ids:
        row = connection.execute("SELECT owner, sealed FROM words WHERE id=?", (word_id,)).fetchone()
        if row is not None:
            found[word_id] = Kept(*row)
    return found
