"""The one writer of a service's process: group commit on a thread of its own (measured and chosen in the design's numbers).

1. A command builds one Request. 2. The event loop collects the requests of a turn and hands the whole list over with one
`call_soon`; no timer. 3. This thread takes all that waits, at most 500, runs one transaction, and answers with one
`call_soon_threadsafe` a batch. 4. Inside, lock, look, write: `settle`. If the transaction itself fails, the whole batch hears
Unavailable and nothing of it is stored.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from time import monotonic, time
from typing import Protocol

from shared.errors import Unavailable
from shared.events import Recorded
from shared.store.requests import Request, Stored

log = logging.getLogger(__name__)
MOST_AT_ONCE = 500
CLEANING_EVERY_SECONDS = 3600
ANSWERS_KEPT_SECONDS = 30 * 86_400  # by the machine's clock


class WriterDatabase(Protocol):
    """What the writer asks of a database; implemented by each of them. Used by one thread at a time."""

    def write(self, requests: Sequence[Request], now: datetime) -> None:
        """Settle all requests in one durable transaction, or raise and store nothing."""

    def forget_answers_before(self, second: int) -> None:
        """Drop the idempotency answers that were kept before this second (Unix time)."""

    def close(self) -> None:
        """Give the connection back."""


Committed = Callable[[int, Sequence[tuple[Recorded, int]]], None]


class Writer:
    """Takes requests from event loops and threads; `on_commit` is called after each commit.

    It is given the last position, and the events in order, each with the characters of its state.
    """

    def __init__(self, connect: Callable[[], WriterDatabase], now: Callable[[], datetime], on_commit: Committed) -> None:
        self._connect = connect
        self._now = now
        self._on_commit = on_commit
        self._waiting: queue.SimpleQueue[list[Request] | None] = queue.SimpleQueue()
        self._turns: dict[asyncio.AbstractEventLoop, list[Request]] = {}
        self._writing = threading.Lock()
        self._database: WriterDatabase | None = None
        self._cleaned = float("-inf")
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def hand_over(self, request: Request) -> None:
        """From a thread without a loop: pass one request on at once, or write it here where nothing else is being written."""
        if self._waiting.empty() and self._writing.acquire(blocking=False):
            try:
                self._write([request])
            finally:
                self._writing.release()
        else:
            self._waiting.put([request])

    def collect(self, request: Request, loop: asyncio.AbstractEventLoop) -> None:
        """From a loop's thread: pass the request on together with the others of this turn."""
        turn = self._turns.get(loop)
        if turn is None:
            self._turns[loop] = [request]
            loop.call_soon(self._hand_over_turn, loop)
        else:
            turn.append(request)

    def _hand_over_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waiting.put(self._turns.pop(loop))

    def close(self) -> None:
        """Write what waits, then end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            with self._writing:
                self._write(batch)
        with self._writing:
            _close(self._database)
            self._database, self._connect = None, _closed

    def _write(self, batch: list[Request]) -> None:
        """Settle and deliver; to be called by who holds `_writing`."""
        try:
            self._database = self._database or self._connect()
            if monotonic() - self._cleaned > CLEANING_EVERY_SECONDS:
                self._database.forget_answers_before(int(time()) - ANSWERS_KEPT_SECONDS)
                self._cleaned = monotonic()
            self._database.write(batch, self._now())
        except Exception as error:  # noqa: BLE001 - whatever the database says, the batch is answered and the writer lives on
            log.warning("a batch of %d could not be written: %s", len(batch), type(error).__name__)
            _close(self._database)
            self._database = None
            for request in batch:
                request.outcome = Unavailable()
        self._deliver(batch)

    def _take(self) -> list[Request] | None:
        batch = self._waiting.get()
        if batch is None:
            return None
        while len(batch) < MOST_AT_ONCE:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._waiting.put(None)
                break
            batch += more
        return batch

    def _deliver(self, batch: list[Request]) -> None:
        position = max((r.outcome.position for r in batch if isinstance(r.outcome, Stored)), default=0)
        if position:
            self._on_commit(position, [one for request in batch for one in _committed(request)])
        loops: dict[asyncio.AbstractEventLoop, list[Request]] = {}
        for request in batch:
            if request.loop is None:
                request.deliver(request)
            else:
                loops.setdefault(request.loop, []).append(request)
        for loop, requests in loops.items():
            try:
                loop.call_soon_threadsafe(_deliver_all, requests)
            except RuntimeError:  # the loop was closed while we wrote: nobody is there to hear it
                log.warning("%d answers had no one to go to", len(requests))


def _closed() -> WriterDatabase:
    raise Unavailable("This log was closed.")


def _committed(request: Request) -> Iterator[tuple[Recorded, int]]:
    if isinstance(request.outcome, Stored) and request.outcome.recorded:
        states = (len(encoded.state) for _, _, events in request.writes for encoded in events)
        yield from zip(request.outcome.recorded, states, strict=True)


def _deliver_all(requests: list[Request]) -> None:
    for request in requests:
        request.deliver(request)


def _close(database: WriterDatabase | None) -> None:
    if database is not None:
        try:
            database.close()
        except Exception:  # noqa: BLE001 - it is given up anyway
            log.warning("the writer's connection did not close")


def settle_future(request: Request, future: asyncio.Future[Stored] | Future[Stored]) -> None:
    """Hand the request's outcome to who waits for it, if it still waits."""
    if future.done():
        return
    match request.outcome:
        case Stored() as stored:
            future.set_result(stored)
        case BaseException() as error:
            future.set_exception(error)
        case None:
            future.set_exception(Unavailable())
