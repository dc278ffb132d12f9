"""A service's log: what commands load from and append to.

A command loads the streams its rule rests on, decides, and appends once. It names the version of every stream it rested on: those it
writes to, and others as guards. If somebody else got in between, nothing is stored, Stale is raised, and `again_when_stale` loads
and decides again; the caller hears only what the rules refuse.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Future
from datetime import date, datetime
from functools import wraps
from typing import ClassVar, ParamSpec, TypeVar

import uuid_utils
from eventsourcing.application import Application

from shared.errors import TooLarge
from shared.events import Event, Recorded
from shared.store.clock import Clock, WrongClock
from shared.store.folded import Folded, Loaded
from shared.store.keys import Keys
from shared.store.leaf import MAX_LEAF_BYTES, Row, instant_of, instant_text
from shared.store.mapper import decode, encode
from shared.store.remembered import Remembered
from shared.store.requests import EncodedEvent, Followed, Guard, KnownAnswer, Reply, Request, SideRow, Stale, Stored, Write
from shared.store.sql import Connection
from shared.store.storage import BESIDE, Storage
from shared.store.texts import SealedText, Texts
from shared.store.writer import Writer, settle_future

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
TRIES = 25
SHORTEST_PAUSE, LONGEST_PAUSE = 0.004, 0.06
"""Seconds: a write takes two or three thousandths."""
ROOM_FOR_THE_REST_OF_A_LEAF = 500


class EventLog(Application[str]):
    """The eventsourcing application behind a log: its mapper, factory, recorder and event store are ours."""

    env: ClassVar[dict[str, str]] = {"MAPPER_TOPIC": "shared.store.mapper:EventMapper"}


class Log:
    """One service's log, texts and keys; open one a process and close it. Thread-safe.

    `clock_start` None: the system's clock; else a manual one, starting there when the store is new. `side_tables` are further
    tables (CREATE TABLE IF NOT EXISTS ...) whose rows are written together with events.
    """

    def __init__(self, storage: Storage, master: bytes, clock_start: datetime | None = None, side_tables: Sequence[str] = ()) -> None:
        self.storage = storage
        self._events = storage.events()
        self._bells: list[Callable[[int], None]] = []
        self.application = EventLog(self._events.environment)
        with self._events.transaction() as connection:  # of two starters at once, one makes them
            for statement in (*BESIDE, *side_tables):
                connection.execute(statement)
        self._folded = Folded()
        self._remembered = Remembered(self._events, recorded_of, self._events.head)
        try:
            self.clock = Clock(clock_start, self.connection)
        except WrongClock:
            self.application.close()
            self._events.close()
            raise
        self.keys = Keys(storage.database("keys"), master)
        self.texts = Texts(self.keys, self.connection, self.new_id)
        self._writer = Writer(self._events.open_writer, self.clock.now, self._ring)

    def close(self) -> None:
        """Finish what waits to be written and give everything back."""
        self._writer.close()
        self.application.close()
        self.keys.close()
        self._events.close()
        self.storage.close()

    def now(self) -> datetime:
        """The business instant (UTC)."""
        return self.clock.now()

    def today(self) -> date:
        """The business day in Asia/Shanghai."""
        return self.clock.today()

    @staticmethod
    def new_id() -> str:
        """A new UUIDv7 as text: in the order of time, which keeps the index of streams compact."""
        return str(uuid_utils.uuid7())

    def connection(self) -> Connection:
        """The calling thread's own connection to the database of the events and of what lies beside them; for short reads."""
        return self._events.connection()

    def on_commit(self, bell: Callable[[int], None]) -> None:
        """Have `bell` called with the last position after each commit of this process, on the writer's thread."""
        self._bells.append(bell)

    def _ring(self, position: int, committed: Sequence[tuple[Recorded, int]]) -> None:
        self._remembered.took(committed)
        for bell in self._bells:
            bell(position)

    # Reading

    async def load(self, stream: str, empty: S, evolve: Callable[[S, Recorded], S]) -> Loaded[S]:
        """Fold `evolve` over the stream's events, from `empty`."""
        return self._folded.load(stream, await self.history(stream), empty, evolve)

    async def history(self, stream: str) -> tuple[Recorded, ...]:
        """The stream's events in order."""
        return await self._remembered.history(stream)

    async def version(self, stream: str) -> int:
        """The stream's present version; 0 where it is empty."""
        return await self._events.version(stream)

    def page(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Row]:
        """At most `limit` stored rows after position `after`, in order; of `topics` only, where any are named."""
        return self._events.page(after, limit, topics)

    def row(self, position: int) -> Row | None:
        """The stored row at `position`."""
        rows = self.page(position - 1, 1)
        return rows[0] if rows and rows[0].position == position else None

    def head(self) -> int:
        """The last position; 0 for an empty log."""
        return self._events.head()

    async def end(self) -> Recorded | None:
        """The last event, without holding up the loop; None for an empty log."""
        return await self._remembered.end()

    def position_at(self, instant: datetime) -> int:
        """The last position recorded by `instant`; 0 where nothing was."""
        return self._events.position_at(instant_text(instant))

    def followed(self, neighbour: str) -> int:
        """The position of the neighbour's feed that this log has taken in."""
        statement = "SELECT notification_id FROM tracking WHERE application_name=?"
        found = self.connection().execute(statement, (neighbour,)).fetchone()
        return int(found[0]) if found else 0

    async def followed_now(self, neighbour: str) -> int:
        """The same without holding up the loop."""
        return await self._events.followed(neighbour)

    def followed_neighbours(self) -> dict[str, int]:
        """The neighbours whose feed this log takes in, and the position of each that it has taken in."""
        return dict(self.connection().execute("SELECT application_name, notification_id FROM tracking").fetchall())

    async def known_answer(self, key_id: str) -> KnownAnswer | None:
        """The answer that is kept under an idempotency key."""
        return await self._events.answer(key_id)

    # Appending

    async def append(
        self,
        writes: Iterable[Write],
        *,
        guards: Iterable[Guard] = (),
        texts: Iterable[SealedText] = (),
        rows: Iterable[SideRow] = (),
        reply: Reply | None = None,
        followed: Followed | None = None,
    ) -> Stored:
        """Store all of it in one durable transaction, or nothing.

        Raises:
            Stale: a stream is not at the version that was named.
            KeyReused: the reply's key came earlier with another body.
            TooLarge: an event is larger than a leaf of the log may be.
            Unavailable: the database is away; nothing was stored.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Stored] = loop.create_future()
        request = _request(writes, guards, [*(text.row for text in texts), *rows], reply, followed)
        request.loop = loop
        request.deliver = lambda settled: settle_future(settled, future)
        self._writer.collect(request, loop)
        try:
            return await future
        except Stale:
            self._remembered.forget([*(stream for stream, _, _ in request.writes), *(guard.stream for guard in request.guards)])
            raise

    def save(self, *writes: Write, guards: Iterable[Guard] = (), texts: Iterable[SealedText] = (), rows: Iterable[SideRow] = ()) -> Stored:
        """The same as `append`, from a thread without an event loop (commands of the shell, tests, imports)."""
        future: Future[Stored] = Future()
        request = _request(writes, guards, [*(text.row for text in texts), *rows], None, None)
        request.deliver = lambda settled: settle_future(settled, future)
        self._writer.hand_over(request)
        return future.result()


def _request(
    writes: Iterable[Write], guards: Iterable[Guard], rows: Sequence[SideRow], reply: Reply | None, followed: Followed | None
) -> Request:
    streams: dict[str, tuple[str, int, list[EncodedEvent]]] = {}
    for stream, version, events in writes:
        _, first, encoded = streams.setdefault(stream, (stream, version, []))
        if first != version:
            raise Stale
        encoded += [_encoded(event) for event in events]
    return Request(list(streams.values()), lambda _: None, list(guards), rows, reply, followed)


def _encoded(event: Event) -> EncodedEvent:
    state = encode(event)
    if len(state) > MAX_LEAF_BYTES - ROOM_FOR_THE_REST_OF_A_LEAF:
        raise TooLarge("This is too much for one event; make the texts shorter or split it.")
    return EncodedEvent(event.topic, state.decode(), event)


def recorded_of(row: Row) -> Recorded:
    """The event of a stored row. Its leaf hash is not computed here: `row.leaf_hash()` gives it."""
    return Recorded(row.position, row.stream, row.version, instant_of(row.recorded_at), decode(row.topic, row.state))


def again_when_stale(command: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Let a command load and decide again when somebody else wrote in between: `TRIES` times in all, at once and then after pauses.

    Commands of other workers come in between as often as they like; a closing that guards fifty ballots loses to each that arrives.
    The pauses grow, and are drawn by lot, so that two who lost to each other do not meet again; together they last under a second.
    """

    @wraps(command)
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(TRIES - 1):
            try:
                return await command(*args, **kwargs)
            except Stale:
                await asyncio.sleep(random.uniform(0, min(attempt * SHORTEST_PAUSE, LONGEST_PAUSE)))  # noqa: S311 - no secret
        return await command(*args, **kwargs)

    return run
