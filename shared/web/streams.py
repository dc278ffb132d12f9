"""Server-sent events that ring when there is more: a bounded number of them, and one look at the log for all that listen."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.errors import Unavailable
from shared.web.ending import Ending

MOST_STREAMS, MOST_STREAMS_OF_ONE = 200, 20
LONGEST_STREAM_SECONDS = 600.0
"""Then the stream ends, and whoever still wants it calls again, with a token that is still good."""
KEEP_ALIVE_SECONDS = 15.0
LOOK_EVERY_SECONDS = 0.1
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
STILL_HERE = b": still here\n\n"


class Streams:
    """The open streams of one process. `head` gives the last position of the log; `ending` says when the process is to end."""

    def __init__(self, head: Callable[[], int], ending: Ending) -> None:
        self._head = head
        self._ending = ending
        self._open: Counter[str] = Counter()
        self._moved = asyncio.Condition()
        self._position = 0
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def place(self, caller: str) -> Iterator[None]:
        """Hold one of the places while the block runs; raises Unavailable where all of them, or all of this caller's, are taken."""
        if self._open.total() >= MOST_STREAMS or self._open[caller] >= MOST_STREAMS_OF_ONE:
            raise Unavailable("All connections of this kind are taken; read GET /events by position, or close one and try again.")
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]

    async def wait_beyond(self, position: int, seconds: float) -> int:
        """The last position as soon as it lies beyond `position`, or after `seconds` whatever it is; at once when the process ends."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="look-for-more")
        async with self._moved:
            try:
                await asyncio.wait_for(self._moved.wait_for(lambda: self._position > position or self._ending.has_come), seconds)
            except TimeoutError:
                pass
            return self._position

    async def _look(self) -> None:
        """Look for as long as anybody holds a place."""
        while self._open and not self._ending.has_come:
            position = await asyncio.to_thread(self._head)
            if position > self._position:
                await self._tell(position)
            await self._ending.wait(LOOK_EVERY_SECONDS)
        await self._tell(self._position)

    async def _tell(self, position: int) -> None:
        async with self._moved:
            self._position = position
            self._moved.notify_all()

    async def rings(self, after: int, is_news: Callable[[int], "asyncio.Future[int | None]"]) -> AsyncIterator[bytes]:
        raise NotImplementedError
