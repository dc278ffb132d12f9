"""The pages of voting from afar and of receipts: for people who have a slip of paper and a phone, and no account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.evaluation.builders_review import Half, running_half
from tests.evaluation.pages import Browser
from tests.pages import all_of


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        await half.to("peer_review")
        yield half


async def code_of(half: Half, name: str) -> str:
    return str((await half.do("POST", "/remote-codes", {"member_id": half.id(name)}))["code"])


def scores_on(browser_page: object, points: str = "16") -> dict[str, str]:
    return {one.get("name") or "": points for one in all_of(browser_page, "input") if (one.get("name") or "").startswith("s.")}  # type: ignore[arg-type]


async def test_a_member_far_away_votes_with_the_code_of_a_slip_and_checks_the_receipt(half: Half) -> None:
    guest = Browser(half.town)
    await guest.get("/vote")
    code = await code_of(half, "m7")
    page = await guest.send("/vote", code=code.lower().replace("-", " "))
    assert "王秀兰" in guest.text
    assert "满分20" in guest.text
    page = await guest.fill(page, "/vote", step="look", **scores_on(page))
    assert "请再看一遍" in guest.text
    page = await guest.fill(page, "/vote", step="cast")
    receipt = next(text for text in guest.text.split() if "-" in text and len(text) > 60)
    assert "6位同志" in guest.text
    await guest.send("/receipt", receipt=receipt, code=code)
    assert "结束时会算进去" in guest.text
    for rater in ("m1", "m2", "m3", "m4", "m5", "m6"):
        await half.cast(rater)
    await half.to("committee_review")
    while (await half.do("GET", f"/receipts/{receipt}", by=half.of("m7")))["proof"] is None:
        """The checkpoint that covers it comes within a second."""
    await guest.send("/receipt", receipt=receipt, code=code)
    assert "已经算进互评得分" in guest.text
    assert "没有被改过" in guest.text


async def test_the_voter_who_is_signed_in_checks_its_own_receipt_and_nobody_elses(half: Half) -> None:
    cast = await half.cast("m1")
    await Browser(half.town, half.of("m1")).send("/receipt", receipt=cast["receipt"])
    await Browser(half.town, half.of("m2")).send("/receipt", 404, receipt=cast["receipt"])
    await Browser(half.town).send("/receipt", 404, receipt=cast["receipt"])
    await Browser(half.town, half.of("m1")).send("/receipt", 404, receipt="so what")


async def test_nothing_typed_is_lost_while_a_cell_is_missing_or_wrong(half: Half) -> None:
    guest = Browser(half.town)
    page = await guest.send("/vote", code=await code_of(half, "m7"))
    scores = scores_on(page)
    first, second, *_ = scores
    page = await guest.fill(page, "/vote", 422, step="look", **(scores | {first: "", second: "二十"}))
    wrong = [one.get("name") or "" for one in all_of(page, "input") if one.get("aria-invalid")]
    assert sorted(wrong) == sorted([first, second])
    kept = {one.get("name"): one.get("value") for one in all_of(page, "input")}
    assert kept[second] == "二十"
    assert all(kept[name] == "16" for name in list(scores)[2:])
    page = await guest.fill(
        page, "/vote", step="look", **{first: "20", second: "15".translate({48 + digit: 0xFF10 + digit for digit in range(10)})}
    )
    assert "请再看一遍" in guest.text


async def test_a_wrong_code_a_used_one_and_a_closed_review_are_said_in_plain_words(half: Half) -> None:
    guest = Browser(half.town)
    await guest.send("/vote", 404, code="ABCD-EFGH-JKLM-NPQR")
    assert "对照纸条" in guest.text
    used, kept = await code_of(half, "m7"), await code_of(half, "m6")
    page = await guest.send("/vote", code=used)
    page = await guest.fill(page, "/vote", step="look", **scores_on(page))
    await guest.fill(page, "/vote", step="cast")
    await guest.send("/vote", 409, code=used)
    assert "只能投一次" in guest.text
    for rater in ("m1", "m2", "m3", "m4", "m5"):
        await half.cast(rater)
    await half.to("committee_review")
    await guest.send("/vote", 409, code=kept)
    assert "不在这一步" in guest.text
