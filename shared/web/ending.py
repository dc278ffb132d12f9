"""Tells open streams that the service is to end. A server waits for its answers before it ends, and a stream has no end of its own."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Ending:
    """Set once the process was told to end. The server's own handling of the signal goes on after it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def listen(self) -> None:
        """Hear the signals from now on; within the running loop. Outside the main thread there are none to be heard."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            self._chain(number, loop)

    async def wait(self, seconds: float) -> bool:
        """Whether the process is to end, known after at most `seconds`."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _chain(self, number: signal.Signals, loop: asyncio.AbstractEventLoop) -> None:
        before = signal.getsignal(number)
        if not callable(before):
            return

        def heard(given: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._event.set)
            before(given, frame)

        signal.signal(number, heard)
