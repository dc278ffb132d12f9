"""The stored row as the log's leaf: its bytes and its hash (design: log.md).

The leaf of position p is the JSON array `[position, topic, stream, version, recorded_at, salt, state]` in UTF-8, `state` being the
very JSON text that was stored. The salt makes the hash of a short event unguessable. Hash: RFC 6962, SHA-256 over 00 and the bytes.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

import msgspec

MAX_LEAF_BYTES = 60_000
_text = msgspec.json.Encoder().encode


class Row(NamedTuple):
    """A row of the table of events, column by column; its order is the table's."""

    position: int
    stream: str
    version: int
    topic: str
    state: str
    recorded_at: str
    salt: str

    def leaf(self) -> bytes:
        """The leaf's bytes: the stored columns put together, nothing encoded anew but quotes around the texts."""
        head = b"[%d,%b,%b,%d,%b,%b," % (
            self.position, _text(self.topic), _text(self.stream), self.version, _text(self.recorded_at), _text(self.salt),
        )  # fmt: skip
        return head + self.state.encode() + b"]"

    def leaf_hash(self) -> str:
        """Hex of the RFC 6962 leaf hash."""
        return sha256(b"\x00" + self.leaf()).hexdigest()


def new_salt() -> str:
    """16 random bytes in hex."""
    return secrets.token_hex(16)


def instant_text(instant: datetime) -> str:
    """RFC 3339 in UTC with six decimals: as text in the same order as in time."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def instant_of(text: str) -> datetime:
    """The instant that `instant_text` wrote."""
    return datetime.fromisoformat(text)
