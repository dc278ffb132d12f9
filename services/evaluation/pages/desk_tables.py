"""A table of the desk: one and the same stands beside a picture, goes into a spreadsheet, and into a file for statistics.

The spreadsheet (.xlsx) is for people: headings and names as the page shows them. The file for statistics (.parquet) has our field names,
ids instead of names, and exact decimals.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from fastapi import Response

from services.evaluation.pages.visits import Visit
from shared.sheets import Column, Note, text, written
from shared.web.languages import message
from shared.web.spreadsheets import sheet_answer

Kind = Literal["xlsx", "parquet"]
Cell = str | int | Decimal | date | None
PARQUET = "application/vnd.apache.parquet"
ABOUT = message("说明")
NOTICE = message("供监督使用，含个人信息，不得公开或转发。疑点只提示“请看这里”，不是结论。")


@dataclass(frozen=True)
class Heading:
    """A column: its field, its title (a message), what it holds (`text`, `score`, `count`, `day`). `is_for`: people, programs, or both."""

    field: str
    title: str
    kind: str = "text"
    is_for: Literal["all", "people", "programs"] = "all"


@dataclass(frozen=True)
class Sheet:
    """Rows under headings. `name`: ASCII, of the files; `title` (a message): of the spreadsheet's page and of the table."""

    name: str
    title: str
    headings: Sequence[Heading]
    rows: Sequence[Mapping[str, Cell]]

    @property
    def shown(self) -> list[Heading]:
        """The columns for people."""
        return [one for one in self.headings if one.is_for != "programs"]


def file_of(visit: Visit, sheet: Sheet, kind: Kind) -> Response:
    """The sheet for download; kept by no proxy. Its file name names nobody."""
    return _spreadsheet(visit, sheet) if kind == "xlsx" else _for_statistics(sheet)


def _spreadsheet(visit: Visit, sheet: Sheet) -> Response:
    columns = [Column(one.field, visit.say(one.title), text, width=22 if one.kind == "text" else 12) for one in sheet.shown]
    title, about = visit.say(sheet.title), visit.say(ABOUT)
    data = written({title: (columns, sheet.rows)}, [Note(about, visit.say(NOTICE))], about)
    return sheet_answer(data, f"{sheet.name}.xlsx")


def _for_statistics(sheet: Sheet) -> Response:
    import polars as pl  # noqa: PLC0415 - a tenth of a second that a service saves whose desk nobody asks for a file

    wanted = [one for one in sheet.headings if one.is_for != "people"]
    columns = {one.field: [row.get(one.field) for row in sheet.rows] for one in wanted}
    types = {"text": pl.String(), "score": pl.Decimal(9, 2), "count": pl.Int64(), "day": pl.Date()}
    frame = pl.DataFrame(columns, schema={one.field: types[one.kind] for one in wanted}, strict=False)
    file = io.BytesIO()
    frame.write_parquet(file)
    headers = {"Content-Disposition": f'attachment; filename="{sheet.name}.parquet"', "Cache-Control": "no-store"}
    return Response(file.getvalue(), media_type=PARQUET, headers=headers)
