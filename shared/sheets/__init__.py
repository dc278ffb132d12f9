"""Spreadsheets in and out: plain .xlsx that Excel, WPS and LibreOffice write and read; no word of the method."""

from shared.sheets.cells import CellRefused, choice, day, digits, score, text
from shared.sheets.package import NotASheet
from shared.sheets.reading import Book, Cell, Sheet, read_book
from shared.sheets.refusals import Place, SheetRefused
from shared.sheets.table import Column, Row, read_table
from shared.sheets.writing import MEDIA_TYPE, Note, written

__all__ = [
    "MEDIA_TYPE",
    "Book",
    "Cell",
    "CellRefused",
    "Column",
    "NotASheet",
    "Note",
    "Place",
    "Row",
    "Sheet",
    "SheetRefused",
    "choice",
    "day",
    "digits",
    "read_book",
    "read_table",
    "score",
    "text",
    "written",
]
