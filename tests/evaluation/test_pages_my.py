"""The pages of a member: what is to do, pledges, self review, ballot, why a result is what it is, objections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.evaluation.builders_review import Half, running_half
from tests.evaluation.pages import Browser
from tests.evaluation.test_pages_voting import scores_on
from tests.pages import all_of, text_of


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        yield half


def browser(half: Half, name: str) -> Browser:
    return Browser(half.town, half.of(name))


async def test_a_pledge_goes_from_draft_to_a_report_on_the_members_own_pages(half: Half) -> None:
    me = browser(half, "m1")
    await me.get("/my")
    assert "写下这个半年的承诺" in me.text
    page = await me.get("/my/pledges/new")
    await me.fill(page, "/my/pledges/new", 422, theme="helping", action="", target="三户", due_on="2026-12-01", step="submit")
    assert "请写清楚要做的事" in me.text
    page = await me.get("/my/pledges/new")
    said = {"theme": "helping", "action": "帮三户邻居", "target": "三户十二亩", "due_on": "2026-12-01"}
    page = await me.fill(page, "/my/pledges/new", step="draft", **said)
    assert "草稿已保存" in me.text
    (link,) = [one.get("href") or "" for one in all_of(page, "a") if text_of(one) == "帮三户邻居"]
    page = await me.get(link)
    await me.fill(page, link, step="submit", action="帮四户邻居")
    assert "承诺已提交" in me.text
    pledge_id = link.rpartition("/")[2]
    await half.town.do("POST", f"/pledges/{pledge_id}/review", {"decision": "returned", "reason": "写明是哪几户"}, half.town.secretary)
    await me.get(link)
    assert "写明是哪几户" in me.text
    await me.fill(await me.get(link), link, step="submit", action="帮王家等四户")
    await half.town.do("POST", f"/pledges/{pledge_id}/review", {"decision": "approved"}, half.town.secretary)
    meeting = {"branch_id": half.town.places["north"], "on": "2026-07-01", "pledge_ids": [pledge_id]}
    await half.town.do("POST", "/announcements", meeting, half.town.secretary)
    await me.get("/my")
    assert "报告承诺的进展" in me.text
    await me.fill(await me.get(link), link, step="progress", note="两户已经种上", evidence="照片在村部")
    assert "两户已经种上" in me.text
    assert "照片在村部" in me.text


async def test_nobody_opens_the_pledge_of_another_or_pages_without_a_token(half: Half) -> None:
    body = {"member_id": half.id("m1"), "period": "2026-H2", "theme": "helping", "action": "帮", "target": "三户", "due_on": "2026-12-01"}
    pledge = await half.town.do("POST", "/pledges", body, half.of("m1"))
    await browser(half, "m2").get(f"/my/pledges/{pledge['id']}", 403)
    await Browser(half.town, half.town.officer).get("/my", 404)


async def test_a_self_review_is_written_and_changed_until_the_peers_begin(half: Half) -> None:
    await half.open()
    me, path = browser(half, "m1"), f"/my{half.path}/self"
    page = await me.get(path)
    scores = dict.fromkeys(scores_on(page), "18")
    await me.fill(page, path, 422, achievements="学了五次", shortcomings="", **scores)
    assert "请写几句" in me.text
    await me.fill(await me.get(path), path, achievements="学了五次", shortcomings="活动少", **scores)
    assert "自评已保存" in me.text
    page = await me.get(path)
    assert "学了五次" in me.text
    await half.to("peer_review")
    await me.fill(page, path, 409, achievements="晚了")
    assert "不在这一步" in me.text
    assert "晚了" in me.text


async def test_a_ballot_is_looked_at_cast_changed_and_kept_for_its_voter_alone(half: Half) -> None:
    await half.open()
    await half.to("peer_review")
    me, path = browser(half, "m1"), f"/my{half.path}/ballot"
    page = await me.get(path)
    names = {one.get("aria-label", "").partition("，")[0] for one in all_of(page, "input") if one.get("aria-label")}
    assert len(names) == 6
    assert "王秀兰" not in names
    scores = scores_on(page)
    first = next(iter(scores))
    page = await me.fill(page, path, 422, step="cast", **(scores | {first: "21"}))
    assert "还有人没有评完" in me.text
    page = await me.fill(page, path, step="look", **{first: "12.5"})
    assert "76.5" in me.text
    page = await me.fill(page, path, step="cast")
    assert "已经投票" in me.text or "选票已收下" in me.text
    page = await me.get(path)
    assert {one.get("name"): one.get("value") for one in all_of(page, "input")}[first] == "12.5"
    await me.fill(await me.fill(page, path, step="look", **{first: "11"}), path, step="cast")
    await me.get(path)
    assert "第2张" in me.text
    await me.get("/my")
    assert "已投票" in me.text
    await browser(half, "m2").get("/my")


async def test_a_form_that_is_sent_twice_is_done_once(half: Half) -> None:
    me = browser(half, "m1")
    page = await me.get("/my/pledges/new")
    said = {"theme": "helping", "action": "帮三户", "target": "三户", "due_on": "2026-12-01", "step": "submit"}
    await me.fill(page, "/my/pledges/new", **said)
    await me.fill(page, "/my/pledges/new", **said)
    assert len((await half.seen(f"/pledges?member_id={half.id('m1')}"))["items"]) == 1
    await me.fill(page, "/my/pledges/new", 422, **(said | {"action": "帮五户"}))
    assert "刚才已经交过了" in me.text


async def test_why_shows_each_entry_score_and_rule_and_leads_to_an_objection(half: Half) -> None:
    await half.town.record("m1", "study", "2026-03-02")
    await half.open()
    await half.published(80)
    me = browser(half, "m1")
    await me.get("/my/why?period=2026-H1")
    for said in ("固定日集中学习", "6位同志打了分", "班子集体研究", "达到70分的档次", "红星暂不计入"):
        assert said in me.text
    page = await me.get(f"/my/objections/new?about=result&id={half.review}")
    await me.fill(page, "/my/objections/new", 422, text="")
    page = await me.fill(await me.get(f"/my/objections/new?about=result&id={half.review}"), "/my/objections/new", text="少记一次学习")
    assert "少记一次学习" in me.text
    assert "待答复" in me.text
    await browser(half, "m2").get(me.at, 403)
    await me.get("/my")
    assert "我提的异议" in me.text


async def test_what_is_held_is_told_in_words_with_who_read_it_and_leads_to_the_rosters_page(half: Half) -> None:
    await half.town.record("m5", "study", "2026-03-02")
    await half.open()
    await half.published(80)
    await half.town.do("GET", f"/members/{half.id('m5')}/points?period=2026-H1", by=half.of("m1", "branch_secretary"))
    me = browser(half, "m5")
    page = await me.get("/my/held")
    for said in ("王秀兰积分", "记录一条积分", "本人投票 · 2026年7月2日", "商评评分", "结果公布"):
        assert said in me.text
    assert ".v1" not in me.text, "no topic stands there without a word for it"
    assert "/my/profile" in [one.get("href") for one in all_of(page, "a")]
    assert not [one for one in all_of(page, "h2") if "拆封" in text_of(one)]
    await Browser(half.town, half.town.officer).get("/my/held", 404)


async def test_a_half_year_without_a_review_explains_the_points_alone(half: Half) -> None:
    await half.town.record("m1", "study", "2026-07-02")
    me = browser(half, "m1")
    await me.get("/my/why")
    assert "还没有评议" in me.text
    assert "固定日集中学习" in me.text


async def test_links_to_the_roster_lead_where_browsers_reach_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGQI_ROSTER_BROWSER_URL", "https://roster.xuanhua.example/")
    async with running_half(tmp_path) as half:
        town = f"/town/{half.town.places['town']}/roster"
        places = {"/my/profile": ("m1", "/my/held"), "/my/kin": ("m1", "/my/kin"), town: (None, "/roster/import")}
        for path, (name, there) in places.items():
            headers = {"Authorization": f"Bearer {half.of(name) if name else half.town.officer}", "Accept": "text/html"}
            answer = await half.town.client.get(path, headers=headers)
            assert (answer.status_code, answer.headers["location"]) == (303, f"https://roster.xuanhua.example{there}")


async def test_nothing_from_the_network_can_say_who_calls(half: Half) -> None:
    """Pages hand the caller over within the process; a header or a query of that name is worth nothing."""
    path = f"/members/{half.id('m1')}/points"
    headers = {"xingqi.caller": half.id("m1"), "X-Xingqi-Caller": half.id("m1")}
    answer = await half.town.client.get(f"{path}?xingqi.caller={half.id('m1')}", headers=headers)
    assert answer.status_code == 401
