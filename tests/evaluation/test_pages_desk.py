"""The supervisor's desk: the county at a glance, a branch's half-year, why a member's stars are what they are, leads and what is late."""

from __future__ import annotations

import io
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from services.evaluation.commands.reviews import load_review
from services.evaluation.commands.spread import Spread, spread, spread_of
from services.evaluation.domain.reviews import Review
from services.evaluation.pages.desk_members import distances
from tests.evaluation.builders_review import Half, members, running_half
from tests.evaluation.builders_supervision import supervisor
from tests.evaluation.pages import HTML, Browser
from tests.pages import all_of, text_of

COUNT = 12
PERIOD = "period=2026-H1"
STRAIGHT = "m12"
"""Who scores everybody alike: 80."""


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    """A branch of twelve whose half-year is confirmed; one ballot gives everybody 80, and it was opened late."""
    async with running_half(tmp_path, COUNT, publicity={"working_days": 0}) as half:
        await half.town.mirror.catch_up_with_roster()
        await half.town.move_clock("2026-07-25T02:00:00Z")
        await half.open()
        await half.to("peer_review")
        for number, rater in enumerate(members(COUNT)):
            await half.do("PUT", f"/ballots/{half.id(rater)}", ballot(half, rater, number), half.of(rater))
        await half.to("committee_review")
        await half.score(88)
        await half.to("publicity")
        await half.to("confirmed")
        yield half


def ballot(half: Half, rater: str, number: int) -> dict[str, object]:
    """Scores that differ from member to member and a little from rater to rater; one rater makes no difference."""

    lot = random.Random(number)  # noqa: S311 - lots for a test
    noise = [lot.randrange(-8, 8) / 4 for _ in members(COUNT)]

    def points(ratee: int) -> float:
        return 16 if rater == STRAIGHT else 13 + ratee % 6 + noise[ratee]

    codes = ("conviction", "discipline", "contribution", "morality", "conduct")
    rated = [(place, one) for place, one in enumerate(members(COUNT)) if one != rater]
    return {"scores": {half.id(one): dict.fromkeys(codes, points(place)) for place, one in rated}}


@pytest.fixture
def desk(half: Half) -> Browser:
    return Browser(half.town, supervisor(half.town))


def north(half: Half) -> str:
    return half.town.places["north"]


async def test_the_county_is_seen_at_a_glance_and_every_picture_says_what_it_shows(half: Half, desk: Browser) -> None:
    page = await desk.get(f"/desk?{PERIOD}")
    assert "等着我的" in desk.text
    assert f"{COUNT}人：三星0、二星{COUNT}、一星0、无星0" in desk.text
    assert "没有开启评议" in desk.text
    assert "晚1步，最多15天" in desk.text
    pictures = [one.get("aria-label") or "" for one in page.iter("{http://www.w3.org/2000/svg}svg") if one.get("role") == "img"]
    assert f"{COUNT}个结果：最低88，中位数88，最高88。虚线是评星的分数线。" in pictures
    assert "5个步骤，其中1个晚了。" in pictures
    links = [one.get("href") for one in all_of(page, "a")]
    assert f"/desk/branches/{north(half)}?{PERIOD}" in links


async def test_a_towns_officer_sees_its_branches_and_no_leads(half: Half) -> None:
    officer = Browser(half.town, half.town.officer)
    await officer.get(f"/desk?{PERIOD}")
    assert "疑点" not in officer.text
    await officer.get(f"/desk/branches/{north(half)}?{PERIOD}")
    assert "互评分的中间一半" not in officer.text
    assert "请看这里" not in officer.text
    await officer.get(f"/desk/leads?{PERIOD}", 403)
    await Browser(half.town, half.town.secretary).get("/desk", 403)
    await Browser(half.town, half.of("m1")).get("/desk", 403)


async def test_another_countys_branch_is_not_found(half: Half, desk: Browser) -> None:
    await desk.get(f"/desk/branches/{half.town.places['town']}", 404)
    await desk.get(f"/desk/branches/{half.id('m1')}", 404)


async def test_a_branch_shows_its_people_its_course_and_no_ballot(half: Half, desk: Browser) -> None:
    page = await desk.get(f"/desk/branches/{north(half)}?{PERIOD}")
    assert "参评12人，投票12/12" in desk.text
    assert "开启评议" in desk.text
    assert "商评评分" in desk.text
    assert "高出18.5 · 还差1.5" in desk.text
    strips = [one for one in page.iter("{http://www.w3.org/2000/svg}svg") if "strip" in (one.get("class") or "")]
    assert len(strips) == COUNT
    assert all("互评的中间一半在" in (one.get("aria-label") or "") for one in strips)


