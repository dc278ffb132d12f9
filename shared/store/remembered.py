"""The streams that were read last, kept decoded: an event never changes, so only what came since is read and decoded again.

1. What is kept is complete up to one position of the log. 2. Before a stream is taken from here, the log's tail after that position is
looked at, whatever process wrote it: once for all that ask in the same turn of the event loop. 3. What this process commits is taken
in at once, so that the look finds nothing. A database that no longer holds the row at that position was restored beneath us: all is
read anew.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import NamedTuple, Protocol

from shared.events import Recorded
from shared.store.leaf import Row
from shared.store.turn import Turn, asked_at

MOST_CHARACTERS = 32_000_000
OF_A_STREAM = 200
"""What a kept stream counts beside its states: room for its name and for what is known to be empty."""
LONGEST_TAIL = 1000
RECENT = 5000
History = tuple[Recorded, ...]


class Reader(Protocol):
    """What is asked of the database of events (`shared.store.storage.EventDatabase`)."""

    reads_take_time: bool
    """Whether a read waits for somebody else, so that those who ask at the same time had better share it."""

    async def stream(self, stream: str) -> list[Row]:
        """The rows of a stream."""

    async def tail(self, after: int, limit: int) -> list[Row]:
        """At most `limit` rows after a position."""


class Kept(NamedTuple):
    """A stream as it is kept, and what it counts."""

    history: History
    characters: int


class Remembered:
    """Histories of streams. Those used longest ago are dropped beyond `most` stored characters. `head`: the log's end now."""

    def __init__(self, reader: Reader, decoded: Callable[[Row], Recorded], head: Callable[[], int], most: int = MOST_CHARACTERS) -> None:
        self._reader = reader
        self._decoded = decoded
        self._head = head
        self._most = most
        self._lock = threading.Lock()
        self._turn = Turn()
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = float("-inf")
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._recent: deque[tuple[Recorded, int]] = deque(maxlen=RECENT)
        self._end: Recorded | None = None
        self._characters = 0
        self._position = head()

    async def history(self, stream: str) -> History:
        """The stream's events in order, as the database has them now."""
        await self._look()
        with self._lock:
            if kept := self._kept.get(stream):
                self._kept.move_to_end(stream)
                return kept.history
        return await self._read(stream)

    async def end(self) -> Recorded | None:
        """The last event of the log, as the database has it now; None for an empty one."""
        await self._look()
        if self._end is None and self._position:  # all was forgotten just now
            await self._take_tail()
        return self._end

    def took(self, committed: Iterable[tuple[Recorded, int]]) -> None:
        """Take in what this process committed: each event with the characters of its state, in the order of positions."""
        with self._lock:
            for recorded, characters in committed:
                if recorded.position == self._position + 1:
                    self._take(recorded, characters)

    def forget(self, streams: Iterable[str]) -> None:
        """Read these anew next time: what we know of them did not agree with the database."""
        with self._lock:
            for stream in streams:
                self._lose(stream)

    async def _look(self) -> None:
        """Return when the tail has been taken in as it stood when this context's request came, or later."""
        if self._turn.is_this or self._looked_at >= asked_at():
            return
        if not self._reader.reads_take_time:
            await self._take_tail()
            self._turn.begin()
            return
        if self._looking is None or self._looking.get_loop() is not asyncio.get_running_loop():
            self._looking = asyncio.create_task(self._look_for_all())
        await asyncio.shield(self._looking)

    async def _look_for_all(self) -> None:
        self._looking = None  # who comes from now on wants a later look
        begun = time.monotonic()
        await self._take_tail()
        self._looked_at = max(begun, self._looked_at)

    async def _take_tail(self) -> None:
        with self._lock:
            known, position = self._end, self._position
        rows = await self._reader.tail(max(position - 1, 0), LONGEST_TAIL)
        with self._lock:
            if (known and known is self._end and not (rows and _is(rows[0], known))) or len(rows) == LONGEST_TAIL:
                self._reset()
                return
            if self._end is None and rows and rows[0].position == self._position:
                self._end = self._decoded(rows[0])
            for row in rows:
                if row.position == self._position + 1:
                    self._take(self._decoded(row), len(row.state))

    def _take(self, recorded: Recorded, characters: int) -> None:
        self._position, self._end = recorded.position, recorded
        self._recent.append((recorded, characters))
        kept = self._kept.get(recorded.stream)
        if kept is None or recorded.version <= len(kept.history):
            return
        self._lose(recorded.stream)
        if recorded.version == len(kept.history) + 1:
            self._keep(recorded.stream, Kept((*kept.history, recorded), kept.characters + characters))

    async def _read(self, stream: str) -> History:
        before = self._position
        rows = await self._reader.stream(stream)
        history = tuple(self._decoded(row) for row in rows)
        characters = OF_A_STREAM + sum(len(row.state) for row in rows)
        with self._lock:
            missed = [one for one in takewhile(lambda one: one[0].position > before, reversed(self._recent)) if one[0].stream == stream]
            for recorded, more in reversed(missed):
                if recorded.version == len(history) + 1:
                    history, characters = (*history, recorded), characters + more
            if self._position - before < RECENT:  # else more went by than is remembered
                self._lose(stream)
                self._keep(stream, Kept(history, characters))
        return history

    def _keep(self, stream: str, kept: Kept) -> None:
        self._kept[stream] = kept
        self._characters += kept.characters
        self._drop()

    def _lose(self, stream: str) -> None:
        if kept := self._kept.pop(stream, None):
            self._characters -= kept.characters

    def _drop(self) -> None:
        while self._characters > self._most and self._kept:
            self._characters -= self._kept.popitem(last=False)[1].characters

    def _reset(self) -> None:
        self._kept.clear()
        self._recent.clear()
        self._characters, self._position, self._end = 0, self._head(), None


def _is(row: Row, recorded: Recorded) -> bool:
    return (row.position, row.stream, row.version) == (recorded.position, recorded.stream, recorded.version)
