"""From a cell to a value: texts, digits, days, scores, choices. What could be read in two ways is refused with the reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from shared.sheets.reading import Cell

T = TypeVar("T")
DANGEROUS = ("=", "+", "-", "@")
"""What a spreadsheet program may take for a formula."""
QUOTE = "'"
PLUS_NUMBER = re.compile(r"\+[0-9][0-9 -]*", re.ASCII)
MOST_DIGITS = 15
"""A spreadsheet program keeps no more digits of a number."""
LONGEST_TEXT = 4000
DAYS = (
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00:00(?:\.0+)?)?", re.ASCII),
    re.compile(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})", re.ASCII),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})[日号]", re.ASCII),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII),
)
SHORT_DAY = re.compile(r"[0-9]{1,4}[-/.年][0-9]{1,2}(?:[-/.月][0-9]{0,4}[日号]?)?", re.ASCII)
FIRST_SERIAL, LAST_SERIAL = 366, 73_415
"""The serial numbers of 1901 to 2100; smaller and greater ones are a slip of the pen."""


class CellRefused(Exception):
    """This cell can't be taken; the message says why and what to write instead."""


def text(cell: Cell) -> str:
    """The text of a cell, trimmed; whole numbers as their digits. One leading `'` that keeps a formula from being one is taken off."""
    match cell.kind:
        case "formula":
            raise CellRefused("A formula stands here; copy the cell and paste its value only.")
        case "error":
            raise CellRefused("An error value stands here; write what is meant.")
        case "bool":
            raise CellRefused("A truth value stands here; write what is meant as text.")
        case "number":
            return _plain(cell.value)
        case "text":
            return _safe(cell.value.strip())


def digits(cell: Cell) -> str:
    """The text of a cell in plain characters: full-width digits and letters become ordinary ones."""
    return unicodedata.normalize("NFKC", text(cell)).strip()


def day(cell: Cell) -> date:
    """A day: 2026-06-30, 2026-6-30, 2026/6/30, 2026.6.30, 2026年6月30日, 20260630, or a date cell of the spreadsheet."""
    written = digits(cell)
    for form in DAYS:
        if found := form.fullmatch(written):
            return _existing(int(found[1]), int(found[2]), int(found[3]))
    if cell.kind == "number":
        return _of_serial(written, is_1904=cell.is_1904)
    if SHORT_DAY.fullmatch(written):
        raise CellRefused("This day can be read in two ways; write year, month and day, as in 2026-06-30.")
    raise CellRefused("This is no day; write year, month and day, as in 2026-06-30.")


def score(cell: Cell) -> Decimal:
    """A number with at most two decimals."""
    try:
        number = Decimal(digits(cell))
    except InvalidOperation as error:
        raise CellRefused("This is no number; write digits, with at most two decimals.") from error
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -2 or number.adjusted() > MOST_DIGITS:  # noqa: PLR2004 - two decimals
        raise CellRefused("This is no number; write digits, with at most two decimals.")
    return number


def choice(options: Mapping[str, T]) -> Callable[[Cell], T]:
    """One of these words."""

    def chosen(cell: Cell) -> T:
        written = digits(cell)
        if written not in options:
            raise CellRefused(f"Write one of: {'、'.join(options)}.")
        return options[written]

    return chosen


def quoted(value: str) -> str:
    """`value` as a spreadsheet may hold it: what could be taken for a formula gets a `'` before it, which `text` takes off again."""
    return QUOTE + value if value.startswith((*DANGEROUS, QUOTE)) and not PLUS_NUMBER.fullmatch(value) else value


def _safe(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise CellRefused(f"A cell holds at most {LONGEST_TEXT} characters.")
    if value.startswith(QUOTE) and value[1:].startswith((*DANGEROUS, QUOTE)):
        return value[1:]
    first = unicodedata.normalize("NFKC", value[:1])
    if first in DANGEROUS and not PLUS_NUMBER.fullmatch(unicodedata.normalize("NFKC", value)):
        raise CellRefused("A text that begins with =, +, - or @ could be taken for a formula; write it without that sign.")
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise CellRefused("A line break or another character that can't be seen stands here; write the text in one line.")
    return value


def _plain(value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise CellRefused("This is no number that can be read.") from error
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise CellRefused("The number is too long, its last digits are lost; format the column as text and write it again.")
    is_whole = number == number.to_integral_value()
    if is_whole and number.adjusted() >= MOST_DIGITS:
        raise CellRefused("The number is too long, its last digits are lost; format the column as text and write it again.")
    return str(int(number)) if is_whole else str(round(number, 9).normalize())


def _of_serial(written: str, *, is_1904: bool) -> date:
    first = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
    if not written.isdigit() or not FIRST_SERIAL <= int(written) <= LAST_SERIAL:
        raise CellRefused("This number is no day; write year, month and day, as in 2026-06-30.")
    return first + timedelta(days=int(written))


def _existing(year: int, month: int, number: int) -> date:
    try:
        return date(year, month, number)
    except ValueError as error:
        raise CellRefused("There is no such day in the calendar; look at month and day.") from error
