"""The outgoing feed of a log as CloudEvents, and the loop that follows a neighbour's.

Outgoing: one item a stored event, in order; the stored text of the event is passed through as it is. Fields that an event declares
sealed are left out and marked. Incoming: pages by position; the handler stores what it makes of a page together with the position,
so that nothing is taken twice and nothing is missed after any outage of either side.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from shared.errors import Refusal, Unavailable
from shared.events import RETIRED, TOPICS
from shared.store.leaf import Row
from shared.store.log import Log
from shared.store.mapper import decode, encode

logger = logging.getLogger(__name__)
MOST_A_PAGE = 1000
FOLLOW_EVERY_SECONDS = 0.5
FOLLOW_EVERY_SECONDS_BY_BELL = 5.0
LONGEST_PAUSE_SECONDS = 15.0
EVERY_TYPE = "*"


class CloudEvent(msgspec.Struct, frozen=True):
    """An event as another service tells it (CloudEvents 1.0): `id` and `sequence` are its position there."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    data: dict[str, Any]
    sequence: str = ""
    sealed: tuple[str, ...] = ()

    @property
    def position(self) -> int:
        """The position in the neighbour's log."""
        return int(self.id)


class FeedPage(msgspec.Struct, frozen=True):
    """A page of a neighbour's feed; `next` is the last position that was looked at."""

    items: tuple[CloudEvent, ...]
    next: int


