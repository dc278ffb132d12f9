"""The keys of ballots: destroyed when their time has come (design: trust.md); the log stays whole, and proves what it proved."""

from __future__ import annotations

import asyncio

from services.evaluation.domain.ballots import seal_name
from services.evaluation.domain.retention import TELLING, Ended, Holds
from services.evaluation.events.ballots import BallotKeyDestroyed
from shared.store import Log, Stale, Write
from shared.store.log import recorded_of

ROWS_A_PAGE = 1000
TOPICS = tuple(kind.topic for kind in TELLING)


class BallotKeys:
    """Knows the ended reviews whose ballots can still be opened. `years`: how long after its end a review's ballots can be."""

    def __init__(self, log: Log, years: int) -> None:
        self._log = log
        self._years = years
        self._position = 0
        self._holds = Holds()

    async def destroy_due(self) -> int:
        """Destroy each key whose time is over, the event first; returns how many. A key that a stop left behind its event goes too."""
        await asyncio.to_thread(self._read_on)
        due = self._holds.due(self._years, self._log.now())
        for one in due:
            await self._destroy(one)
        await asyncio.to_thread(self._read_on)
        return len(due)

    async def _destroy(self, one: Ended) -> None:
        gone = BallotKeyDestroyed(review_id=one.review_id, branch_id=one.branch_id, period=one.period, kept_years=self._years)
        try:
            await self._log.append([Write(f"ballot-key/{one.review_id}", 0, [gone])])
        except Stale:
            return  # another process of this service was faster

    def _read_on(self) -> None:
        while rows := self._log.page(self._position, ROWS_A_PAGE, TOPICS):
            for row in rows:
                recorded = recorded_of(row)
                self._holds.take(recorded)
                if isinstance(recorded.event, BallotKeyDestroyed):
                    self._log.keys.destroy(seal_name(recorded.event.review_id))
            self._position = rows[-1].position
