"""Self reviews and the committee review by REST: who writes, who reads and when, recusal by named kin, what goes up to the town."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.evaluation.builders_review import Half, members, running_half, scores

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        yield half


@pytest.fixture
async def team(half: Half) -> Half:
    """The same, with the committee at work."""
    await half.closed()
    return half


def self_review(**more: object) -> dict[str, Any]:
    return {"achievements": "带头学习", "shortcomings": "联系群众不够", "pledges": [], "scores": scores(17.5), **more}


# Self reviews


@pytest.mark.spec("1.7", "2.6", "6.15a", "6.15c")
async def test_a_member_writes_and_reads_its_own_self_review(half: Half) -> None:
    path, by = f"/self-reviews/{half.id('m5')}", half.of("m5")
    await half.refused("no_self_review", "GET", path, by=by)
    await half.do("PUT", path, self_review(shortcomings="无"), by)
    await half.do("PUT", path, self_review(), by)
    assert await half.do("GET", path, by=by) == {"member_id": half.id("m5"), **self_review(on_paper=False)}


@pytest.mark.spec("6.16", "9.10")
async def test_a_self_review_is_read_by_nobody_else_before_the_committee_sits(half: Half) -> None:
    path = f"/self-reviews/{half.id('m5')}"
    await half.do("PUT", path, self_review(), half.of("m5"))
    await half.refused("wrong_phase", "GET", path, by=half.committee)
    for by in (half.of("m6"), half.town.secretary, half.town.officer, half.town.roster.admin):
        await half.refused("not_allowed", "GET", path, by=by)

    await half.closed()

    assert (await half.do("GET", path, by=half.committee))["achievements"] == "带头学习"
    await half.refused("not_allowed", "GET", path, by=half.of("m6"))
    sheet = await half.do("GET", "/committee-sheet", by=half.committee)
    written = {row["member_id"]: row["self_review"] for row in sheet["items"]}
    assert written[half.id("m5")]["shortcomings"] == "联系群众不够"
    assert written[half.id("m6")] is None


async def test_the_secretary_keys_in_what_is_on_paper_and_never_over_the_members_own(half: Half) -> None:
    path = f"/self-reviews/{half.id('m5')}"
    await half.refused("on_paper", "PUT", path, self_review())
    await half.refused("on_paper", "PUT", path, self_review(on_paper=True), half.of("m5"))
    await half.do("PUT", path, self_review(on_paper=True))
    await half.do("PUT", path, self_review(), half.of("m5"))
    await half.refused("own_self_review_exists", "PUT", path, self_review(on_paper=True))


async def test_a_self_review_speaks_of_the_members_own_pledges(half: Half) -> None:
    half_of = half.of("m5")
    body = {
        "member_id": half.id("m5"), "period": "2026-H1", "theme": "helping", "action": "结对", "target": "三户", "due_on": "2026-06-30",
    }  # fmt: skip
    pledge = (await half.town.do("POST", "/pledges", body, half_of))["id"]
    said = [{"pledge_id": pledge, "outcome": "partly", "note": "两户已完成"}]
    await half.do("PUT", f"/self-reviews/{half.id('m5')}", self_review(pledges=said), half_of)
    problem = await half.refused("not_own_pledge", "PUT", f"/self-reviews/{half.id('m6')}", self_review(pledges=said), half.of("m6"))
    assert problem["errors"][0]["pointer"] == "/pledges/0/pledge_id"


@pytest.mark.parametrize(
    "bad",
    [
        {"scores": scores(20.01)},
        {"scores": scores(1.125)},
        {"scores": {}},
        {"scores": {**scores(1), "zeal": 1}},
        {"achievements": " "},
        {"pledges": [{"pledge_id": NOBODY, "outcome": "great"}]},
        {"mood": "good"},
    ],
)
async def test_a_self_review_that_is_not_right_is_refused(half: Half, bad: dict[str, object]) -> None:
    answer = await half.town.send("PUT", f"{half.path}/self-reviews/{half.id('m5')}", self_review(**bad), half.of("m5"))
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_once_the_peers_have_begun_no_self_review_is_taken(half: Half) -> None:
    await half.to("peer_review")
    await half.refused("wrong_phase", "PUT", f"/self-reviews/{half.id('m5')}", self_review(), half.of("m5"))


# The committee


@pytest.mark.spec("3.22", "6.40")
async def test_the_sheet_shows_what_the_team_looks_at_and_only_in_its_phase(half: Half) -> None:
    await half.refused("wrong_phase", "GET", "/committee-sheet", by=half.committee)
    await half.town.record("m5", "study", "2026-03-02")
    await half.closed(18)
    sheet = await half.do("GET", "/committee-sheet", by=half.committee)
    row = next(row for row in sheet["items"] if row["member_id"] == half.id("m5"))
    assert (sheet["mode"], sheet["deviation_limit"], sheet["minimum_members"]) == ("agreed", 10, 3)
    assert row["points"] == {"base": 5, "bonus": 0, "deductions": 0, "total": 5}
    assert (row["peer"], row["peer_scores"], row["reference"], row["committee"]) == (90, 6, 47.5, None)
    for by in (half.town.secretary, half.of("m5"), half.town.roster.admin):
        await half.refused("not_allowed", "GET", "/committee-sheet", by=by)


@pytest.mark.spec("4.5", "6.40")
async def test_the_sheet_says_what_came_of_each_pledge(half: Half) -> None:
    promise = {"member_id": half.id("m5"), "period": "2026-H1", "theme": "helping", "action": "帮扶", "target": "两户"}
    kept, other = [
        (await half.town.do("POST", "/pledges", {**promise, "due_on": due_on}, half.of("m5")))["id"]
        for due_on in ("2026-06-01", "2026-06-30")
    ]
    for pledge in (kept, other):
        await half.town.do("POST", f"/pledges/{pledge}/review", {"decision": "approved"}, half.town.secretary)
    body = {"branch_id": half.town.places["north"], "on": "2026-07-01", "pledge_ids": [kept, other]}
    await half.town.do("POST", "/announcements", body, half.town.secretary)
    await half.town.do("POST", f"/pledges/{kept}/evaluation", {"outcome": "partly", "reason": "只走访一户"}, half.town.secretary)
    await half.closed()
    position = half.town.app.state.service.log.head()
    sheet = await half.do("GET", f"/committee-sheet?min_position={position}", by=half.committee)
    pledges = {row["member_id"]: row["pledges"] for row in sheet["items"]}
    assert pledges[half.id("m6")] == []
    assert [(one["pledge_id"], one["theme"], one["state"], one["outcome"]) for one in pledges[half.id("m5")]] == [
        (kept, "helping", "evaluated", "partly"),
        (other, "helping", "announced", None),
    ]


@pytest.mark.spec("6.43")
async def test_a_score_away_from_the_reference_needs_a_reason(team: Half) -> None:
    problem = await team.refused("reason_missing", "PUT", "/committee-scores", team.sheet(51, "m5"), team.committee)
    assert problem["errors"][0]["pointer"] == f"/scores/{team.id('m5')}/reason"
    await team.do("PUT", "/committee-scores", team.sheet(50, "m5"), team.committee)
    await team.do("PUT", "/committee-scores", team.sheet(51, "m5", reason="群众反映突出"), team.committee)
    sheet = await team.do("GET", "/committee-sheet", by=team.committee)
    given = next(row["committee"] for row in sheet["items"] if row["member_id"] == team.id("m5"))
    assert given == {"score": 51, "by": {}, "by_town": False, "recused": [], "reason": "群众反映突出"}


async def test_named_kin_recuses_and_too_few_left_go_up_to_the_town(team: Half) -> None:
    for name, other in (("m1", "m6"), ("m2", "m6")):
        kin = {"kin": [{"member_id": team.id(other), "from": "2020-01-01"}]}
        await team.town.roster.do("PUT", f"/members/{team.id(name)}/kin", kin, by=team.of(name))
    sheet = await team.do("GET", "/committee-sheet", by=team.committee)
    row = next(row for row in sheet["items"] if row["member_id"] == team.id("m6"))
    assert (set(row["recused"]), row["up_to_town"]) == ({team.id("m1"), team.id("m2")}, True)

    problem = await team.refused("escalated", "PUT", "/committee-scores", team.sheet(40, "m5", "m6"), team.committee)
    assert problem["escalated"] == [team.id("m6")]
    await team.do("PUT", "/committee-scores", team.sheet(40, *(set(members(7)) - {"m6"})), team.committee)
    problem = await team.refused("scores_missing", "POST", "/phase", {"to": "publicity"})
    assert problem["missing"] == [team.id("m6")]

    put: dict[str, Any] = {"attendees": [], "scores": {team.id("m6"): {"score": 77}}}
    await team.refused("reason_missing", "PUT", "/committee-scores", put, team.town.officer)
    put["scores"][team.id("m6")]["reason"] = "班子回避"
    await team.do("PUT", "/committee-scores", put, team.town.officer)
    await team.to("publicity")
    explained = await team.town.do("GET", f"/members/{team.id('m6')}/explanation?period=2026-H1", by=team.of("m6"))
    assert (explained["committee"]["by_town"], explained["committee"]["reason"]) == (True, "班子回避")
    assert (set(explained["committee"]["recused"]), explained["committee"]["went_up"]) == ({team.id("m1"), team.id("m2")}, True)


async def test_kin_counts_from_its_day_to_its_last(team: Half) -> None:
    kin = {"kin": [{"member_id": team.id("m6"), "from": "2020-01-01", "to": "2026-06-30"}]}
    await team.town.roster.do("PUT", f"/members/{team.id('m1')}/kin", kin, by=team.of("m1"))
    sheet = await team.do("GET", "/committee-sheet", by=team.committee)
    assert next(row["recused"] for row in sheet["items"] if row["member_id"] == team.id("m6")) == []


async def test_without_the_roster_the_sheet_is_read_and_nobody_is_scored(team: Half) -> None:
    with team.town.roster_answers(lambda _: httpx.Response(500)):
        sheet = await team.do("GET", "/committee-sheet", by=team.committee)
        assert {row["recused"] for row in sheet["items"]} == {None}
        problem = await team.refused("unavailable", "PUT", "/committee-scores", team.sheet(40), team.committee)
    assert problem["status"] == 503


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"attendees": [NOBODY]}, "not_of_committee"),
        ({"scores": {NOBODY: {"score": 40}}}, "not_rated"),
        ({"scores": {}}, "invalid"),
        ({"scores": {"x": {"score": 40}}}, "invalid"),
        ({"other_attendees": -1}, "invalid"),
        ({"other_attendees": True}, "invalid"),
        ({"chair": "x"}, "invalid"),
    ],
)
async def test_a_sheet_that_is_not_right_is_refused(team: Half, change: dict[str, object], code: str) -> None:
    problem = await team.refused(code, "PUT", "/committee-scores", {**team.sheet(40, "m5"), **change}, team.committee)
    assert problem["status"] == 422


@pytest.mark.parametrize("score", [100.01, -1, 40.125, "40", True, None, [40]])
async def test_a_score_that_is_none_is_refused(team: Half, score: object) -> None:
    body = team.sheet(40, "m5")
    body["scores"][team.id("m5")]["score"] = score
    answer = await team.town.send("PUT", f"{team.path}/committee-scores", body, team.committee)
    assert answer.status_code == 422


@pytest.mark.spec("1.9")
async def test_scores_are_put_by_committee_and_town_alone(team: Half) -> None:
    for by in (team.town.secretary, team.of("m5"), team.town.roster.admin, team.town.roster.token("committee_member", "south")):
        await team.refused("not_allowed", "PUT", "/committee-scores", team.sheet(40), by)


async def test_under_mean_the_exact_mean_of_the_team_is_the_result(tmp_path: Path) -> None:
    async with running_half(tmp_path, committee={"mode": "mean"}) as half:
        await half.open()
        await half.closed()
        given = dict(zip(members(4), (Decimal("89.49"), Decimal("89.5"), Decimal("89.49"), Decimal("89.5")), strict=True))
        each = {
            half.id(name): {"by": {half.id(one): float(score) for one, score in given.items() if one != name}, "reason": "集体评议"}
            for name in members(7)
        }
        body = {"attendees": [half.id(name) for name in members(4)], "scores": each}
        await half.do("PUT", "/committee-scores", body, half.committee)
        await half.to("publicity")
        result = (await half.results())[half.id("m7")]
        assert (result["committee"], result["result"], result["stars"]) == (89.5, 89.5, 2)
