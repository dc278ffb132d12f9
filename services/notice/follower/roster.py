"""What the roster's events do here: boards open, names are asked for again or forgotten, the calendar is taken over."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.notice.commands.boards import learn_workdays, open_board
from services.notice.commands.words import correct_name, erase_words
from services.notice.events.boards import BoardOpened
from services.notice.events.workdays import DayLearned, YearLearned
from services.notice.follower import shapes
from shared.feed import CloudEvent
from shared.store import Followed, Log

ROSTER = "roster"


class RosterEvents:
    """Takes in what the roster tells."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def take(self, events: Sequence[CloudEvent], position: int) -> None:
        """Store what follows from each event together with its position, in order, and at the end that of the page."""
        for event in events:
            await self._take(event, Followed(ROSTER, event.position))
        if position > self._log.followed(ROSTER):
            await self._log.append([], followed=Followed(ROSTER, position))

    async def _take(self, event: CloudEvent, followed: Followed) -> None:
        match event.type:
            case "organizations.organization-founded.v1":
                founded = msgspec.convert(event.data, shapes.OrganizationFounded)
                await open_board(self._log, board_of(founded), followed=followed)
            case "members.profile-corrected.v1":
                await correct_name(self._log, msgspec.convert(event.data, shapes.OfMember).member_id, followed)
            case "members.profile-erased.v1":
                await erase_words(self._log, msgspec.convert(event.data, shapes.OfMember).member_id, followed)
            case "calendar.year-entered.v1":
                year = msgspec.convert(event.data, shapes.YearEntered)
                learned = YearLearned(year=year.year, holidays=year.holidays, workdays=year.workdays)
                await learn_workdays(self._log, learned, followed=followed)
            case "calendar.day-set.v1":
                day = msgspec.convert(event.data, shapes.DaySet)
                await learn_workdays(self._log, DayLearned(on=day.on, kind=day.kind), followed=followed)


def board_of(founded: shapes.OrganizationFounded) -> BoardOpened:
    """The board of an organisation that the roster told of."""
    return BoardOpened(
        organization_id=founded.organization_id,
        kind=founded.kind,
        parent_id=founded.parent_id,
        code=founded.code,
        name=founded.name,
    )
