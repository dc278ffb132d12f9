"""The pages of a town: where its branches stand, corrections, scores that went up, and the rulebook from draft to adoption."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders_review import Half, running_half
from tests.evaluation.builders_supervision import SECRET, found, inspected, supervisor
from tests.evaluation.pages import Browser
from tests.pages import all_of, text_of


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path, publicity={"working_days": 0}) as half:
        await half.town.mirror.catch_up_with_roster()
        yield half


@pytest.fixture
def town(half: Half) -> Browser:
    return Browser(half.town, half.town.officer)


@pytest.fixture
def home(half: Half) -> str:
    return f"/town/{half.town.places['town']}"


def other_officer(half: Half) -> Browser:
    return Browser(half.town, half.town.roster.issuer.token(["town_officer"], half.town.places["town"], half.id("m6")))


async def test_the_town_sees_its_branches_and_confirms_a_correction_as_a_second_person(half: Half, town: Browser, home: str) -> None:
    await half.open()
    await half.published()
    await half.to("confirmed")
    about = {"about": {"kind": "result", "id": half.review, "member_id": half.id("m5")}, "text": "少记一次"}
    objection = await half.town.do("POST", "/objections", about, half.of("m5"))
    await town.get(home)
    assert "已确认" in town.text
    assert "没有开启" in town.text
    assert objection["reference"] in town.text
    await half.town.do("POST", f"/objections/{objection['id']}/decision", {"decision": "upheld", "reason": "属实"}, half.town.officer)
    secretary = Browser(half.town, half.town.secretary)
    results = f"/branch/{half.town.places['north']}{half.path}/results"
    page = await secretary.get(results)
    await secretary.fill(page, results, 422, member_id=half.id("m5"), score="", reason="补记")
    page = await secretary.get(results)
    await secretary.fill(page, results, member_id=half.id("m5"), score="91", reason="补记一次学习")
    assert "更正已提出" in secretary.text
    page = await town.get(home)
    assert "补记一次学习" in town.text
    await town.fill(page, home)
    assert "更正已确认" in town.text
    assert (await half.results())[half.id("m5")]["result"] == 91


async def test_a_finding_is_chosen_as_the_cause_of_a_correction_until_it_is_reversed(half: Half, town: Browser, home: str) -> None:
    await half.open()
    await half.published()
    await half.to("confirmed")
    results = f"/branch/{half.town.places['north']}{half.path}/results"
    secretary = Browser(half.town, half.town.secretary)
    await secretary.get(results)
    assert "更正要有依据" in secretary.text
    inspection = await inspected(half, on="2026-07-02")
    gone, standing = await found(half, inspection, "late_disclosure"), await found(half, inspection)
    await half.town.do("POST", f"/findings/{gone}/reversal", {"reason": "查无实据"}, supervisor(half.town))
    page = await secretary.get(results)
    (causes,) = [one for one in all_of(page, "select") if one.get("name") == "cause"]
    assert [(one.get("value"), text_of(one)) for one in all_of(causes, "option")] == [
        (f"finding:{standing}", "检查发现：弄虚作假（2026年7月2日检查）")
    ]
    await secretary.fill(page, results, member_id=half.id("m5"), score="55", reason="虚报的加分不算")
    assert "更正已提出" in secretary.text
    page = await town.get(home)
    assert f"检查发现：弄虚作假（2026年7月2日检查） {SECRET}" in town.text
    await town.fill(page, home)
    assert (await half.results())[half.id("m5")]["result"] == 55


async def test_the_town_hands_its_flag_to_a_branch_and_to_a_member(half: Half, town: Browser, home: str) -> None:
    north, south = half.town.places["north"], half.town.places["south"]
    page = await town.get(f"{home}/flags")
    assert "还没有颁过" in town.text
    page = await town.fill(page, "/flags", 422, holder="")
    assert "请选一位党员或一个支部" in town.text
    page = await town.fill(page, "/flags", holder=f"branch:{south}")
    assert "流动红旗已颁发" in town.text
    page = await town.get(f"{home}/flags?branch={north}")
    await town.fill(page, "/flags", holder=f"member:{half.id('m1')}")
    page = await town.get(f"{home}/flags")
    assert "王秀兰 党员" in town.text
    assert "south 支部" in town.text
    await town.fill(page, "/flags", 409, holder=f"branch:{south}")
    assert "已经给了" in town.text
    await half.town.move_clock("2027-01-10T02:00:00Z")
    await town.fill(await town.get(f"{home}/flags"), "/flags", holder=f"branch:{north}", year="2027")
    held = {(one["holder"]["branch_id"], one["holder"]["member_id"]) for one in await flags(half) if one["is_held"]}
    assert held == {(north, None), (None, half.id("m1"))}, "the flag of branches went on, that of members stays with its holder"
    assert "从上一届接过" in town.text
    county = Browser(half.town, supervisor(half.town))
    await county.fill(await county.get(f"/town/{half.town.places['county']}/flags"), "/flags", holder=f"branch:{north}")
    assert "流动红旗已颁发" in county.text


async def flags(half: Half) -> list[Any]:
    return list((await half.seen(f"/rotating-flags?organization_id={half.town.places['town']}", half.town.officer))["items"])


async def test_scores_that_went_up_lead_to_the_sheet_on_which_the_town_scores(half: Half, town: Browser, home: str) -> None:
    kin = {"kin": [{"member_id": half.id("m5"), "from": "2020-01-01"}]}
    for name in ("m1", "m2"):
        await half.town.roster.do("PUT", f"/members/{half.id(name)}/kin", kin, half.of(name))
    await half.open()
    await half.closed()
    page = await town.get(home)
    assert "1人等镇里评分" in town.text
    (link,) = [one.get("href") or "" for one in all_of(page, "a") if text_of(one) == "去评分"]
    page = await town.get(link)
    await town.fill(page, link, **{f"score.{half.id('m5')}": "77", f"reason.{half.id('m5')}": "镇党委研究"})
    assert "镇里评" in town.text
    await town.get(home)
    assert "等镇里评分" not in town.text


async def test_a_rulebook_is_drafted_examined_tried_out_proposed_and_adopted_by_another(half: Half, town: Browser, home: str) -> None:
    await half.open()
    await half.published(88)
    await town.get(f"{home}/rules")
    assert "第1版" in town.text
    draft = f"{home}/rules/draft/new"
    page = await town.get(draft)
    page = await town.fill(page, draft, step="check", **{"band.0": "60"})
    assert "检查结果" in town.text
    assert "评星档次第2项：起点 这一档与上一档重叠" in town.text
    page = await town.fill(page, draft, step="simulate", tried_on="2026-H1", **{"band.0": "85"})
    assert "红星会变的有7人" in town.text
    assert "王秀兰" in town.text
    page = await town.fill(
        page, draft, step="propose", from_period="2027-H1", title="新办法", **{"item.0.title": "固定党日", "band.0": "85"}
    )
    assert "要由镇里另一个人确认" in town.text
    page = await town.fill(page, f"{home}/rules", 403)
    assert "要由另一个人来做" in town.text
    other = other_officer(half)
    await other.fill(await other.get(f"{home}/rules"), f"{home}/rules")
    assert "这一版已确认" in other.text
    await other.get(f"{home}/rules/2")
    assert "90分起3星" in other.text
    assert "半年要填" in other.text
    assert "固定党日" in other.text


async def test_a_draft_that_counts_likes_is_refused_with_its_place(half: Half, town: Browser, home: str) -> None:
    page = await town.get(f"{home}/rules/draft/new")
    page = await town.fill(page, "/rules/draft/new", 422, step="propose", **{"item.0.title": "朋友圈点赞"})
    assert "积分事项第1项（朋友圈点赞） 登录、在线时长、点赞、转发、网络投票不能计分" in town.text
    kept = {one.get("name"): one.get("value") for one in all_of(page, "input")}
    assert kept["item.0.title"] == "朋友圈点赞"


async def test_other_people_do_not_get_in(half: Half, home: str) -> None:
    await Browser(half.town, half.town.secretary).get(home, 403)
    await Browser(half.town, half.of("m1")).get(f"{home}/rules", 403)
    await Browser(half.town, half.town.secretary).get(f"{home}/flags", 403)
