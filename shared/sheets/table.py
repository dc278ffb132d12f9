"""A sheet as a table: headings in the first row, a record a row; whatever is wrong is collected, not only the first thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.sheets.cells import CellRefused, text
from shared.sheets.reading import Book, Cell, Sheet
from shared.sheets.refusals import Place, SheetRefused


@dataclass(frozen=True)
class Column:
    """A column: `field` in our words, `title` as its heading; `read` makes the value; `options` are offered as a drop-down."""

    field: str
    title: str
    read: Callable[[Cell], object]
    is_required: bool = False
    options: Sequence[str] = ()
    width: int = 14


@dataclass(frozen=True)
class Row:
    """A record: the values of the cells that were filled, by field."""

    number: int
    values: dict[str, object]


def read_table(book: Book, name: str, columns: Sequence[Column]) -> tuple[list[Row], list[Place]]:
    """The records of the sheet `name`, and the places that can't be taken.

    Raises:
        SheetRefused: there is no such sheet, its headings are others, or cells are merged: nothing below can be trusted then.
    """
    sheet = book.sheets.get(name)
    if sheet is None:
        raise SheetRefused([Place(name, 0, "", f"There is no sheet called {name}; use the template.")])
    if sheet.merged:
        reason = "Cells are merged here; split them and write the value into each row."
        raise SheetRefused([Place(name, row, letters, reason) for row, letters in sheet.merged])
    places: list[Place] = []
    by_number = _headings(sheet, columns)
    rows = [Row(number, _values(sheet, number, by_number, places)) for number in sorted(sheet.rows) if number > 1]
    bad = {(place.row, place.column) for place in places}
    needed = [column for column in columns if column.is_required]
    places += [
        Place(name, row.number, column.title, "This must be filled in.")
        for row in rows
        for column in needed
        if column.field not in row.values and (row.number, column.title) not in bad
    ]
    return rows, places


def _headings(sheet: Sheet, columns: Sequence[Column]) -> dict[int, Column]:
    by_title = {column.title: column for column in columns}
    found: dict[int, Column] = {}
    places: list[Place] = []
    for number, cell in sheet.rows.get(1, {}).items():
        title = cell.value.strip().removesuffix("*").strip()
        if title not in by_title:
            places.append(Place(sheet.name, 1, title[:50], "This column is not known; remove it, or use the template's heading."))
        elif by_title[title] in found.values():
            places.append(Place(sheet.name, 1, title, "This column stands here twice; remove one."))
        else:
            found[number] = by_title[title]
    missing = [column.title for column in columns if column.is_required and column not in found.values()]
    places += [Place(sheet.name, 1, title, "This column is missing; use the template.") for title in missing]
    if places:
        raise SheetRefused(places)
    return found


def _values(sheet: Sheet, number: int, columns: dict[int, Column], places: list[Place]) -> dict[str, object]:
    values: dict[str, object] = {}
    for index, cell in sorted(sheet.rows[number].items()):
        column = columns.get(index)
        if column is None:
            places.append(Place(sheet.name, number, _letters(index), "This cell has no heading above it; empty it, or use the template."))
            continue
        try:
            text(cell)
            values[column.field] = column.read(cell)
        except CellRefused as error:
            places.append(Place(sheet.name, number, column.title, str(error)))
    return values


def _letters(index: int) -> str:
    letters = ""
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
