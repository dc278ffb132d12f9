"""The roster as a spreadsheet: the round trip, all rows or none, and every bad place named."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from tests.roster.builders import Roster

SHEET = "党员名册"
HEADINGS = ["姓名", "党支部", "入党日期", "党员状态", "身份证号", "电话", "住址"]
WANG: list[object] = ["王秀兰", "north", "2010-07-01", "正式党员", "11010519491231002X", "13912345678", "村东头"]
LI: list[object] = ["李建国", "south", "2012-07-01", "预备党员", None, None, None]


def xlsx(rows: Iterable[Sequence[object]], headings: Sequence[str] = HEADINGS, sheet: str = SHEET) -> bytes:
    """A spreadsheet as a clerk would save it."""
    book = Workbook()
    page = book.active
    page.title = sheet
    page.append(list(headings))
    for row in rows:
        page.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def full_width(plain: str) -> str:
    """As a Chinese input method writes digits and letters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in plain)


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    """The same file with another content of one of its parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return file.getvalue()


async def send(roster: Roster, data: bytes, query: str = "", by: str | None = None, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {by or roster.admin}", **headers}
    return await roster.client.post(f"/imports{query}", content=data, headers=sent)


async def taken(roster: Roster, data: bytes, query: str = "") -> dict[str, Any]:
    answer = await send(roster, data, query)
    assert answer.status_code == 201, answer.text
    counts: dict[str, Any] = answer.json()
    return counts


async def refused(roster: Roster, data: bytes, code: str = "sheet_refused") -> list[tuple[int, str, str]]:
    """The places (row, column, reason) of a file that must be refused, after which nobody was entered."""
    answer = await send(roster, data)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code), problem
    assert await roster.voters() == []
    return [(place["row"], place["column"], place["detail"]) for place in problem.get("errors", []) if "row" in place]


async def exported(roster: Roster, organization: str = "town") -> bytes:
    headers = {"Authorization": f"Bearer {roster.admin}"}
    answer = await roster.client.get(f"/exports/roster.xlsx?organization_id={roster.places[organization]}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_rows_enter_members_and_the_same_file_twice_changes_nothing(roster: Roster) -> None:
    data = xlsx([WANG, LI])
    assert await taken(roster, data) == {"created": 2, "changed": 0, "unchanged": 0}
    assert await taken(roster, data) == {"created": 0, "changed": 0, "unchanged": 2}
    assert len(await roster.voters("north")) == len(await roster.voters("south")) == 1


async def test_a_dry_run_says_the_same_and_stores_nothing(roster: Roster) -> None:
    assert await taken(roster, xlsx([WANG, LI]), "?dry_run=true") == {"created": 2, "changed": 0, "unchanged": 0}
    assert await roster.voters() == []


async def test_a_form_with_a_file_is_taken_too(roster: Roster) -> None:
    headers = {"Authorization": f"Bearer {roster.admin}"}
    answer = await roster.client.post("/imports", files={"file": ("名册.xlsx", xlsx([WANG]))}, headers=headers)
    assert answer.json() == {"created": 1, "changed": 0, "unchanged": 0}


async def test_what_the_export_gives_the_import_takes_unchanged(roster: Roster) -> None:
    await roster.join("王秀兰", group="first", phone="+86 139 1234 5678", address="=HYPERLINK(1)", gender="female", birth_date="1970-01-31")
    await roster.join("'李'建国", branch="south", status="probationary", occupation="@home", ethnicity="-汉", education="'x")
    data = await exported(roster)
    assert await taken(roster, data) == {"created": 0, "changed": 0, "unchanged": 2}


async def test_no_cell_of_an_export_is_a_formula(roster: Roster) -> None:
    await roster.join("王秀兰", address='=HYPERLINK("http://x")', occupation="+1+1", education="@SUM(A1)", ethnicity="-1")
    cells = [cell for row in load_workbook(io.BytesIO(await exported(roster)))[SHEET].iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert not [cell.value for cell in cells if str(cell.value).startswith(("=", "+", "@"))]


async def test_a_row_of_a_member_corrects_its_profile_and_empties_nothing(roster: Roster) -> None:
    await taken(roster, xlsx([WANG]))
    corrected = [*WANG[:5], "0936-6621234", None]
    assert await taken(roster, xlsx([corrected])) == {"created": 0, "changed": 1, "unchanged": 0}
    (member,) = await roster.voters()
    answer = await roster.do("GET", f"/members/{member}")
    assert (answer["phone"], answer["address"]) == ("0936-6621234", "村东头")


async def test_the_same_key_answers_the_same_once(roster: Roster) -> None:
    first = await send(roster, xlsx([WANG]), **{"Idempotency-Key": "a"})
    data = first.request.content
    assert (await send(roster, data, **{"Idempotency-Key": "a"})).content == first.content == b'{"created":1,"changed":0,"unchanged":0}'
    assert (await send(roster, xlsx([LI]), **{"Idempotency-Key": "a"})).json()["code"] == "key_reused"


async def test_one_bad_row_keeps_all_out(roster: Roster) -> None:
    bad: list[list[object]] = [
        list(WANG),
        ["李", "nowhere", "2012-07-01", "群众", "110105194912310022", "abc", None],
        [None, "north", "2012-7-1", "正式党员"],
    ]
    places = await refused(roster, xlsx(bad))
    assert {place[:2] for place in places} == {(3, "党员状态"), (3, "电话"), (4, "姓名")}
    assert {place[:2] for place in await refused(roster, xlsx([["李", "nowhere", "2012-07-01", "正式党员"]]))} == {(2, "党支部")}
    assert {place[:2] for place in await refused(roster, xlsx([[*WANG[:4], "110105194912310022"]]))} == {(2, "身份证号")}


async def test_reasons_hold_nothing_of_what_stands_in_the_cell(roster: Roster) -> None:
    answer = await send(roster, xlsx([["赵铁柱", "north", "1月前", "正式党员", "110105194912310022", "赵的电话"]]))
    assert answer.status_code == 422
    assert not [word for word in ("赵", "1月前", "1101051949") if word in answer.text]


@pytest.mark.parametrize(
    "written",
    ["2010-7-1", "2010/7/1", "2010.7.1", "2010年7月1日", "20100701", full_width("2010") + "年7月1日", 20100701, 40360, date(2010, 7, 1)],
)
async def test_a_day_is_taken_as_people_write_it(roster: Roster, written: object) -> None:
    await taken(roster, xlsx([["王秀兰", "north", written, "正式党员"]]))
    (member,) = await roster.voters()
    assert (await roster.do("GET", f"/members/{member}"))["joined_on"] == "2010-07-01"


@pytest.mark.parametrize("written", ["6/7/2010", "10-7-1", "2010年7月", "2010-02-30", "去年", "2010-7-1 或 2", 3.5, 99999999])
async def test_a_day_that_could_be_another_is_refused(roster: Roster, written: object) -> None:
    ((row, column, _),) = await refused(roster, xlsx([["王秀兰", "north", written, "正式党员"]]))
    assert (row, column) == (2, "入党日期")


async def test_full_width_digits_are_ordinary_ones(roster: Roster) -> None:
    await taken(roster, xlsx([[*WANG[:4], full_width("11010519491231002X"), full_width("13912345678")]]))
    assert await taken(roster, xlsx([WANG[:6]])) == {"created": 0, "changed": 0, "unchanged": 1}


async def test_two_rows_with_one_identity_number_are_refused(roster: Roster) -> None:
    places = await refused(roster, xlsx([WANG, ["王秀蓝", *WANG[1:]]]))
    assert [place[:2] for place in places] == [(3, "身份证号")]
    assert "Row 2" in places[0][2]


async def test_an_identity_number_of_another_branchs_member_is_refused(roster: Roster) -> None:
    await roster.join("王秀兰", branch="south", identity_number=WANG[4])
    assert [place[:2] for place in await refused(roster, xlsx([WANG]))] == [(2, "党支部")]


async def test_an_identity_number_that_lost_its_last_digits_is_refused(roster: Roster) -> None:
    assert [place[:2] for place in await refused(roster, xlsx([[*WANG[:4], 110105194912310021]]))] == [(2, "身份证号")]


@pytest.mark.parametrize("cell", ["=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1+1", "-2+3", "\uff1d1+1"])
async def test_a_formula_is_refused(roster: Roster, cell: str) -> None:
    assert [place[:2] for place in await refused(roster, xlsx([[*WANG[:6], cell]]))] == [(2, "住址")]


async def test_merged_cells_are_refused_with_their_place(roster: Roster) -> None:
    book = load_workbook(io.BytesIO(xlsx([WANG, WANG])))
    book[SHEET].merge_cells("B2:B3")
    assert [place[:2] for place in await refused(roster, saved(book))] == [(2, "B")]


async def test_headings_must_be_the_templates(roster: Roster) -> None:
    assert [p[:2] for p in await refused(roster, xlsx([[*WANG, "A型"]], [*HEADINGS, "血型"]))] == [(1, "血型")]
    assert [p[:2] for p in await refused(roster, xlsx([WANG[:3]], HEADINGS[:3]))] == [(1, "党员状态")]
    assert [p[:2] for p in await refused(roster, xlsx([WANG], sheet="Sheet1"))] == [(0, "")]
    assert [p[:2] for p in await refused(roster, xlsx([]))] == [(0, "")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"name,branch\n",
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512),
        bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
        b"PK\x03\x04" + bytes(100),
        xlsx([WANG])[:-200],
        repacked(xlsx([WANG]), "xl/workbook.xml", b"<workbook"),
        repacked(xlsx([WANG]), "xl/worksheets/sheet1.xml", b'<!DOCTYPE x [<!ENTITY a "aa">]><worksheet>&a;&a;</worksheet>'),
    ],
    ids=["empty", "csv", "xls", "encrypted", "no zip", "cut off", "broken", "entities"],
)
async def test_what_is_no_xlsx_is_refused(roster: Roster, data: bytes) -> None:
    assert await refused(roster, data, "not_a_sheet") == []


async def test_a_zip_bomb_is_refused_unopened(roster: Roster) -> None:
    bomb = repacked(xlsx([WANG]), "xl/worksheets/sheet1.xml", b" " * 300_000_000)
    assert len(bomb) < 2_000_000
    started = time.perf_counter()
    assert await refused(roster, bomb, "not_a_sheet") == []
    assert time.perf_counter() - started < 10


async def test_a_million_empty_rows_cost_little(roster: Roster) -> None:
    data = xlsx([WANG])
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    empty = b"".join(b'<row r="%d" ht="14.25"/>' % number for number in range(3, 1_000_003))
    full = repacked(data, "xl/worksheets/sheet1.xml", sheet.replace(b"</sheetData>", empty + b"</sheetData>"))
    started = time.perf_counter()
    assert (await taken(roster, full))["created"] == 1
    assert time.perf_counter() - started < 30


@pytest.mark.spec("1.1")
async def test_a_town_of_884_comes_in_seconds(roster: Roster) -> None:
    rows = [[f"党员{n}", "north" if n % 2 else "south", "2010-07-01", "正式党员", None, f"139{n:08}"] for n in range(884)]
    started = time.perf_counter()
    assert (await taken(roster, xlsx(rows)))["created"] == 884
    assert time.perf_counter() - started < 30


async def test_who_keeps_one_branchs_town_enters_nobody_elsewhere(roster: Roster) -> None:
    await roster.found("town", "other", "county")
    officer = roster.token("town_officer", "other")
    answer = await send(roster, xlsx([WANG]), by=officer)
    assert answer.status_code == 422
    assert [(place["row"], place["column"]) for place in answer.json()["errors"]] == [(2, "党支部")]
    assert (await send(roster, xlsx([WANG]), by=roster.token("branch_secretary", "north"))).status_code == 403


async def test_the_template_has_headings_drop_downs_and_a_sheet_that_explains(roster: Roster) -> None:
    answer = await roster.client.get("/imports/template.xlsx", headers={"Authorization": f"Bearer {roster.admin}"})
    book = load_workbook(io.BytesIO(answer.content))
    assert [sheet.title for sheet in book] == [SHEET, "填写说明", "选项"]
    assert [cell.value for cell in book[SHEET][1]][:4] == ["编号", "姓名*", "党支部*", "党小组"]
    assert len(book[SHEET].data_validations.dataValidation) == 4
