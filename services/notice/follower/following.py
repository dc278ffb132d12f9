"""The two feeds that the boards follow, and how a reader waits for what it has just written in evaluation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from services.notice.commands.boards import AskOrganization
from services.notice.evaluation_client import EvaluationClient
from services.notice.follower.evaluation import EVALUATION, EvaluationEvents
from services.notice.follower.presence import Presence
from services.notice.follower.roster import ROSTER, RosterEvents
from services.notice.roster_client import RosterClient
from shared.errors import Unavailable
from shared.feed import Follower
from shared.store import Log

WAIT_SECONDS = 5.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.005, 0.1


class Following:
    """Follows the roster and evaluation for as long as the service runs, and keeps its presence."""

    def __init__(self, log: Log, roster: RosterClient, evaluation: EvaluationClient, ask: AskOrganization) -> None:
        self._log = log
        self._clients = (roster, evaluation)
        self.roster = Follower(ROSTER, roster.feed, lambda: log.followed(ROSTER), RosterEvents(log).take)
        self.evaluation = Follower(EVALUATION, evaluation.feed, lambda: log.followed(EVALUATION), EvaluationEvents(log, ask).take)
        self.presence = Presence(log, (roster.now, evaluation.now), (self.roster.catch_up, self.evaluation.catch_up))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Arrive, follow, and at the end leave and close the connections."""
        await self.presence.arrive()
        self.roster.start()
        self.evaluation.start()
        try:
            yield
        finally:
            await self.evaluation.close()
            await self.roster.close()
            await self.presence.leave()
            for client in self._clients:
                await client.close()

    async def own_position(self, position: int) -> int:
        """Our own position after all that evaluation had stored at its `position`.

        Raises:
            Unavailable: we have not come so far within some seconds.
        """
        end, pause = monotonic() + WAIT_SECONDS, FIRST_PAUSE_SECONDS
        while self._log.followed(EVALUATION) < position:
            if monotonic() > end:
                raise Unavailable("The boards have not yet taken in what evaluation stored; try again in a moment.")
            self.evaluation.ring()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return self._log.head()
