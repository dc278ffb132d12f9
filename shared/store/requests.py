"""What is asked of the writer, and what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.errors import Conflict, Invalid
from shared.events import Event, Recorded


class Guard(NamedTuple):
    """A stream that must still be at `version` when the events are inserted (0: still empty)."""

    stream: str
    version: int


class Write(NamedTuple):
    """Events to append to `stream`, which must be at `version`."""

    stream: str
    version: int
    events: Sequence[Event]


class Followed(NamedTuple):
    """The neighbour's position that these events stand for; stored with them, so that nothing is taken twice."""

    neighbour: str
    position: int


class SideRow(NamedTuple):
    """A row beside the log (a sealed text, a sealed profile), inserted or replaced in the same transaction.

    `key`: the columns of the table's primary key; by default the first of `values`.
    """

    table: str
    values: Mapping[str, object]
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored, or under a known idempotency key what had been stored the first time.

    `position` is that of the last event; `answer` the bytes that the caller gets; `recorded` is empty for a repeated key.
    """

    position: int
    recorded: tuple[Recorded, ...] = ()
    answer: bytes = b""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """How a command answers: `make` gives the body from what was stored; kept under `key_id` in the same transaction.

    `body_mac` is a keyed hash of the request's body: the same key with another body is refused.
    """

    status: int
    make: Callable[[Stored], object]
    key_id: str | None = None
    body_mac: str = ""


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """The first answer that was given under an idempotency key."""

    body_mac: str
    status: int
    position: int
    body: bytes


class Stale(Conflict):
    """A stream is no longer at the version that was read: load and decide again (`again_when_stale` does)."""

    code = "conflict"
    sentence = "Somebody else changed this at the same moment; look at it again and repeat."


class KeyReused(Invalid):
    """The same idempotency key came with another body."""

    code = "key_reused"
    sentence = "This Idempotency-Key was used for another request; take a new key for a new request."


class EncodedEvent(NamedTuple):
    """An event with its stored text."""

    topic: str
    state: str
    event: Event


@dataclass(slots=True)
class Request:
    """One append: all of it is stored or nothing; a stream stands in `writes` once.

    `deliver` is called with the request when it has its outcome: on the thread of `loop`, or of the writer where there is none.
    """

    writes: Sequence[tuple[str, int, Sequence[EncodedEvent]]]
    deliver: Callable[[Request], None]
    guards: Sequence[Guard] = ()
    side_rows: Sequence[SideRow] = ()
    reply: Reply | None = None
    followed: Followed | None = None
    loop: asyncio.AbstractEventLoop | None = None
    outcome: Stored | BaseException | None = None
