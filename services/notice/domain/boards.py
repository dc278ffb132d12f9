"""An organisation's board: it is there as soon as the organisation is."""

from __future__ import annotations

from dataclasses import dataclass

from services.notice.events.boards import BoardOpened
from shared.errors import Unknown
from shared.events import Recorded


class UnknownBoard(Unknown):
    """There is no such organisation."""

    code = "unknown_organization"
    sentence = "There is no organisation under this id; look it up in the roster."


@dataclass(frozen=True)
class Board:
    """What the roster said about the organisation; `opened` is None while it has not spoken of it."""

    opened: BoardOpened | None = None

    @property
    def code(self) -> str:
        """What the numbers of its notices begin with; raises UnknownBoard."""
        if self.opened is None:
            raise UnknownBoard
        return self.opened.code


def stream(organization_id: str) -> str:
    """The stream of an organisation's board."""
    return f"board/{organization_id}"


def evolve(board: Board, recorded: Recorded) -> Board:
    """The board after one more event."""
    match recorded.event:
        case BoardOpened() as e:
            return Board(e)
    return board


def open_board(board: Board, opened: BoardOpened) -> list[BoardOpened]:
    """Open it once; what is repeated adds nothing."""
    return [] if board.opened else [opened]
