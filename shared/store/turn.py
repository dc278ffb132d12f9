"""One turn of the event loop: what was looked up in it holds for all that run in it, since each of them came before the look ended."""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import ContextVar

_asked_at: ContextVar[float] = ContextVar("asked_at", default=float("inf"))


def asked_now() -> None:
    """Say that the request which runs in this context came now: what is looked up from here on is new enough for all of it."""
    _asked_at.set(time.monotonic())


def asked_at() -> float:
    """The moment at which this context's request came (monotonic seconds); infinity outside a request."""
    return _asked_at.get()


class Turn:
    """Remembers the turn in which something was looked up, until that turn is over. Each thread has its own."""

    def __init__(self) -> None:
        self._of = threading.local()

    @property
    def is_this(self) -> bool:
        """Whether `begin` was called in the present turn."""
        return getattr(self._of, "is_this", False)

    def begin(self) -> None:
        """Something was looked up just now. Without a running loop there is no turn, and it is looked up again next time."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._of.is_this = True
        loop.call_soon(self._end)

    def _end(self) -> None:
        self._of.is_this = False
