"""What the roster's events do here: a door like `api/`, for events instead of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.evaluation.projections.roster import ROSTER, TOPICS, rows_of
from services.evaluation.roster_client import RosterClient
from shared.feed import CloudEvent, FeedPage, Follower
from shared.store import Followed, Log

ERASED = "members.profile-erased.v1"


class RosterFollower:
    """Follows the roster's feed into the mirror, and destroys the key of an erased member's texts."""

    def __init__(self, log: Log, roster: RosterClient) -> None:
        self._log = log
        self._roster = roster
        self._one_at_a_time = asyncio.Lock()
        self._follower = Follower(ROSTER, self._page, lambda: log.followed(ROSTER), self.take)

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._follower.start()

    async def close(self) -> None:
        """Stop; what was taken in is stored."""
        await self._follower.close()

    async def catch_up(self) -> None:
        """Take in all there is now. Raises Unavailable where the roster is away."""
        async with self._one_at_a_time:
            await self._follower.catch_up()

    async def take(self, events: Sequence[CloudEvent], position: int) -> None:
        """Store what follows from these events together with the roster's position: once, however often they are told."""
        for event in events:
            if event.type == ERASED:
                self._log.texts.erase(event.data["member_id"])
        rows = [row for event in events for row in rows_of(event)]
        await self._log.append([], rows=rows, followed=Followed(ROSTER, position))

    async def _page(self, after: int) -> FeedPage:
        return await self._roster.feed(after, (*TOPICS, ERASED))
