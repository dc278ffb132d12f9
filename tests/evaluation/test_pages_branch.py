"""The pages of a branch: a whole half-year and a year from opening to flag, by its secretary and its committee, on pages alone."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree.ElementTree import Element

import httpx
import pytest
from openpyxl import load_workbook

from tests.evaluation.builders_review import Half, members, running_half
from tests.evaluation.pages import Browser, fields_in
from tests.evaluation.test_pages_voting import scores_on
from tests.pages import all_of, check_page, text_of


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path, publicity={"working_days": 0}) as half:
        yield half


@pytest.fixture
def home(half: Half) -> str:
    return f"/branch/{half.town.places['north']}"


@pytest.fixture
def secretary(half: Half) -> Browser:
    return Browser(half.town, half.town.secretary)


def buttons(page: Element) -> list[str]:
    return [text_of(one) for one in all_of(page, "button")]


async def test_a_half_year_is_led_from_opening_to_confirmation_on_pages(half: Half, home: str, secretary: Browser) -> None:
    await secretary.get(home)
    assert "还没有开启" in secretary.text
    page = await secretary.get(f"{home}/reviews/new?period=2026-H1")
    await secretary.fill(page, "/reviews/new", **{f"excused.{half.id('m7')}": "长期住院"})
    assert "评议已开启" in secretary.text
    half.review = (await half.seen(f"/reviews?branch_id={half.town.places['north']}"))["items"][0]["id"]
    page = await secretary.get(f"{home}{half.path}")
    assert "长期住院" in secretary.text
    page = await secretary.fill(await secretary.get(home), home)
    assert "结束互评，进入商评" in buttons(page)
    page = await secretary.fill(page, home, 409)
    assert "投票的人还不到规定的比例" in secretary.text
    for rater in members(6):
        body = {"scores": {half.id(one): dict.fromkeys(CODES, 16) for one in members(6) if one != rater}}
        await half.do("PUT", f"/ballots/{half.id(rater)}", body, half.of(rater))
    page = await secretary.fill(await secretary.get(home), home)
    page = await secretary.fill(page, home, 409)
    assert "商评还没有评完" in secretary.text
    assert "还缺的" in secretary.text
    team = Browser(half.town, half.committee)
    page = await team.get(f"{home}{half.path}/committee")
    assert "参考分" in team.text
    scores = {f"score.{half.id(one)}": "88.5" for one in members(6)}
    await team.fill(page, "/committee", 422, **scores)
    assert "要写理由" in team.text or "写明理由" in team.text
    page = await team.get(f"{home}{half.path}/committee")
    await team.fill(page, "/committee", **scores, **{f"reason.{half.id(one)}": "集体研究" for one in members(6)})
    assert "商评分已保存" in team.text
    await secretary.fill(await secretary.get(home), home)
    await secretary.get(f"{home}{half.path}/results")
    assert "88.5" in secretary.text
    page = await secretary.fill(await secretary.get(home), home)
    assert "评议已进入下一步" in secretary.text
    assert "已确认" in secretary.text
    assert not [one for one in buttons(page) if "确认结果" in one]


CODES = ("conviction", "discipline", "contribution", "morality", "conduct")


async def test_pledges_are_reviewed_announced_and_evaluated(half: Half, home: str, secretary: Browser) -> None:
    made = []
    for name, action in (("m1", "修渠"), ("m2", "种树")):
        body = {
            "member_id": half.id(name),
            "period": "2026-H2",
            "theme": "helping",
            "action": action,
            "target": "三处",
            "due_on": "2026-12-01",
        }
        made.append((await half.town.do("POST", "/pledges", body, half.of(name)))["id"])
    address = f"{home}/pledges"
    page = await secretary.get(address)
    assert "修渠" in secretary.text
    await secretary.send(address, 422, step="review", pledge_id=made[0], decision="returned")
    assert "写明理由" in secretary.text
    await secretary.send(address, step="review", pledge_id=made[0], decision="returned", reason="写明是哪条渠")
    await secretary.send(address, step="review", pledge_id=made[1], decision="approved")
    page = await secretary.get(address)
    announcing = [form for form in all_of(page, "form") if "已在会上公布" in text_of(form)]
    assert len(announcing) == 1
    await secretary.send(address, step="announce", pledge_ids=[made[1]], on="2026-07-02")
    assert "承诺会自动上公开栏" in secretary.text
    await secretary.send(address, step="evaluate", pledge_id=made[1], outcome="partly", reason="种了两处")
    assert "部分兑现" in secretary.text
    await secretary.get(f"{address}/{made[1]}")
    assert "种了两处" in secretary.text


async def test_deeds_and_activities_are_recorded_and_a_mistake_is_reversed(half: Half, home: str, secretary: Browser) -> None:
    address = f"{home}/entries"
    page = await secretary.get(address)
    said = {"member_id": half.id("m1"), "item": "study", "occurred_on": "2026-07-01"}
    await secretary.fill(page, address, **said)
    assert "已记录" in secretary.text
    page = await secretary.fill(await secretary.get(address), address, 409, **said)
    assert "已经记过了" in secretary.text
    await secretary.fill(page, address, **said, force_reason="上下午各一次")
    page = await secretary.get(address)
    assert await points_of(half, "m1") == 10
    await secretary.fill(page, "/activities", 422, title="", held_on="2026-07-02", present=[half.id("m2")])
    page = await secretary.get(address)
    await secretary.fill(
        page, "/activities", title="学习民法典", item="study", held_on="2026-07-02", present=[half.id("m2"), half.id("m3")]
    )
    assert "到场的人都记了分" in secretary.text
    assert await points_of(half, "m3") == 5
    links = [one.get("href") or "" for one in all_of(await secretary.get(address), "a") if text_of(one) == "打开"]
    page = await secretary.get(links[-1])
    await secretary.fill(page, links[-1], reason="记错了人")
    assert "记错了人" in secretary.text
    assert await points_of(half, "m1") == 5


async def points_of(half: Half, name: str) -> float:
    return float((await half.town.points(name, "2026-H2"))["total"])


async def test_a_spreadsheet_is_tried_out_its_bad_rows_are_shown_and_it_is_taken_whole(half: Half, home: str, secretary: Browser) -> None:
    address = f"{home}/import"
    await secretary.get(address)
    sheet = await half.town.client.get(f"{address}/template.xlsx", headers={"Authorization": f"Bearer {half.town.secretary}"})
    book = load_workbook(io.BytesIO(sheet.content))
    deeds = book.worksheets[0]
    headings = [cell.value for cell in deeds[1]]
    row = dict.fromkeys(headings)
    names = {"党员": "王秀兰", "日期": "2026-07-01", "事项": "study"}
    for heading in headings:
        for key, value in names.items():
            if key in str(heading):
                row[heading] = value
    deeds.append(list(row.values()))
    deeds.append([("没有这个人" if value == "王秀兰" else value) for value in row.values()])
    page = await upload(half, secretary, address, saved(book), 422)
    assert "要改的地方" in secretary.text
    assert "本支部没有这个人" in secretary.text
    cells = [text_of(cell) for table in all_of(page, "table") for cell in all_of(table, "td")]
    assert "3" in cells
    deeds.delete_rows(deeds.max_row)
    page = await upload(half, secretary, address, saved(book))
    assert "会记录1条" in secretary.text
    assert await points_of(half, "m1") == 0
    carried = fields_in(all_of(page, "form")[0])
    answer = await half.town.client.post(
        address, files={"file": ("", b"")}, data=carried, headers={"Authorization": f"Bearer {half.town.secretary}"}
    )
    assert answer.status_code == 303, answer.text
    assert await points_of(half, "m1") == 5


async def upload(half: Half, browser: Browser, address: str, data: bytes, status: int = 200) -> Element:
    headers = {"Authorization": f"Bearer {browser.token}", "Accept": "text/html"}
    files = {"file": ("积分.xlsx", data)}
    answer: httpx.Response = await half.town.client.post(address, files=files, data={"step": "try"}, headers=headers)
    page = check_page(answer, status)
    browser.text = text_of(all_of(page, "main")[0])
    return page


def saved(book: object) -> bytes:
    data = io.BytesIO()
    book.save(data)  # type: ignore[attr-defined]
    return data.getvalue()


@pytest.mark.spec("6.25")
async def test_paper_is_keyed_twice_by_two_people_and_differences_are_marked(half: Half, home: str, secretary: Browser) -> None:
    await half.open()
    await half.to("peer_review")
    papers = f"{home}{half.path}/papers"
    page = await secretary.get(f"{papers}/new?rater={half.id('m7')}")
    scores = scores_on(page)
    first = next(iter(scores))
    page = await secretary.fill(page, papers, 422, sheet="7号", **(scores | {first: "99"}))
    assert [one.get("name") for one in all_of(page, "input") if one.get("aria-invalid")] == [first]
    page = await secretary.fill(page, papers, sheet="7号", **{first: "12"})
    assert "要由另一个人录" in secretary.text
    assert "录选票的人会知道" in secretary.text
    other = Browser(half.town, half.committee)
    links = [one.get("href") or "" for one in all_of(await other.get(papers), "a") if text_of(one) == "对着纸再录一遍"]
    page = await other.get(links[0])
    assert not any(one.get("value") for one in all_of(page, "input") if (one.get("name") or "").startswith("s."))
    page = await other.fill(page, links[0], 409, **(scores | {first: "13"}))
    assert "两次录的不一样" in other.text
    assert [one.get("name") for one in all_of(page, "input") if one.get("aria-invalid")] == [first]
    await secretary.fill(await secretary.get(links[0]), links[0], 403, **(scores | {first: "12"}))
    await other.fill(page, links[0], **{first: "12"})
    assert "这张选票已经算数" in other.text


async def test_a_slip_shows_its_code_once_and_the_code_votes(half: Half, home: str, secretary: Browser) -> None:
    await half.open()
    await half.to("peer_review")
    page = await secretary.send(f"{home}{half.path}/slip", member_id=half.id("m7"))
    (code,) = [text_of(one) for one in all_of(page, "p") if one.get("class") == "code"]
    assert any(node.get("class") == "qr" for node in page.iter())
    assert code not in secretary.at
    guest = Browser(half.town)
    await guest.send("/vote", code=code)
    assert "冯春生" not in guest.text or "投票人" in guest.text
    await Browser(half.town, half.of("m1")).send(f"{home}{half.path}/slip", 403, member_id=half.id("m7"))


@pytest.mark.parametrize("sheet", ["ballot", "self-review", "committee"])
async def test_blank_sheets_are_printed_with_names_and_dimensions(half: Half, home: str, secretary: Browser, sheet: str) -> None:
    await half.open()
    await secretary.get(f"{home}{half.path}/print/{sheet}")
    assert "理想信念" in secretary.text or sheet == "committee"
    assert "王秀兰" in secretary.text or sheet == "self-review"
    await secretary.get(f"{home}{half.path}/print/nothing", 404)


async def test_an_objection_on_paper_is_keyed_in_and_answered_by_somebody_who_is_not_concerned(
    half: Half, home: str, secretary: Browser
) -> None:
    await half.open()
    await half.published()
    page = await secretary.get(f"{home}/objections")
    page = await secretary.fill(page, "/objections", text="少记一次学习", member_id=half.id("m5"))
    assert "少记一次学习" in secretary.text
    address = secretary.at
    scorer = Browser(half.town, half.of("m1", "branch_secretary"))
    await scorer.fill(await scorer.get(address), address, 403, decision="dismissed", reason="查过了")
    assert "与您有关" in scorer.text
    town = Browser(half.town, half.town.officer)
    await town.fill(await town.get(address), address, 422, decision="upheld", reason="补记一次")
    assert "更正后的分数" in town.text
    await town.fill(await town.get(address), address, decision="upheld", reason="补记一次", score="83")
    assert "已采纳" in town.text
    assert (await half.results())[half.id("m5")]["result"] == 83


async def test_the_year_is_recorded_and_its_flag_handed_on(half: Half, home: str, secretary: Browser) -> None:
    await half.open()
    await half.published(92)
    await half.to("confirmed")
    await half.town.move_clock("2026-12-28T02:00:00Z")
    address = f"{home}/year"
    page = await secretary.get(f"{address}?year=2026")
    assert "推荐名单" in secretary.text
    present = [half.id(one) for one in members(7)]
    halves = {"half.2026-H1": "confirmed", "half.2026-H2": "confirmed"}
    grade = {f"grade.{half.id('m1')}": "excellent", f"votes.{half.id('m1')}.excellent": "3", f"votes.{half.id('m1')}.qualified": "4"}
    said = {"step": "meeting", "year": "2026", "held_on": "2026-12-28", "present": present, **halves}
    page = await secretary.send(address, 422, **said, **grade)
    assert "没有超过应到人数的一半" in secretary.text
    kept = {one.get("name"): one.get("value") for one in all_of(page, "input") if one.get("type") != "checkbox"}
    assert kept[f"votes.{half.id('m1')}.qualified"] == "4"
    said["excellent_reason"] = "只评了一人"
    await secretary.send(address, **said, **(grade | {f"votes.{half.id('m1')}.excellent": "6", f"votes.{half.id('m1')}.qualified": "1"}))
    assert "总评会议已记录" in secretary.text
    assert "优秀" in secretary.text
    await secretary.send(address, step="flag", year="2026", holder=half.id("m1"))
    assert "流动红旗已颁发" in secretary.text
    assert "现在持有" in secretary.text


async def test_a_page_of_another_branch_is_refused_and_the_committee_sees_only_its_part(half: Half, home: str) -> None:
    await half.open()
    await Browser(half.town, half.town.secretary).get(f"/branch/{half.town.places['south']}", 403)
    team = Browser(half.town, half.committee)
    await team.get(home)
    assert "积分" not in text_of(all_of(await team.get(home), "nav")[1])
    await team.get(f"{home}/entries", 403)


async def test_the_town_closes_without_a_quorum_and_annuls(half: Half, home: str) -> None:
    await half.open()
    await half.to("peer_review")
    town = Browser(half.town, half.town.officer)
    page = await town.get(home)
    (closing,) = [form for form in all_of(page, "form") if "人数不够，结束互评" in text_of(form)]
    fields = {one.get("name") or "": one.get("value") or "" for one in all_of(closing, "input")}
    await town.send(home, **fields, without_quorum="大多在外地")
    assert "没有互评得分" in town.text
    await town.send(home, step="annul", review_id=half.review, period="2026-H1", reason="名册错了")
    assert "这次评议已作废" in town.text
