"""What the roster says that boards rest on: organisations and the calendar of working days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.notice.domain import boards, workdays
from services.notice.domain.boards import Board, UnknownBoard
from services.notice.events.boards import BoardOpened
from services.notice.events.workdays import DayLearned, YearLearned
from shared.store import Followed, Log, again_when_stale

AskOrganization = Callable[[str], Awaitable[BoardOpened]]
"""Asks the roster for an organisation; raises Unknown or Unavailable."""


async def board_of(log: Log, organization_id: str) -> BoardOpened:
    """The organisation's board; raises UnknownBoard."""
    board = (await log.load(boards.stream(organization_id), Board(), boards.evolve)).state
    if board.opened is None:
        raise UnknownBoard
    return board.opened


@again_when_stale
async def open_board(log: Log, opened: BoardOpened, *, followed: Followed | None = None) -> None:
    """Open the organisation's board, if it is not open yet."""
    loaded = await log.load(boards.stream(opened.organization_id), Board(), boards.evolve)
    events = boards.open_board(loaded.state, opened)
    await log.append([loaded.then(*events)] if events else [], followed=followed)


async def ensure_board(log: Log, organization_id: str, ask: AskOrganization) -> BoardOpened:
    """The organisation's board; one that is not known here yet is asked for at the roster.

    Raises:
        UnknownBoard: the roster does not know it either.
        Unavailable: the roster is away.
    """
    try:
        return await board_of(log, organization_id)
    except UnknownBoard:
        await open_board(log, await ask(organization_id))
        return await board_of(log, organization_id)


async def ancestry(log: Log, organization_id: str, ask: AskOrganization) -> tuple[str, ...]:
    """The organisation itself, then each one above it, up to the root; raises as `ensure_board`."""
    line = [await ensure_board(log, organization_id, ask)]
    while line[-1].parent_id is not None:
        line.append(await ensure_board(log, line[-1].parent_id, ask))
    return tuple(board.organization_id for board in line)


@again_when_stale
async def learn_workdays(log: Log, learned: YearLearned | DayLearned, *, followed: Followed) -> None:
    """Take over what was entered into the calendar of working days."""
    loaded = await log.load(workdays.STREAM, workdays.WHAT_THE_LIBRARY_KNOWS, workdays.evolve)
    await log.append([loaded.then(learned)], followed=followed)
