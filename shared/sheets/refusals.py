"""How a spreadsheet is refused: every bad place by sheet, row and column, with the reason and never with what stands in the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import Invalid

MOST_PLACES = 500


@dataclass(frozen=True)
class Place:
    """A bad place: `row` counts from 1 as the spreadsheet shows it (0: the sheet as a whole); `column` is the heading, or a letter."""

    sheet: str
    row: int
    column: str
    reason: str


class SheetRefused(Invalid):
    """Rows of the spreadsheet are wrong; nothing was taken."""

    code = "sheet_refused"
    sentence = "Nothing was taken over: put right the places that the errors name, and send the whole file again."

    def __init__(self, places: Sequence[Place]) -> None:
        shown = sorted(places, key=lambda place: place.row)[:MOST_PLACES]
        errors = [
            {
                "sheet": place.sheet,
                "row": place.row,
                "column": place.column,
                "pointer": f"/{place.sheet}/{place.row}/{place.column}",
                "detail": place.reason,
            }
            for place in shown
        ]
        super().__init__(None, errors=(), count=len(places))
        self.extra = {**self.extra, "errors": errors}
        self.places = tuple(places)