async def test_of_the_scores_only_the_middle_half_is_told_and_of_few_nothing(half: Half, desk: Browser) -> None:
    review = await loaded(half)
    told = await spread_of(half.town.app.state.service.log, review)
    assert set(told) == set(review.rated)
    for name in members(COUNT):
        got = sorted(scores_of(half, name))
        assert got[0] < told[half.id(name)].low <= told[half.id(name)].high < got[-1]
    assert await spread_of(half.town.app.state.service.log, cut(review)) == {}


def scores_of(half: Half, ratee: str) -> list[float]:
    given = []
    for number, rater in enumerate(members(COUNT)):
        if rater != ratee:
            rows = ballot(half, rater, number)["scores"]
            assert isinstance(rows, dict)
            given.append(sum(rows[half.id(ratee)].values()))
    return given


async def loaded(half: Half) -> Review:
    return (await load_review(half.town.app.state.service.log, half.review)).state


def cut(review: Review) -> Review:
    """The same review, had nobody closed its peer review."""
    return replace(review, peer=None)


def test_quartiles_lie_between_scores_in_proportion_and_are_whole_points() -> None:
    assert spread([Fraction(each) for each in (70, 80, 90, 100)]) == Spread(78, 85, 93)
    assert spread([Fraction(80)] * 10) == Spread(80, 80, 80)


@pytest.mark.parametrize(
    ("result", "expected"),
    [("88", ("18.5", "1.5")), ("89.5", ("0", None)), ("40", (None, "19.5")), ("59.5", ("0", "10"))],
)
def test_a_result_has_a_distance_to_the_line_below_and_above(result: str, expected: tuple[str | None, str | None]) -> None:
    lines = [Decimal("59.5"), Decimal("69.5"), Decimal("89.5")]
    assert distances(Decimal(result), lines) == tuple(None if one is None else Decimal(one) for one in expected)


async def test_a_members_stars_are_explained_and_an_earlier_day_is_compared(half: Half, desk: Browser) -> None:
    await half.town.move_clock("2026-07-26T02:00:00Z")
    await half.town.record("m1", on="2026-07-25")
    page = await desk.get(f"/desk/members/{half.id('m1')}?{PERIOD}&on=2026-07-20")
    assert "2026年7月20日结束时说的，和今天说的" in desk.text
    rows = [[text_of(cell) for cell in row] for row in all_of(page, "tr")]
    assert ["已确认的红星", "无", "2", "新增"] in rows
    assert ["反向扣分", "0", "0", "—"] in rows
    assert "标出的几项后来变了" in desk.text
    page = await desk.get(f"/desk/members/{half.id('m1')}?{PERIOD}&on=2026-07-26")
    assert "没有变化" in desk.text
    assert "88" in desk.text
    leaves = [text_of(one) for one in all_of(page, "span") if one.get("class") == "leaf"]
    assert leaves
    assert all(len(one) >= 40 for one in leaves)


async def test_a_lead_is_found_looked_at_asked_about_and_explained(half: Half, desk: Browser) -> None:
    before = await standings(half)
    page = await desk.get(f"/desk/leads?{PERIOD}")
    await desk.fill(page, "/desk/leads")
    assert "检验已完成" in desk.text
    assert "还没有检验过" not in desk.text
    await desk.get("/desk/leads?period=2025-H2")
    assert "还没有检验过" not in desk.text, "an examination is over four half-years"
    waiting = len([one for one in await leads(half, desk) if one["level"] != "note" and one["examination_id"]])
    for path in ("/desk/leads", "/desk"):
        page = await desk.get(f"{path}?period=2025-H2")
        assert f"别的半年还有：2026年上半年{waiting}条" in desk.text
        assert "/desk/leads?period=2026-H1" in [one.get("href") for one in all_of(page, "a")]
    await desk.get("/desk/leads?period=2024-H1")
    assert "还没有检验过" in desk.text
    lead = next(one for one in await leads(half, desk) if one["indicator"] == "B1")
    path = f"/desk/leads/{lead['id']}"
    page = await desk.get(f"{path}?{PERIOD}")
    assert lead["sentence"]["zh"] in desk.text
    assert "怎样就能排除" in desk.text
    assert "背后的分数" in desk.text
    for name in members(COUNT):
        assert half.id(name) not in desk.text
    page = await desk.fill(page, path)
    assert "您看过这条疑点" in desk.text
    page = await desk.send(path, 422, step="ask", period="2026-H1", once="a" * 20)
    page = await desk.send(path, step="ask", period="2026-H1", asked=["secretary"], once="b" * 20)
    await half.town.do("POST", f"/leads/{lead['id']}/answers", {"text": "他对谁都一样"}, half.town.secretary)
    await desk.get(path)
    assert "他对谁都一样" in desk.text
    (link,) = [one.get("href") or "" for one in all_of(await desk.get(path), "a") if text_of(one) == "非看选票不可的，提议拆封"]
    page = await desk.get(link)
    assert not [one for one in all_of(page, "input") if one.get("name") == "rater_ids"], "who is meant is known once it is agreed"
    await desk.fill(page, "", reason="要问本人")
    assert "一条疑点背后打分的人" in desk.text
    await desk.send(path, step="explain", period="2026-H1", reason="第一次参加，不会打分", once="c" * 20)
    assert "已说清" in desk.text
    await desk.send(path, step="close", period="2026-H1", once="d" * 20)
    assert "已了结" in desk.text
    assert await standings(half) == before


