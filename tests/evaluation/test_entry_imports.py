"""Entries as a spreadsheet: all rows or none, every bad place named, names resolved within the branch alone."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import pytest
from openpyxl import Workbook, load_workbook

from services.evaluation.domain.activities import AlreadyRecorded, ListedTwice
from services.evaluation.domain.entry_imports import (
    ItemNotClear,
    Place,
    RowError,
    errors_of_activity,
    errors_of_deed,
    item_meant,
)
from services.evaluation.domain.points import LateEntry, UnknownItem
from tests.evaluation.builders import Town, item, rules
from tests.roster.test_imports import repacked
from tests.roster.test_profiles import ONE

DEEDS, ATTENDANCE = "积分记录", "活动考勤"
DEED_HEADINGS = ("党员", "小组或后四位", "事项", "日期", "分值", "依据")
ATTENDANCE_HEADINGS = ("活动", "事项", "日期", "党员", "小组或后四位", "远程参加", "佩戴党徽")
STUDY: tuple[object, ...] = ("王秀兰", None, "study", "2026-03-02")
HELPING: tuple[object, ...] = ("李建国", None, "helping 事项helping", "2026-3-3", 8, "帮老人收麦")
MEETING: tuple[tuple[object, ...], ...] = (
    ("固定党日", "meeting", "2026-04-01", "王秀兰", None, None, "是"),
    (None, None, None, "李建国", None, "是", None),
)


def xlsx(deeds: Iterable[Sequence[object]] = (), attendance: Iterable[Sequence[object]] = ()) -> bytes:
    """A spreadsheet as a clerk would save it, made from the template."""
    book = Workbook()
    book.remove(book.active)
    for name, headings, rows in ((DEEDS, DEED_HEADINGS, deeds), (ATTENDANCE, ATTENDANCE_HEADINGS, attendance)):
        sheet = book.create_sheet(name)
        for row in (headings, *rows):
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@dataclass
class Desk:
    """The secretary of `north` at its spreadsheet; 王秀兰 and 李建国 are members there, 赵敏 in `south`."""

    town: Town

    async def send(self, data: bytes, query: str = "", branch: str = "north", by: str | None = None, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {by or self.town.secretary}", **headers}
        path = f"/entries/imports?branch_id={self.town.places[branch]}{query}"
        return await self.town.client.post(path, content=data, headers=sent)

    async def taken(self, data: bytes, query: str = "") -> tuple[int, int, int]:
        answer = await self.send(data, query)
        assert answer.status_code == 201, answer.text
        counts = answer.json()
        return counts["created"], counts["activities"], counts["skipped"]

    async def refused(self, data: bytes, query: str = "", code: str = "sheet_refused") -> list[tuple[str, int, str, str]]:
        """The places (sheet, row, column, reason) of a file that must be refused, after which nothing more was stored."""
        before = self.town.app.state.service.log.head()
        answer = await self.send(data, query)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, code), problem
        assert self.town.app.state.service.log.head() == before
        return [(e["sheet"], e["row"], e["column"], e["detail"]) for e in problem.get("errors", []) if "sheet" in e]

    async def total(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return (await self.town.points(name))["total"]


@pytest.fixture
async def desk(town: Town) -> Desk:
    for name, branch in (("王秀兰", "north"), ("李建国", "north"), ("赵敏", "south")):
        await town.join(name, branch)
    return Desk(town)


# The rules


def test_an_item_is_meant_by_its_code_its_title_or_both() -> None:
    of = rules(item("study"), item("help", "bonus"))
    assert [item_meant(of, written).code for written in ("help", "事项help", "help 事项help")] == ["help", "help", "help"]
    with pytest.raises(UnknownItem):
        item_meant(of, "事项")


def test_a_title_that_two_items_have_needs_the_code() -> None:
    twin = msgspec.structs.replace(item("other"), title="事项study")
    with pytest.raises(ItemNotClear):
        item_meant(rules(item("study"), twin), "事项study")
    assert item_meant(rules(item("study"), twin), "other").code == "other"


def test_what_comes_too_late_is_named_by_its_day_and_who_was_there_by_its_row() -> None:
    rows = {"m1": Place("attendance", 2), "m2": Place("attendance", 3)}
    assert errors_of_deed(Place("deeds", 7), LateEntry()) == [RowError(Place("deeds", 7), "occurred_on", LateEntry.sentence)]
    assert errors_of_activity(rows, rows.values(), LateEntry())[0][:2] == (rows["m1"], "held_on")
    recorded = AlreadyRecorded(recorded=[{"member_id": "m2", "entry_id": "e1"}])
    (error,) = errors_of_activity(rows, rows.values(), recorded)
    assert (error[:2], "e1" in error.reason) == ((rows["m2"], "member"), True)
    twice = ListedTwice(errors=[("/attendees/1", ListedTwice.sentence)])
    assert errors_of_activity(rows, rows.values(), twice) == [RowError(rows["m2"], "member", ListedTwice.sentence)]


# By REST


@pytest.mark.spec("10.3")
async def test_rows_record_deeds_and_an_activity_with_all_who_took_part(desk: Desk) -> None:
    assert await desk.taken(xlsx([STUDY, HELPING], MEETING)) == (4, 1, 0)
    assert (await desk.total("王秀兰"), await desk.total("李建国")) == (10, 13)
    entries = (await desk.town.points("李建国"))["entries"]
    assert {(e["item"], e["occurred_on"], e["points"]) for e in entries} == {("helping", "2026-03-03", 8), ("meeting", "2026-04-01", 5)}
    shown = await desk.town.do("GET", f"/entries/{entries[0]['id']}", by=desk.town.secretary)
    assert shown["evidence"] == [{"kind": "text", "value": "帮老人收麦"}]
    meeting = await desk.town.do("GET", f"/entries/{entries[1]['id']}", by=desk.town.secretary)
    activity = await desk.town.do("GET", f"/activities/{meeting['activity_id']}", by=desk.town.secretary)
    assert activity["title"] == "固定党日"
    assert [(one["remote"], one["badge"]) for one in activity["attendees"]] == [(False, True), (True, None)]


async def test_all_of_it_is_one_append(desk: Desk) -> None:
    log = desk.town.app.state.service.log
    before = log.head()
    await desk.taken(xlsx([STUDY, HELPING], MEETING))
    rows = log.page(before, 100)
    assert len(rows) == 5
    assert len({row.recorded_at for row in rows}) == 1


async def test_a_dry_run_says_the_same_and_stores_nothing(desk: Desk) -> None:
    before = desk.town.app.state.service.log.head()
    assert await desk.taken(xlsx([STUDY, HELPING], MEETING), "&dry_run=true") == (4, 1, 0)
    assert desk.town.app.state.service.log.head() == before
    assert await desk.refused(xlsx([("无此人", None, "study", "2026-03-02")]), "&dry_run=true")


async def test_the_same_file_twice_is_refused_with_the_first_entries_or_skipped(desk: Desk) -> None:
    data = xlsx([STUDY, HELPING], MEETING)
    await desk.taken(data)
    firsts = {e["id"] for name in ("王秀兰", "李建国") for e in (await desk.town.points(name))["entries"]}
    places = await desk.refused(data)
    assert {place[:2] for place in places} == {(DEEDS, 2), (DEEDS, 3), (ATTENDANCE, 2), (ATTENDANCE, 3)}
    assert {first for *_, reason in places for first in firsts if first in reason} == firsts
    before = desk.town.app.state.service.log.head()
    assert await desk.taken(data, "&skip_recorded=true") == (0, 0, 4)
    assert desk.town.app.state.service.log.head() == before


async def test_new_rows_beside_recorded_ones_are_taken_when_those_are_skipped(desk: Desk) -> None:
    await desk.taken(xlsx([STUDY], MEETING[:1]))
    assert await desk.taken(xlsx([STUDY, HELPING], MEETING), "&skip_recorded=true&dry_run=true") == (2, 1, 2)
    assert await desk.taken(xlsx([STUDY, HELPING], MEETING), "&skip_recorded=true") == (2, 1, 2)
    assert (await desk.total("王秀兰"), await desk.total("李建国")) == (10, 13)


async def test_the_same_key_answers_the_same_once(desk: Desk) -> None:
    data = xlsx([STUDY])
    first = await desk.send(data, **{"Idempotency-Key": "a"})
    again = await desk.send(data, **{"Idempotency-Key": "a"})
    assert again.content == first.content == b'{"created":1,"activities":0,"skipped":0}'
    assert again.headers["Event-Position"] == first.headers["Event-Position"]
    assert (await desk.send(xlsx([HELPING]), **{"Idempotency-Key": "a"})).json()["code"] == "key_reused"


async def test_two_rows_that_are_one_deed_are_named_even_across_the_sheets(desk: Desk) -> None:
    places = await desk.refused(xlsx([STUDY, HELPING, STUDY]))
    assert [(place[:3], "row 2" in place[3]) for place in places] == [((DEEDS, 4, ""), True)]
    attended = [("学习会", "study", "2026-03-02", "王秀兰")]
    places = await desk.refused(xlsx([STUDY], attended))
    assert [(place[:2], "other sheet's row 2" in place[3]) for place in places] == [((ATTENDANCE, 2), True)]
    told_apart = [(*HELPING[:5], "帮老人打场"), HELPING]
    assert await desk.taken(xlsx(told_apart)) == (2, 0, 0)


async def test_one_bad_row_keeps_all_out_and_every_bad_place_is_named_at_once(desk: Desk) -> None:
    deeds: list[tuple[object, ...]] = [
        STUDY,
        ("无此人", None, "study", "2026-03-02"),
        ("王秀兰", None, "nothing", "2026-03-02"),
        ("王秀兰", None, "study", "6/7/2026"),
        ("王秀兰", None, "study", "2026-05-21"),
        ("王秀兰", None, "helping", "2026-03-02"),
        ("王秀兰", None, "helping", "2026-03-02", 11),
        ("王秀兰", None, "study", "2026-03-04", 5),
        ("王秀兰", None, "post", "2026-03-04", 5),
        ("王秀兰", None, "study", "2001-03-04"),
        (None, None, "study", "2026-03-04"),
        ("赵敏", None, "study", "2026-03-04"),
    ]
    places = await desk.refused(xlsx(deeds, [("会", "helping", "2026-04-01", "王秀兰"), (None, None, None, "无此人")]))
    assert {place[:3] for place in places} == {
        (DEEDS, 3, "党员"),
        (DEEDS, 4, "事项"),
        (DEEDS, 5, "日期"),
        (DEEDS, 6, "日期"),
        (DEEDS, 7, "分值"),
        (DEEDS, 8, "分值"),
        (DEEDS, 9, "分值"),
        (DEEDS, 10, "依据"),
        (DEEDS, 11, "日期"),
        (DEEDS, 12, "党员"),
        (DEEDS, 13, "党员"),
        (ATTENDANCE, 2, "事项"),
        (ATTENDANCE, 3, "党员"),
    }


async def test_two_of_one_name_need_the_group_or_the_last_four_digits(desk: Desk) -> None:
    town = desk.town
    first = await town.roster.join("王芳", "north", "first", identity_number=ONE)
    second = await town.roster.join("王芳", "north", "second")
    town.members |= {"first": first, "second": second}
    places = await desk.refused(xlsx([("王芳", None, "study", "2026-03-02"), ("王芳", "9999", "study", "2026-03-02")]))
    assert [place[:3] for place in places] == [(DEEDS, 2, "小组或后四位"), (DEEDS, 3, "小组或后四位")]
    await desk.taken(xlsx([("王芳", ONE[-4:], "study", "2026-03-02"), ("王 芳", "second", "meeting", "2026-03-02")]))
    await desk.taken(xlsx([(first, None, "rescue", "2026-03-02")]))
    assert (await desk.total("first"), await desk.total("second")) == (15, 5)


@pytest.mark.spec("11.2")
async def test_names_stand_in_no_event(desk: Desk) -> None:
    await desk.taken(xlsx([STUDY, HELPING], MEETING))
    for log in (desk.town.app.state.service.log, desk.town.roster.app.state.service.log):
        states = [msgspec.json.decode(row.state) for row in log.page(0, 1000)]
        assert states
        assert not [name for name in ("王秀兰", "李建国", "收麦", "固定党日") if name in str(states)]


async def test_of_two_who_send_the_same_file_at_once_one_is_taken(desk: Desk) -> None:
    data = xlsx([STUDY, HELPING], MEETING)
    answers = await asyncio.gather(desk.send(data), desk.send(data))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert await desk.total("王秀兰") == 10


async def test_a_half_year_of_a_large_branch_comes_in_seconds(desk: Desk) -> None:
    rows = [
        (name, None, "helping", f"2026-{n % 4 + 1:02}-{n % 27 + 1:02}", 1, f"第{n}件事")
        for n in range(500)
        for name in ("王秀兰", "李建国")
    ]
    started = time.perf_counter()
    assert await desk.taken(xlsx(rows)) == (1000, 0, 0)
    assert time.perf_counter() - started < 30
    assert (await desk.town.points("李建国"))["bonus"] == 20


async def test_a_sheet_has_its_limit(desk: Desk) -> None:
    rows = [("王秀兰", None, "study", "2026-03-02", None, f"{n}") for n in range(2001)]
    assert [place[:2] for place in await desk.refused(xlsx(rows))] == [(DEEDS, 2002)]


async def test_reasons_hold_nothing_of_what_stands_in_the_cells(desk: Desk) -> None:
    answer = await desk.send(xlsx([("赵敏", None, "study", "2026-03-02"), ("钱伯伯", None, "怪事", "1月前", 1, "秘密")]))
    assert answer.status_code == 422
    assert not [word for word in ("赵", "钱", "怪事", "1月前", "秘密") if word in answer.text]


async def test_an_activity_is_written_once_and_rows_below_belong_to_it(desk: Desk) -> None:
    other = ("义务劳动", "study", "2026-04-02", "李建国", None, "否", "否")
    assert await desk.taken(xlsx(attendance=[*MEETING, other, ("固定党日", "meeting", "2026-04-01", desk.town.members["wang"])])) == (
        4,
        2,
        0,
    )
    nobody_above = [(None, None, None, "王秀兰")]
    assert [place[:3] for place in await desk.refused(xlsx(attendance=nobody_above))] == [(ATTENDANCE, 2, "活动")]
    half = [("固定党日", None, "2026-04-03", "王秀兰"), (None, None, None, "李建国")]
    assert [place[:3] for place in await desk.refused(xlsx(attendance=half))] == [(ATTENDANCE, 2, "事项")]
    twice = [("固定党日", "meeting", "2026-04-03", "王秀兰"), (None, None, None, "王秀兰")]
    assert [place[:3] for place in await desk.refused(xlsx(attendance=twice))] == [(ATTENDANCE, 3, "党员")]


async def test_a_guest_is_written_by_id_and_only_where_the_branch_hosts_it(desk: Desk) -> None:
    guest = desk.town.members["赵敏"]
    rows = [("固定党日", "meeting", "2026-04-01", guest, None, "是")]
    assert [place[:3] for place in await desk.refused(xlsx(attendance=rows))] == [(ATTENDANCE, 2, "党员")]
    assert [place[:3] for place in await desk.refused(xlsx([(guest, None, "study", "2026-03-02")]))] == [(DEEDS, 2, "党员")]
    body = {"since": "2026-01-01", "place": "兰州市", "host_branch_id": desk.town.places["north"]}
    await desk.town.roster.do("POST", f"/members/{guest}/floating", body)
    assert await desk.taken(xlsx(attendance=rows)) == (1, 1, 0)


@pytest.mark.parametrize("formula", ["=1+1", "@SUM(A1)", "+cmd", "-2"])
async def test_what_could_be_a_formula_is_refused(desk: Desk, formula: str) -> None:
    assert [place[:3] for place in await desk.refused(xlsx([(*HELPING[:5], formula)]))] == [(DEEDS, 2, "依据")]


async def test_merged_cells_and_a_zip_bomb_are_refused_and_a_million_empty_rows_cost_little(desk: Desk) -> None:
    data = xlsx([STUDY, HELPING])
    book, file = load_workbook(io.BytesIO(data)), io.BytesIO()
    book[DEEDS].merge_cells("A2:A3")
    book.save(file)
    assert [place[:3] for place in await desk.refused(file.getvalue())] == [(DEEDS, 2, "A")]
    assert await desk.refused(repacked(data, "xl/worksheets/sheet1.xml", b" " * 300_000_000), code="not_a_sheet") == []
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    empty = b"".join(b'<row r="%d" ht="14.25"/>' % number for number in range(4, 1_000_004))
    started = time.perf_counter()
    full = repacked(data, "xl/worksheets/sheet1.xml", sheet.replace(b"</sheetData>", empty + b"</sheetData>"))
    assert await desk.taken(full) == (2, 0, 0)
    assert time.perf_counter() - started < 30


async def test_a_file_without_rows_or_sheets_is_refused(desk: Desk) -> None:
    assert [place[:3] for place in await desk.refused(xlsx())] == [(DEEDS, 0, "")]
    book, file = Workbook(), io.BytesIO()
    book.save(file)
    assert [place[:3] for place in await desk.refused(file.getvalue())] == [(DEEDS, 0, "")]
    assert await desk.refused(b"no sheet", code="not_a_sheet") == []


async def test_only_the_secretary_of_the_branch_may(desk: Desk) -> None:
    for by, branch, status in (
        (desk.town.secretary, "south", 403),
        (desk.town.officer, "north", 403),
        (desk.town.of("wang"), "north", 403),
    ):
        assert (await desk.send(xlsx([STUDY]), branch=branch, by=by)).status_code == status
    answer = await desk.town.send("GET", f"/entries/template.xlsx?branch_id={desk.town.places['south']}", by=desk.town.secretary)
    assert answer.status_code == 403
    county = desk.town.roster.token("branch_secretary", "county")
    assert (await desk.send(xlsx([STUDY]), branch="town", by=county)).json()["code"] == "not_a_branch"


async def test_while_the_roster_is_away_nothing_is_taken(desk: Desk) -> None:
    with desk.town.roster_answers(lambda _: httpx.Response(503)):
        answer = await desk.send(xlsx([STUDY]))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_the_template_offers_the_items_holds_no_names_and_can_be_filled_in(desk: Desk) -> None:
    path = f"/entries/template.xlsx?branch_id={desk.town.places['north']}"
    answer = await desk.town.send("GET", path, by=desk.town.secretary)
    assert answer.status_code == 200, answer.text
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == [DEEDS, ATTENDANCE, "填写说明", "选项"]
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "helping 事项helping" in cells
    assert not [cell for cell in cells if "王秀兰" in cell]
    for sheet, row in ((DEEDS, STUDY), (ATTENDANCE, MEETING[0])):
        for column, value in enumerate(row, start=1):
            book[sheet].cell(2, column).value = value
    file = io.BytesIO()
    book.save(file)
    assert await desk.taken(file.getvalue()) == (2, 1, 0)
