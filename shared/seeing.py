"""Who may see which events: the one filter of `GET /events`, of its bell and of webhooks.

An event belongs to the organisation that it names (`branch_id`, `organization_id`); else to that of the stream which an id in it leads
to (a ballot's `review_id` to the review, of a branch); else to the present branch of the member it names; else to that of the first
event of its own stream. What belongs to none is seen only by those whose right holds for the whole cell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from shared import feed
from shared.errors import Unknown
from shared.feed import EVERY_TYPE, Right, is_of, topics_of
from shared.store import Log
from shared.store.leaf import Row

OF_AN_ORGANIZATION = ("branch_id", "organization_id")
REMEMBERED_STREAMS = 10_000


class Places(Protocol):
    """Where members and organisations stand (`shared.web.Places`)."""

    async def branch_of(self, member_id: str) -> str:
        """The member's present branch."""

    async def ancestry(self, organization_id: str) -> tuple[str, ...]:
        """The organisation itself, then each one above it."""


class Seeing:
    """The filter of one service's log. `streams`: field -> the stream that its id leads to, like `{"review_id": "phase/{}"}`."""

    def __init__(self, log: Log, places: Places, streams: Mapping[str, str] | None = None) -> None:
        self._log = log
        self._places = places
        self._streams = dict(streams or {})
        fields = [*OF_AN_ORGANIZATION, *self._streams, "member_id"]
        self._named: Any = msgspec.defstruct("Named", [(name, Any, None) for name in dict.fromkeys(fields)])
        self._of_streams: dict[str, str] = {}

    async def page(self, rights: Sequence[Right], *, after: int, limit: int, types: Sequence[str] = ()) -> tuple[list[Row], int]:
        """Of the next `limit` rows after `after` of these types those that `rights` let see, and the last position looked at.

        Raises:
            Unavailable: the owner of an organisation can't be asked; nothing was left out in silence.
        """
        topics, is_for_all = self._topics(rights, types), _is_for_all(rights)
        if topics is not None and not topics:
            return [], await asyncio.to_thread(self._log.head)
        rows, last = await asyncio.to_thread(feed.look, self._log, after, limit, topics or ())
        if not is_for_all:
            rows = [row for row in rows if await self.sees(rights, row)]
        return rows, last

    async def sees(self, rights: Sequence[Right], row: Row) -> bool:
        """Whether one of the rights covers this event."""
        of_this_type = {right.organization_id for right in rights if is_of(row.topic, right.types)}
        if None in of_this_type or not of_this_type:
            return None in of_this_type
        organization = await self.organization_of(row)
        if organization is None:
            return False
        try:
            return not of_this_type.isdisjoint(await self._places.ancestry(organization))
        except Unknown:
            return False

    async def organization_of(self, row: Row) -> str | None:
        """The organisation to which the event belongs."""
        named = msgspec.json.decode(row.state, type=self._named)
        for name in OF_AN_ORGANIZATION:
            if own := getattr(named, name):
                return str(own)
        for name, stream in self._streams.items():
            if (identity := getattr(named, name)) and (found := await self._of_stream(stream.format(identity))):
                return found
        if named.member_id:
            try:
                return await self._places.branch_of(named.member_id)
            except Unknown:
                pass
        return await self._of_stream(row.stream)

    async def _of_stream(self, stream: str) -> str | None:
        """The organisation that the stream's first event which names one names."""
        if known := self._of_streams.get(stream):
            return known
        for recorded in await self._log.history(stream):
            for name in OF_AN_ORGANIZATION:
                if found := getattr(recorded.event, name, None):
                    if len(self._of_streams) >= REMEMBERED_STREAMS:
                        self._of_streams.clear()
                    return self._of_streams.setdefault(stream, str(found))
        return None

    def _topics(self, rights: Sequence[Right], types: Sequence[str]) -> list[str] | None:
        """The topics to look for; None for all of them."""
        granted = [each for right in rights for each in right.types]
        if EVERY_TYPE in granted:
            return topics_of(types) if types else None
        return [topic for topic in topics_of(granted) if not types or is_of(topic, types)]


def _is_for_all(rights: Sequence[Right]) -> bool:
    """Whether one right covers every event of the cell, so that no row needs to be asked about."""
    return any(right.organization_id is None and EVERY_TYPE in right.types for right in rights)
