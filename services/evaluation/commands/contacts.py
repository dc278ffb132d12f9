"""Contact data of those of the public who objected: destroyed when the answer is given and its time has run (spec, section 11)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from services.evaluation.commands.objections import load_objection
from services.evaluation.domain.objections import is_contact_over
from services.evaluation.events.objections import ObjectionDecided
from shared.calendar import Calendar
from shared.store import Log
from shared.store.log import recorded_of

ROWS_A_PAGE = 500


class Contacts:
    """Knows the answered objections whose contact still lies sealed. `calendar`: the working days as they are known by now."""

    def __init__(self, log: Log, calendar: Callable[[], Calendar]) -> None:
        self._log = log
        self._calendar = calendar
        self._position = 0
        self._waiting: set[str] = set()

    async def destroy_due(self) -> int:
        """Destroy the key of each contact whose time is over; how many there were. Done twice, or by two processes, it is the same."""
        await self._look_for_answers()
        calendar, today = self._calendar(), self._log.today()
        due = [one for one in self._waiting if is_contact_over((await load_objection(self._log, one)).state, calendar, today)]
        for objection_id in due:
            await asyncio.to_thread(self._log.texts.erase, objection_id)
            self._waiting.discard(objection_id)
        return len(due)

    async def _look_for_answers(self) -> None:
        while rows := await asyncio.to_thread(self._log.page, self._position, ROWS_A_PAGE, [ObjectionDecided.topic]):
            for row in rows:
                match recorded_of(row).event:
                    case ObjectionDecided(objection_id=objection_id) if await self._has_contact(objection_id):
                        self._waiting.add(objection_id)
            self._position = rows[-1].position

    async def _has_contact(self, objection_id: str) -> bool:
        contact = (await load_objection(self._log, objection_id)).state.fact.contact
        return contact is not None and bool(await self._log.texts.read([contact.id]))
