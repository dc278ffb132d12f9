"""Results by REST: the certificate before confirmation, standings and their history, and the explanation down to each entry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.evaluation.builders_review import Half, members, running_half

CERTIFICATE: dict[str, Any] = {
    "number": "XH-2026-1/1", "notice_id": "n1", "from": "2026-07-02", "to": "2026-07-09", "counted": [], "not_counted": [],
    "content_hash": "ab12", "checkpoint": None,
}  # fmt: skip


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        yield half


def notice(certificate: httpx.Response, notices: list[dict[str, object]] | None = None) -> object:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/notices":
            assert request.url.params["kind"] == "result"
            shown = [{"id": "n0", "replaced_by": "n1"}, {"id": "n1", "replaced_by": None}] if notices is None else notices
            return httpx.Response(200, json={"items": shown, "next": None})
        assert request.url.path == "/notices/n1/certificate"
        return certificate

    return answer


def problem(code: str) -> httpx.Response:
    return httpx.Response(409, json={"code": code, "detail": "notice says so", "ends_on": "2026-07-09"})


# Confirmation


async def test_confirmation_keeps_the_certificate_of_notice(half: Half) -> None:
    await half.published()
    with half.notice_answers(notice(httpx.Response(200, json=CERTIFICATE))):  # type: ignore[arg-type]
        await half.to("confirmed")
    told = await half.do("GET", "")
    assert told["certificate"] == {"number": "XH-2026-1/1", "notice_id": "n1", "hash": "ab12"}
    assert told["phase"] == "confirmed"
    await half.refused("wrong_phase", "POST", "/phase", {"to": "confirmed"})
    await half.refused("wrong_phase", "POST", "/annulment", {"reason": "误"}, half.town.officer)


@pytest.mark.spec("6.48a")
@pytest.mark.parametrize("code", ["notice_withdrawn", "publicity_running", "objection_open"])
async def test_what_notice_refuses_is_passed_on(half: Half, code: str) -> None:
    await half.published()
    with half.notice_answers(notice(problem(code))):  # type: ignore[arg-type]
        said = await half.refused(code, "POST", "/phase", {"to": "confirmed"})
    assert (said["status"], said["ends_on"]) == (409, "2026-07-09")
    assert (await half.do("GET", ""))["phase"] == "publicity"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, html="<p>hello"),
        httpx.Response(200),
        httpx.Response(404, json={"code": "x", "detail": "y"}),
    ],
    ids=["500", "HTML", "nothing", "404"],
)
async def test_without_a_good_answer_of_notice_nothing_is_confirmed(half: Half, answer: httpx.Response) -> None:
    await half.published()
    with half.notice_answers(lambda _: answer):
        response = await half.town.send("POST", f"{half.path}/phase", {"to": "confirmed"}, half.town.secretary)
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert (await half.do("GET", ""))["phase"] == "publicity"


async def test_a_notice_that_is_away_is_503(half: Half) -> None:
    await half.published()
    assert (await half.refused("unavailable", "POST", "/phase", {"to": "confirmed"}))["status"] == 503


async def test_results_that_notice_does_not_show_yet_are_not_confirmed(half: Half) -> None:
    await half.published()
    with half.notice_answers(notice(problem("x"), notices=[])):  # type: ignore[arg-type]
        assert (await half.refused("results_not_shown_yet", "POST", "/phase", {"to": "confirmed"}))["status"] == 503


@pytest.mark.spec("6.14b")
async def test_a_published_review_can_still_be_annulled_and_counts_nothing(half: Half) -> None:
    await half.published()
    await half.do("POST", "/annulment", {"reason": "名单有误"}, half.town.officer)
    assert (await half.seen(f"/members/{half.id('m1')}/standing"))["stars"] == 0
    await half.open()


# Standings


@pytest.fixture
async def confirmed(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path, publicity={"working_days": 0}) as half:
        await half.open(excused=[{"member_id": half.id("m7"), "reason": "外出失联"}])
        half.count = 6
        await half.town.record("m1", "study", "2026-03-02")
        await half.published(91)
        yield half


@pytest.mark.spec("6.49")
async def test_stars_count_from_confirmation(confirmed: Half) -> None:
    assert (await confirmed.seen(f"/members/{confirmed.id('m1')}/standing"))["stars"] == 0
    await confirmed.to("confirmed")
    assert (await confirmed.seen(f"/members/{confirmed.id('m1')}/standing"))["stars"] == 3


@pytest.mark.spec("8.10")
async def test_the_view_says_what_it_said_on_any_earlier_day(confirmed: Half) -> None:
    await confirmed.town.move_clock("2026-07-20T00:00:00Z")
    await confirmed.to("confirmed")
    path = f"/members/{confirmed.id('m1')}/standing"
    assert (await confirmed.seen(f"{path}?as_of=2026-07-19T00:00:00Z"))["stars"] == 0
    assert (await confirmed.seen(f"{path}?as_of=2026-07-20T00:00:00Z"))["stars"] == 3
    branch = f"/branches/{confirmed.town.places['north']}/standings"
    assert (await confirmed.seen(f"{branch}?as_of=2026-07-19T00:00:00Z"))["items"] == []


@pytest.mark.spec("9.16b")
async def test_a_branchs_standings_stand_by_name(confirmed: Half) -> None:
    await confirmed.to("confirmed")
    told = await confirmed.seen(f"/branches/{confirmed.town.places['north']}/standings?period=2026-H1", confirmed.of("m2"))
    assert [row["name"] for row in told["items"]] == ["李建国", "孙立军", "王秀兰", "吴海", "赵敏", "郑晓东", "周玉梅"]
    by_member = {row["member_id"]: row for row in told["items"]}
    assert by_member[confirmed.id("m7")] == {
        "member_id": confirmed.id("m7"), "name": "郑晓东", "score": None, "stars": None, "excused": "stated", "all_stars": 0, "flags": 0,
    }  # fmt: skip
    assert (by_member[confirmed.id("m1")]["stars"], by_member[confirmed.id("m1")]["flags"]) == (3, 1)


async def test_without_the_roster_standings_are_shown_by_id(confirmed: Half) -> None:
    await confirmed.to("confirmed")
    path = f"/branches/{confirmed.town.places['north']}/standings"
    await confirmed.seen(path)
    with confirmed.town.roster_answers(lambda _: httpx.Response(500)):
        told = await confirmed.seen(path)
    assert [row["member_id"] for row in told["items"]] == sorted(confirmed.id(name) for name in members(7))
    assert {row["name"] for row in told["items"]} == {None}


@pytest.mark.spec("1.7")
async def test_standings_are_seen_by_the_member_its_branch_and_above(confirmed: Half) -> None:
    await confirmed.to("confirmed")
    await confirmed.town.join("far", "south")
    path = f"/members/{confirmed.id('m1')}/standing"
    for by in (confirmed.of("m1"), confirmed.town.secretary, confirmed.town.officer, confirmed.town.roster.admin):
        await confirmed.town.do("GET", path, by=by)
    for by in (confirmed.of("m2"), confirmed.town.of("far"), confirmed.town.roster.token("branch_secretary", "south")):
        await confirmed.town.refused("not_allowed", "GET", path, by=by)
    await confirmed.town.refused("not_allowed", "GET", f"/branches/{confirmed.town.places['north']}/standings", by=confirmed.town.of("far"))


# Explanation


@pytest.mark.spec("1.7", "11.8")
async def test_an_explanation_goes_from_entries_to_stars_and_agrees_with_what_was_published(confirmed: Half) -> None:
    await confirmed.to("confirmed")
    explained = await confirmed.town.do("GET", f"/members/{confirmed.id('m1')}/explanation?period=2026-H1", by=confirmed.of("m1"))
    (entry,) = explained["points"]["entries"]
    assert (entry["item"], entry["points"], entry["counted"], entry["is_reversed"]) == ("study", 5, 5, False)
    assert explained["points"]["total"] == 5
    assert explained["peer"] == {
        "score": "80", "shown": 80, "scores": 5, "aggregate": "trimmed_mean", "highest_and_lowest_dropped": True, "minimum_shown": 5,
        "absent": None,
    }  # fmt: skip
    assert explained["reference"] == {"score": "85/2", "shown": 42.5, "weights": {"points": 0.5, "peer": 0.5}}
    assert (explained["committee"]["score"], explained["committee"]["deviation"], explained["committee"]["reason"]) == (
        "91", 48.5, "班子集体研究",
    )  # fmt: skip
    assert explained["committee"]["recused"] == [confirmed.id("m1")]
    assert (explained["result"]["score"], explained["result"]["rounded"], explained["result"]["stars"], explained["result"]["agrees"]) == (
        "91", 91, 3, True,
    )  # fmt: skip
    assert [step["phase"] for step in explained["steps"]] == ["self_review", "peer_review", "committee_review", "publicity", "confirmed"]
    assert explained["counts"]


async def test_what_is_reversed_after_publication_changes_no_explanation(confirmed: Half) -> None:
    await confirmed.to("confirmed")
    path = f"/members/{confirmed.id('m1')}/explanation?period=2026-H1"
    before = await confirmed.town.do("GET", path, by=confirmed.of("m1"))
    entry = before["points"]["entries"][0]["id"]
    await confirmed.town.do("POST", f"/entries/{entry}/reversal", {"reason": "记错"}, confirmed.town.secretary)
    assert await confirmed.town.do("GET", path, by=confirmed.of("m1")) == before
    assert (await confirmed.town.points("m1"))["total"] == 0


async def test_who_stands_in_no_review_is_explained_by_its_points(confirmed: Half) -> None:
    explained = await confirmed.town.do("GET", f"/members/{confirmed.id('m7')}/explanation?period=2026-H1", by=confirmed.of("m7"))
    assert (explained["review_id"], explained["points"]["total"], explained["result"]) == (None, 0, None)


@pytest.mark.spec("11.6")
async def test_the_committees_part_is_not_told_before_publication(half: Half) -> None:
    await half.closed()
    await half.score(91)
    explained = await half.town.do("GET", f"/members/{half.id('m1')}/explanation?period=2026-H1", by=half.of("m1"))
    assert explained["committee"] is None
    assert explained["result"] is None
    assert explained["peer"]["shown"] == 80
