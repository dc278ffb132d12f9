"""The pages of the roster: a spreadsheet tried out and taken over, and what is held about a member."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import pytest

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
    assert {"/my/evaluation", "/my/kin"} <= {one.get("href") for one in all_of(page, "a")}
    for path, there in (("/my/evaluation", "/my/held"), ("/my", "/my")):
        answer = await roster.client.get(path, headers={"Authorization": f"Bearer {roster.of_member(wang)}"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"http://127.0.0.1:8002{there}")
    await seen(roster, "/my/held", roster.admin, 404)


async def test_kin_is_named_with_its_days_changed_and_read_back_on_a_page(roster: Roster) -> None:
    zhao, wang, li = await roster.join("赵敏"), await roster.join("王秀兰"), await roster.join("李建国")
    far = await roster.join("孙立军", "south")
    me = roster.of_member(zhao)
    page = await seen(roster, "/my/kin", me)
    offered = [text_of(one) for one in all_of(all_of(page, "select")[0], "option")]
    assert offered == ["（空着）", "李建国", "王秀兰"]
    await named(roster, me, {"who.0": wang, "from.0": "2020-01-01", "who.2": li, "from.2": "2015-05-01", "to.2": "2019-12-31"})
    assert (await roster.do("GET", f"/members/{zhao}/kin", by=roster.service))["kin"] == [
        {"member_id": wang, "from": "2020-01-01", "to": None},
        {"member_id": li, "from": "2015-05-01", "to": "2019-12-31"},
    ]
    page = await seen(roster, "/my/kin?done=saved", me)
    assert "由系统安排您回避" in text_of(page)
    assert {one.get("name"): one.get("value") for one in all_of(page, "input")}["to.1"] == "2019-12-31"
    await roster.do("POST", f"/members/{wang}/transfer", {"branch_id": roster.places["south"], "on": "2026-01-01", "reason": "搬家"})
    page = await seen(roster, "/my/kin", me)
    assert [text_of(one) for one in all_of(page, "option") if one.get("selected") is not None] == ["王秀兰", "李建国"]
    post = {"post": "village_committee", "organization_id": roster.places["south"], "from": "2020-01-01"}
    await roster.do("POST", f"/members/{zhao}/posts", post)
    offered = [text_of(one) for one in all_of(all_of(await seen(roster, "/my/kin", me), "select")[0], "option")]
    assert offered == ["（空着）", "李建国", "孙立军", "王秀兰"], "whom the member scores in another branch may be its kin too"
    assert far


@pytest.mark.parametrize(
    ("row", "said", "place"),
    [
        ({"from.0": "2020-01-01"}, "请选是谁", "who.0"),
        ({"who.0": "OTHER"}, "请填从哪一天起", "from.0"),
        ({"who.0": "OTHER", "from.0": "昨天"}, "请填从哪一天起", "from.0"),
        ({"who.0": "OTHER", "from.0": "2020-01-02", "to.0": "2020-01-01"}, "不能早于开始的日子", "to.0"),
        ({"who.0": "MYSELF", "from.0": "2020-01-02"}, "不用写您自己", "who.0"),
        ({"who.0": "00000000-0000-4000-8000-000000000000", "from.0": "2020-01-02"}, "名册里没有这个人", None),
    ],
)
async def test_a_declaration_that_can_not_be_says_where_and_changes_nothing(
    roster: Roster, row: dict[str, str], said: str, place: str | None
) -> None:
    wang, li = await roster.join("王秀兰"), await roster.join("李建国")
    sent_row = {name: {"OTHER": li, "MYSELF": wang}.get(value, value) for name, value in row.items()}
    page = await named(roster, roster.of_member(wang), sent_row, 422 if place else 404)
    assert said in text_of(page)
    marked = [one.get("name") for one in page.iter() if one.get("aria-invalid")]
    assert marked == ([place] if place else [])
    assert (await roster.do("GET", f"/members/{wang}/kin", by=roster.service))["kin"] == []


async def test_nobody_else_names_somebodys_kin(roster: Roster) -> None:
    officer = roster.token("town_officer", "town")
    await seen(roster, "/my/kin", officer, 404)
    answer = await roster.client.post("/my/kin", data={}, headers={"Authorization": f"Bearer {officer}", "Accept": "text/html"})
    assert answer.status_code == 404


async def named(roster: Roster, by: str, fields: dict[str, str], refused: int | None = None) -> Element:
    """The page after the form of kin was sent."""
    headers = {"Authorization": f"Bearer {by}", "Accept": "text/html"}
    answer = await roster.client.post("/my/kin", data=fields, headers=headers)
    if refused:
        return check_page(answer, refused)
    assert answer.status_code == 303, answer.text
    return await seen(roster, answer.headers["location"], by)
