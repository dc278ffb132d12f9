"""The streams that were read last, kept decoded: an event never changes, so only what came since is read and decoded again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable

from shared.events import Recorded
from shared.store.leaf import Row

MOST_CHARACTERS = 32_000_000
History = tuple[Recorded, ...]


class Remembered:
    """Histories of streams. `read` gives a stream's rows after a version; those least used are dropped beyond `most` stored characters."""

    def __init__(
        self, read: Callable[[str, int], Awaitable[list[Row]]], decoded: Callable[[Row], Recorded], most: int = MOST_CHARACTERS
    ) -> None:
        self._read = read
        self._decoded = decoded
        self._most = most
        self._kept: OrderedDict[str, tuple[History, int]] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    async def history(self, stream: str) -> History:
        """The stream's events in order, as the database has them now."""
        known, characters = self._kept.get(stream, ((), 0))
        rows = await self._read(stream, len(known))  # versions count without a hole: so many are known
        if rows:
            known = (*known, *(self._decoded(row) for row in rows))
            characters += sum(len(row.state) for row in rows)
        if known:
            self._keep(stream, known, characters)
        return known

    def forget(self, streams: Iterable[str]) -> None:
        """Read these anew next time: what we know of them did not agree with the database."""
        with self._lock:
            for stream in streams:
                self._characters -= self._kept.pop(stream, ((), 0))[1]

    def _keep(self, stream: str, history: History, characters: int) -> None:
        with self._lock:
            self._characters += characters - self._kept.pop(stream, ((), 0))[1]
            self._kept[stream] = history, characters
            while self._characters > self._most:
                self._characters -= self._kept.popitem(last=False)[1][1]
