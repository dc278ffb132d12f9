"""Whatever may be written into a sheet comes back as it was, and never as a formula."""

from __future__ import annotations

import io
from datetime import date

from hypothesis import given
from hypothesis import strategies as some
from openpyxl import load_workbook

from shared.sheets import Column, day, read_book, read_table, text, written

COLUMNS = [Column("said", "说明", text), Column("on", "日期", day)]
CHARACTERS = some.characters(exclude_categories=("C", "Z"), max_codepoint=0x2FFFF)
SAID = some.text(some.one_of(CHARACTERS, some.sampled_from("=+-@' 0")), min_size=1, max_size=40).map(str.strip).filter(bool)
DAYS = some.dates(date(1901, 1, 1), date(2099, 12, 31))
RECORDS = some.lists(some.fixed_dictionaries({"said": SAID, "on": DAYS}), min_size=1, max_size=5)


@given(RECORDS)
def test_what_is_written_is_read_again(records: list[dict[str, object]]) -> None:
    data = written({"表": (COLUMNS, records)}, [], "说明页")
    rows, places = read_table(read_book(data, frozenset({"表"})), "表", COLUMNS)
    assert (places, [row.values for row in rows]) == ([], records)


@given(RECORDS)
def test_no_cell_that_is_written_is_a_formula(records: list[dict[str, object]]) -> None:
    book = load_workbook(io.BytesIO(written({"表": (COLUMNS, records)}, [], "说明页")))
    assert all(cell.data_type != "f" for row in book["表"].iter_rows() for cell in row)
