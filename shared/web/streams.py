"""Server-sent events that ring when there is more: bounded in number and time, with one look at the log for all who listen."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.errors import Unavailable
from shared.web.ending import Ending
from shared.web.problems import problem_of

MOST_STREAMS, MOST_STREAMS_OF_ONE = 200, 20
LONGEST_STREAM_SECONDS = 600.0
"""Then the stream ends, and whoever still wants it calls again, with a token that is still good."""
KEEP_ALIVE_SECONDS = 15.0
LOOK_EVERY_SECONDS = 0.1
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class NoStreamLeft(Unavailable):
    """Every place for a stream is taken, or every one of this caller's."""

    code = "no_stream_left"
    sentence = "Too many streams are open; read GET /events by position, or close one of yours and try again."


class Streams:
    """The open streams of one process. `head` gives the last position of the log; `ending` says when the process is to end."""

    def __init__(self, head: Callable[[], int], ending: Ending) -> None:
        self._head = head
        self._ending = ending
        self._open: Counter[str] = Counter()
        self._lock = asyncio.Lock()
        self._position, self._looked_at = 0, 0.0

    @contextmanager
    def place(self, caller: str) -> Iterator[None]:
        """Hold one of the places while the block runs; raises NoStreamLeft."""
        self.check_place(caller)
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]

    def check_place(self, caller: str) -> None:
        """Return if there is a place for this caller; raises NoStreamLeft."""
        if self._open.total() >= MOST_STREAMS or self._open[caller] >= MOST_STREAMS_OF_ONE:
            raise NoStreamLeft

    async def rings(self, after: int, is_news: Callable[[int, int], Awaitable[bool]]) -> AsyncIterator[bytes]:
        """One message with the last position whenever `is_news(after, last)`; comments keep the connection open in between."""
        ends_at = time.monotonic() + LONGEST_STREAM_SECONDS
        spoke_at = time.monotonic()
        while time.monotonic() < ends_at:
            head = await self._last()
            if head > after:
                if await is_news(after, head):
                    spoke_at = time.monotonic()
                    yield f"id: {head}\nevent: more\ndata: {head}\n\n".encode()
                after = head
            elif time.monotonic() - spoke_at >= KEEP_ALIVE_SECONDS:
                spoke_at = time.monotonic()
                yield b": still here\n\n"
            if await self._ending.wait(LOOK_EVERY_SECONDS):
                return

    async def _last(self) -> int:
        """The last position, looked up once for all who listen."""
        async with self._lock:
            if time.monotonic() - self._looked_at >= LOOK_EVERY_SECONDS:
                self._position = await asyncio.to_thread(self._head)
                self._looked_at = time.monotonic()
        return self._position


class Stream(StreamingResponse):
    """An answer that holds a place among `streams` for as long as it is being sent, however it ends."""

    def __init__(self, streams: Streams, caller: str, rings: AsyncIterator[bytes]) -> None:
        streams.check_place(caller)
        super().__init__(rings, media_type="text/event-stream", headers=HEADERS)
        self._streams = streams
        self._caller = caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; it is refused where somebody else took the last place in the same moment."""
        try:
            with self._streams.place(self._caller):
                await super().__call__(scope, receive, send)
        except NoStreamLeft:
            await problem_of(NoStreamLeft())(scope, receive, send)
