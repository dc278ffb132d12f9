"""The pages of the roster: a spreadsheet tried out and taken over, and what is held about a member."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from tests.pages import all_of, check_page, text_of
from tests.roster.builders import Roster
from tests.roster.test_imports import LI, WANG, xlsx

ADDRESS = "/roster/import"


async def sent(roster: Roster, data: bytes, status: int = 200, by: str | None = None, **fields: str) -> Element:
    """The page that answers the form with this file."""
    headers = {"Authorization": f"Bearer {by or roster.token('town_officer', 'town')}", "Accept": "text/html"}
    answer = await roster.client.post(ADDRESS, files={"file": ("名册.xlsx", data)}, data={"step": "try", **fields}, headers=headers)
    return check_page(answer, status)


async def seen(roster: Roster, path: str, by: str, status: int = 200) -> Element:
    """A page."""
    return check_page(await roster.client.get(path, headers={"Authorization": f"Bearer {by}", "Accept": "text/html"}), status)


async def members_of(roster: Roster) -> list[Any]:
    """Who is in `north` now."""
    answer = await roster.do("GET", f"/members?branch_id={roster.places['north']}&min_position={roster.app.state.service.log.head()}")
    return list(answer["items"])


async def test_a_roster_is_tried_out_and_then_taken_without_choosing_the_file_again(roster: Roster) -> None:
    page = await sent(roster, xlsx([WANG, LI]))
    assert "新录入2人" in text_of(page)
    assert await members_of(roster) == []
    carried = {one.get("name"): one.get("value") or "" for one in all_of(all_of(page, "form")[0], "input")}
    page = await sent(roster, b"", step="take", carried=carried["carried"])
    assert "已收下" in text_of(page)
    assert [one["name"] for one in await members_of(roster)] == ["王秀兰"]


async def test_each_bad_row_is_shown_by_sheet_row_column_and_reason_in_chinese(roster: Roster) -> None:
    page = await sent(roster, xlsx([WANG, [*LI[:1], "nowhere", *LI[2:]], [*LI[:2], "昨天", *LI[3:]]]), 422)
    rows = [[text_of(cell) for cell in row if cell.tag.endswith(("td", "th"))] for row in all_of(page, "tr")][1:]
    assert ["党员名册", "3", "党支部", "没有这个支部，请从列表里选。"] in rows
    assert ["党员名册", "4", "入党日期", "这不是日期，请写成2026-06-30这样。"] in rows
    assert await members_of(roster) == []


async def test_what_is_no_spreadsheet_is_said_to_be_none(roster: Roster) -> None:
    assert "请上传用模板填好的" in text_of(await sent(roster, b"nothing", 422))
    assert "请上传用模板填好的" in text_of(await sent(roster, b"", 422, step="take", carried="***"))


async def test_template_and_export_are_links_and_nobody_else_gets_in(roster: Roster) -> None:
    officer = roster.token("town_officer", "town")
    page = await seen(roster, ADDRESS, officer)
    links = [one.get("href") or "" for one in all_of(page, "a") if ".xlsx" in (one.get("href") or "")]
    assert len(links) == 2
    for link in links:
        answer = await roster.client.get(link, headers={"Authorization": f"Bearer {officer}"})
        assert answer.content.startswith(b"PK")
    await seen(roster, ADDRESS, roster.token("branch_secretary", "north"), 403)


async def test_a_member_sees_what_is_held_and_who_read_it(roster: Roster) -> None:
    wang = await roster.join("王秀兰", "north", phone="13912345678", identity_number="11010519491231002X")
    officer = await roster.join("李建国", "north")
    await roster.do("GET", f"/members/{wang}", by=roster.token("town_officer", "town", officer))
    page = await seen(roster, "/my/held", roster.of_member(wang))
    said = text_of(page)
    for word in ("王秀兰", "13912345678", "11010519491231002X", "录入名册", "李建国", "查看个人资料"):
        assert word in said
    await seen(roster, "/my/held", roster.admin, 404)
