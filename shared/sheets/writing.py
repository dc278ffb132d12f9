"""Writing an .xlsx: one sheet of records with drop-downs, a sheet that explains. Plain enough for WPS; no cell of it is a formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.sheets.table import Column

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Note(NamedTuple):
    """A line of the sheet that explains."""

    about: str
    says: str


def written(tables: Mapping[str, tuple[Sequence[Column], Sequence[Mapping[str, object]]]], notes: Sequence[Note], explains: str) -> bytes:
    """An .xlsx with these tables (records by field), and the notes on a sheet called `explains`."""
    from shared.sheets.workbooks import workbook  # noqa: PLC0415 - it loads openpyxl

    return workbook(tables, notes, explains)