async def test_a_finding_wants_evidence_of_its_own(half: Half, desk: Browser) -> None:
    await desk.fill(await desk.get(f"/desk/leads?{PERIOD}"), "/desk/leads")
    lead = next(one for one in await leads(half, desk) if one["indicator"] == "A1")
    path = f"/desk/leads/{lead['id']}"
    await desk.fill(await desk.get(path), path)
    said = {"step": "find", "period": "2026-H1", "kind": "late_disclosure", "text": "七月下旬才启动评议", "once": "e" * 20}
    await desk.send(path, 422, **said)
    assert "并附依据" in desk.text
    await desk.send(path, **(said | {"evidence": "会议记录", "once": "f" * 20}))
    assert "检查发现已记录" in desk.text
    await desk.get(f"/desk/branches/{north(half)}?{PERIOD}")
    assert "还没有通报，不扣分" in desk.text


async def leads(half: Half, desk: Browser) -> list[dict[str, Any]]:
    path = f"/audits/fairness?organization_id={half.town.places['county']}&{PERIOD}"
    told = (await half.seen(path, desk.token))["items"]
    assert told
    return list(told)


async def standings(half: Half) -> object:
    return (await half.seen(f"/branches/{north(half)}/standings?{PERIOD}"))["items"]


async def test_what_is_late_is_listed_the_supervisors_own_first(half: Half, desk: Browser) -> None:
    inspection = await half.town.do("POST", "/inspections", {"branch_id": north(half), "year": 2026, "on": "2026-07-25"}, desk.token)
    found = {"kind": "falsification", "text": "材料是补的", "evidence": [{"kind": "text", "value": "笔迹"}]}
    await half.town.do("POST", f"/inspections/{inspection['id']}/findings", found, desk.token)
    await half.town.move_clock("2027-04-01T02:00:00Z")
    page = await desk.get(f"/desk/late?{PERIOD}")
    own, others, came = [text_of(one) for one in all_of(page, "section")]
    assert "发出通报" in own
    assert "发出通报" not in others
    assert "公布结果" in others
    assert "开启评议" in came
    await desk.get(f"/desk?{PERIOD}")
    assert "其中1件已逾期" in desk.text


@pytest.mark.parametrize("name", ["branches", "late", "leads", "members"])
async def test_each_table_is_a_spreadsheet_and_a_file_for_statistics(half: Half, desk: Browser, name: str) -> None:
    path = f"/desk/branches/{north(half)}/members" if name == "members" else f"/desk/{name}"
    headers = {"Authorization": f"Bearer {desk.token}", **HTML}
    sheet = await half.town.client.get(f"{path}.xlsx?{PERIOD}", headers=headers)
    frame = await half.town.client.get(f"{path}.parquet?{PERIOD}", headers=headers)
    assert sheet.status_code == frame.status_code == 200, sheet.text
    assert frame.headers["content-disposition"] == f'attachment; filename="{name}-2026-H1.parquet"'
    rows = list(load_workbook(io.BytesIO(sheet.content)).worksheets[0].iter_rows(values_only=True))
    table = pl.read_parquet(io.BytesIO(frame.content))
    assert table.height == len(rows) - 1 > 0
    assert "name" not in table.columns
    if name == "members":
        assert set(table["result"].to_list()) == {Decimal("88.00")}
        assert {row[0] for row in rows[1:]} == set(NAMES_HERE)


NAMES_HERE = ("王秀兰", "李建国", "赵敏", "孙立军", "周玉梅", "吴海", "郑晓东", "冯春生", "陈桂英", "褚卫国", "卫红", "蒋丽")


async def test_the_desk_speaks_english_too(half: Half, desk: Browser) -> None:
    await desk.fill(await desk.get(f"/desk/leads?{PERIOD}"), "/desk/leads")
    for path in ("/desk", "/desk/late", "/desk/leads", f"/desk/branches/{north(half)}", f"/desk/members/{half.id('m1')}"):
        await desk.get(f"{path}?{PERIOD}&lang=en")
    assert "Hash" in desk.text
