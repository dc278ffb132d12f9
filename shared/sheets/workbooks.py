"""The workbook behind `writing.written`. openpyxl is loaded with it: a tenth of a second that a service without a spreadsheet saves."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from shared.sheets.cells import quoted
from shared.sheets.table import Column

OPTIONS_SHEET = "选项"
ROWS_WITH_DROP_DOWNS = 2000
HEADING = PatternFill("solid", fgColor="FFF2CC")


def workbook(
    tables: Mapping[str, tuple[Sequence[Column], Sequence[Mapping[str, object]]]], notes: Sequence[tuple[str, str]], explains: str
) -> bytes:
    """An .xlsx with these tables (records by field), and the notes (about what, what it says) on a sheet called `explains`."""
    book = Workbook()
    book.remove(book.active)
    options: list[Sequence[str]] = []
    for name, (columns, records) in tables.items():
        _table(book.create_sheet(name), columns, records, options)
    page = book.create_sheet(explains)
    for note in notes:
        page.append(list(note))
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 18, 90
    if options:
        _options(book.create_sheet(OPTIONS_SHEET), options)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _table(sheet: Any, columns: Sequence[Column], records: Sequence[Mapping[str, object]], options: list[Sequence[str]]) -> None:  # noqa: ANN401
    sheet.freeze_panes = "A2"
    for index, column in enumerate(columns, start=1):
        letter = get_column_letter(index)
        heading = sheet.cell(1, index, column.title + ("*" if column.is_required else ""))
        heading.font, heading.fill = Font(bold=True), HEADING
        sheet.column_dimensions[letter].width = column.width
        sheet.column_dimensions[letter].number_format = "@"
        for number, record in enumerate(records, start=2):
            _fill(sheet.cell(number, index), record.get(column.field))
        if column.options:
            options.append(column.options)
            of_list = get_column_letter(len(options))
            held = f"{quote_sheetname(OPTIONS_SHEET)}!${of_list}$1:${of_list}${len(column.options)}"
            validation = DataValidation(type="list", formula1=held, allow_blank=True)
            validation.add(f"{letter}2:{letter}{ROWS_WITH_DROP_DOWNS}")
            sheet.add_data_validation(validation)


def _fill(cell: Any, value: object) -> None:  # noqa: ANN401 - openpyxl has no types
    match value:
        case None:
            return
        case date() | Decimal() | int():
            cell.value = value
            if isinstance(value, date):
                cell.number_format = "yyyy-mm-dd"
        case _:
            cell.value = quoted(str(value))
            cell.data_type = "s"
            cell.number_format = "@"


def _options(sheet: Any, options: Sequence[Sequence[str]]) -> None:  # noqa: ANN401 - openpyxl has no types
    for index, column in enumerate(options, start=1):
        for number, option in enumerate(column, start=1):
            _fill(sheet.cell(number, index), option)