class _Item(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    source: str
    type: str
    subject: str
    time: str
    data: msgspec.Raw
    sequence: str
    specversion: str = ""
    datacontenttype: str = ""
    sealed: list[str] = []


class Right(msgspec.Struct, frozen=True):
    """What somebody may see of a feed: events of `types` (topics, `word.*`, or `*`) that belong to the organisation or lie below it.

    Without an organisation: of the whole cell, what belongs to no organisation included.
    """

    organization_id: str | None = None
    types: tuple[str, ...] = (EVERY_TYPE,)


def look(log: Log, after: int, limit: int, types: Sequence[str] = ()) -> tuple[list[Row], int]:
    """At most `limit` stored rows after `after`, of `types` (topics) alone where any are named, and the last position looked at.

    Who asks from beyond the log's end is told where it ends: this log was restored, and has lost what the asker knows.
    """
    head = log.head()  # before the page: what is committed between the two comes with the next one
    rows = log.page(after, min(limit, MOST_A_PAGE), _with_earlier_shapes(types))
    is_full = len(rows) >= min(limit, MOST_A_PAGE)
    if not rows:
        return rows, head
    return rows, rows[-1].position if is_full else max(head, rows[-1].position)


def written(source: str, rows: Sequence[Row], last: int) -> bytes:
    """The page that shows these rows; `last` is the last position looked at."""
    return msgspec.json.encode({"items": [_item(row, source) for row in rows], "next": last})


def item(source: str, row: Row) -> bytes:
    """One CloudEvent as JSON, as it stands in a page."""
    return msgspec.json.encode(_item(row, source))


def topics_of(types: Sequence[str]) -> list[str]:
    """The known topics that `types` mean: topics as they are, `word.*` all of that word, `*` all."""
    return [topic for topic in TOPICS if is_of(topic, types)]


def is_of(topic: str, types: Sequence[str]) -> bool:
    """Whether `types` mean this topic, or for a retired one its present shape."""
    present = _present(topic) if topic in RETIRED else topic
    return any(each in {present, EVERY_TYPE} or (each.endswith(".*") and present.startswith(each[:-1])) for each in types)


def _with_earlier_shapes(types: Sequence[str]) -> list[str]:
    earlier = [topic for topic in RETIRED if _present(topic) in types]
    return [*types, *earlier]


def _present(topic: str) -> str:
    """The topic that events of a retired topic have after all upcasts: the same word and fact, in its newest version."""
    stem = topic.rsplit(".v", 1)[0]
    return max((t for t in TOPICS if t.rsplit(".v", 1)[0] == stem), key=lambda t: int(t.rsplit(".v", 1)[1]), default=topic)


def _item(row: Row, source: str) -> _Item:
    topic, state, sealed = row.topic, row.state.encode(), list[str]()
    if topic in RETIRED:
        event = decode(topic, state)
        topic, state = event.topic, encode(event)
    hidden = TOPICS[topic].sealed if topic in TOPICS else frozenset()
    if hidden:
        fields = msgspec.json.decode(state, type=dict[str, msgspec.Raw])
        sealed = sorted(hidden & fields.keys())
        state = msgspec.json.encode({name: value for name, value in fields.items() if name not in hidden})
    position = str(row.position)
    return _Item(position, source, topic, row.stream, row.recorded_at, msgspec.Raw(state), position, "1.0", "application/json", sealed)


class SourceIsBehind(Unavailable):
    """The neighbour's log ends before what was taken in of it: it was restored from a backup, or cut. Nothing is taken in any more."""


class Follower:
    """Follows the feed of one neighbour, for as long as the service runs.

    `fetch(after)` asks for a page (a client of the neighbour; it may raise any Refusal), `position()` is what we have taken in,
    `take(events, position)` stores what follows from the events together with the new position. `listen(after)`, where there is
    one, is the neighbour's bell: it yields once when it hears, then whenever there is more. The bell makes it prompt, the pull
    makes it sure: while the bell is not heard, we look more often.
    """

    def __init__(
        self,
        neighbour: str,
        fetch: Callable[[int], Awaitable[FeedPage]],
        position: Callable[[], int],
        take: Callable[[Sequence[CloudEvent], int], Awaitable[None]],
        listen: Callable[[int], AsyncIterator[None]] | None = None,
    ) -> None:
        self.neighbour = neighbour
        self._fetch = fetch
        self._position = position
        self._take = take
        self._listen = listen
        self._tasks: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()
        self.is_following = False
        self.hears_the_bell = False

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._tasks.append(asyncio.create_task(self._run(), name=f"follow-{self.neighbour}"))
        if self._listen:
            self._tasks.append(asyncio.create_task(self._hear(self._listen), name=f"hear-{self.neighbour}"))

    async def close(self) -> None:
        """Stop; what was taken is stored."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def ring(self) -> None:
        """Look at once: somebody knows that there is more."""
        self._wake.set()

    async def catch_up(self) -> int:
        """Take in all there is now; returns the position. Raises what the neighbour's client raises."""
        while True:
            before = self._position()
            found = await self._fetch(before)
            if found.next < before:
                raise SourceIsBehind(f"The log of {self.neighbour} ends at {found.next:,}, and {before:,} was taken in here.")
            if found.next > before:
                await self._take(found.items, found.next)
            if not found.items and found.next == before:
                return before

    async def _run(self) -> None:
        pause = FOLLOW_EVERY_SECONDS
        while True:
            self._wake.clear()
            try:
                await self.catch_up()
                self.is_following = True
                pause = FOLLOW_EVERY_SECONDS_BY_BELL if self.hears_the_bell else FOLLOW_EVERY_SECONDS
            except asyncio.CancelledError:
                raise
            except SourceIsBehind as behind:
                self.is_following, pause = False, LONGEST_PAUSE_SECONDS
                logger.error("%s can't be followed: %s Restore both from one backup", self.neighbour, behind)  # noqa: TRY400 - the place says all
            except Refusal as refusal:
                self.is_following, pause = False, min(pause * 2, LONGEST_PAUSE_SECONDS)
                logger.info("%s can't be followed at the moment: %s", self.neighbour, refusal.code)
            except Exception:
                self.is_following, pause = False, min(pause * 2, LONGEST_PAUSE_SECONDS)
                logger.exception("following %s failed; trying again", self.neighbour)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _hear(self, listen: Callable[[int], AsyncIterator[None]]) -> None:
        """Ring whenever the neighbour does. That it can't be heard is no fault: we look more often then."""
        pause = FOLLOW_EVERY_SECONDS
        while True:
            try:
                async for _ in listen(self._position()):
                    self.hears_the_bell, pause = True, FOLLOW_EVERY_SECONDS
                    self.ring()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the pull goes on and says what is wrong
                logger.debug("the bell of %s is not heard: %s", self.neighbour, type(error).__name__)
            self.hears_the_bell = False
            self.ring()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
