"""The pages of unsealing: proposed by one officer, decided by one of another organisation, read by the two, and told to the voter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from tests.evaluation.builders_review import Half, members, running_half
from tests.evaluation.builders_supervision import supervisor
from tests.evaluation.pages import Browser
from tests.pages import all_of, text_of

REASON = "三人反映有人替投，需要核对"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.town.mirror.catch_up_with_roster()
        await half.open()
        yield half


@pytest.fixture
def town(half: Half) -> Browser:
    return Browser(half.town, half.town.officer)


@pytest.fixture
def county(half: Half) -> Browser:
    return Browser(half.town, supervisor(half.town))


def proposal(half: Half) -> str:
    return f"/desk/branches/{half.town.places['north']}/unsealing?period=2026-H1"


def link(page: Element, text: str) -> str:
    """Where the one link of this text leads."""
    (found,) = [one.get("href") or "" for one in all_of(page, "a") if text_of(one) == text]
    return found


async def proposed(half: Half, by: Browser, *names: str) -> str:
    """The address of an unsealing that was proposed on the page."""
    await by.fill(await by.get(proposal(half)), "", reason=REASON, rater_ids=[half.id(one) for one in names])
    assert "拆封已提出" in by.text
    return by.at


async def test_two_officers_unseal_on_pages_and_the_voter_sees_why_and_each_read(half: Half, town: Browser, county: Browser) -> None:
    await half.to("peer_review")
    receipts = {rater: (await half.cast(rater, 13))["receipt"] for rater in members(7)}
    await half.to("committee_review")
    address = await proposed(half, town, "m3")
    assert "您提出的，要由另一个单位的人决定" in town.text
    await county.get("/desk")
    assert "件等第二个人决定" in county.text
    page = await county.get("/desk/unsealings")
    assert REASON in county.text
    page = await county.get(link(page, "拆封选票"))
    assert "赵敏" in county.text
    await county.fill(page, address, 422, decision="rejected")
    assert "不同意的，请写明为什么" in county.text
    page = await county.fill(await county.get(address), address, decision="approved")
    assert "已同意拆封" in county.text

    await county.get(link(page, "打开赵敏的选票"))
    assert "您看了这张选票，已经记下" in county.text
    assert "李建国131313131365" in county.text

    voter = Browser(half.town, half.of("m3"))
    await voter.get("/my")
    assert "我的选票被拆封过" in voter.text
    assert REASON in voter.text
    await voter.get("/my/held")
    assert REASON in voter.text
    assert "town的工作人员提出，county的工作人员同意" in voter.text
    assert "工作人员拆封的选票" in voter.text, "who read it, and what"
    page = await voter.get("/receipt")
    await voter.fill(page, "/receipt", receipt=receipts["m3"])
    assert "第1张选票被拆封过" in voter.text
    assert REASON in voter.text
    other = Browser(half.town, half.of("m4"))
    await other.get("/my")
    assert "拆封" not in other.text

    other_officer = Browser(half.town, half.town.roster.issuer.token(["town_officer"], half.town.places["town"], half.id("m7")))
    await other_officer.get(address)
    assert "只有提出和同意的两个人能看" in other_officer.text
    await other_officer.get(f"{address}/ballots/{half.id('m3')}", 403)


async def test_a_town_decides_what_the_county_proposed_and_says_why_not(half: Half, town: Browser, county: Browser) -> None:
    await half.closed()
    address = await proposed(half, county, "m2", "m5")
    page = await town.get(f"/town/{half.town.places['town']}")
    assert "拆封选票" in town.text
    page = await town.get(link(page, "打开"))
    await town.fill(page, address, decision="rejected", reason="先问本人")
    assert "选票仍然封着" in town.text
    await county.get(address)
    assert "先问本人" in county.text
    await county.get("/desk/unsealings")
    assert "没有同意" in county.text
    voter = Browser(half.town, half.of("m2"))
    await voter.get("/my")
    assert "拆封" not in voter.text


async def test_a_proposal_names_somebody_and_says_why_and_waits_for_the_closing(half: Half, county: Browser) -> None:
    await half.to("peer_review")
    await county.get(proposal(half))
    assert "结束以前，选票谁也不能拆" in county.text
    for rater in members(7):
        await half.cast(rater)
    await half.to("committee_review")
    page = await county.get(proposal(half))
    await county.fill(page, "", 422, reason=REASON)
    assert "请勾选投过票、已计入的人" in county.text
    page = await county.fill(await county.get(proposal(half)), "", 422, reason="", rater_ids=[half.id("m2")])
    assert "请写理由" in county.text
    assert [one.get("value") for one in all_of(page, "input") if one.get("checked") is not None] == [half.id("m2")]


async def test_nobody_else_gets_in(half: Half, town: Browser) -> None:
    await half.closed()
    address = await proposed(half, town, "m3")
    for token in (half.town.secretary, half.of("m3"), half.committee):
        for path in ("/desk/unsealings", proposal(half), address, f"{address}/ballots/{half.id('m3')}"):
            await Browser(half.town, token).get(path, 403)
    far = f"/desk/branches/{half.town.places['town']}/unsealing"
    await town.get(far, 404)
