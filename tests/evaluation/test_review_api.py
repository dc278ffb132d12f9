"""A review by REST from its opening to its stars: what each step answers, who may take it, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.evaluation.builders import rules_json
from tests.evaluation.builders_review import Half, members, rules, running_half

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path, publicity={"working_days": 0}) as half:
        yield half


@pytest.mark.spec("6.16")
async def test_a_review_goes_from_opening_to_stars(half: Half) -> None:
    assert await half.open() == {"id": half.review, "phase": "self_review", "rated": 7, "raters": 7}
    await half.published(91.5)
    await half.to("confirmed")

    assert (await half.results())[half.id("m1")] == {
        "member_id": half.id("m1"),
        "points": 0,
        "peer": 80,
        "peer_scores": 6,
        "reference": 40,
        "committee": 91.5,
        "result": 91.5,
        "stars": 3,
        "original": None,
    }
    assert await half.seen(f"/members/{half.id('m1')}/standing", half.of("m1")) == {
        "periods": [{"period": "2026-H1", "score": 91.5, "stars": 3}],
        "stars": 3,
        "flags": 1,
        "flags_by_year": {"2026": 1},
    }


# Opening


@pytest.mark.spec("6.8")
async def test_the_electorate_is_kept_whatever_the_roster_says_later(half: Half) -> None:
    await half.open()
    place = {"branch_id": half.town.places["south"], "on": "2026-06-30", "reason": "调动"}
    await half.town.roster.do("POST", f"/members/{half.id('m7')}/transfer", place)
    told = await half.do("GET", "")
    assert [member["member_id"] for member in told["members"]] == sorted(half.id(name) for name in members(7))
    assert sorted(told["committee"]) == sorted(half.id(name) for name in members(4))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"period": "2026-H2"}, "electorate_in_future"),
        ({"period": "2026-H2", "electorate_on": "2026-07-03"}, "electorate_in_future"),
        ({"period": "2027-H1"}, "half_year_not_begun"),
        ({"electorate_on": "2026-07-01"}, "electorate_outside_half_year"),
        ({"electorate_on": "2026-02-30"}, "invalid"),
        ({"period": "2026-H3"}, "invalid"),
        ({"excused": [{"member_id": NOBODY, "reason": "病"}]}, "excused_stranger"),
        ({"rulebook_id": NOBODY}, "other_rulebook"),
        ({"branch": "x"}, "invalid"),
    ],
)
async def test_an_opening_that_can_not_be_right_is_refused(half: Half, body: dict[str, object], code: str) -> None:
    wanted = {"branch_id": half.town.places["north"], "period": "2026-H1", **body}
    problem = await half.town.refused(code, "POST", "/reviews", wanted, half.town.secretary)
    assert problem["status"] == 422
    assert problem["errors"]


async def test_a_running_half_year_is_opened_with_an_earlier_day(half: Half) -> None:
    opened = await half.open(period="2026-H2", electorate_on="2026-07-02")
    assert opened["rated"] == 7


@pytest.mark.spec("6.6b")
async def test_a_review_long_past_is_allowed_and_late(half: Half) -> None:
    await half.open(period="2025-H1")
    told = await half.do("GET", "")
    assert told["opened_late"]
    assert told["deadlines"]["opened"] == "2025-07-10"


async def test_an_unknown_branch_is_404_and_a_group_is_no_branch(half: Half) -> None:
    body = {"branch_id": NOBODY, "period": "2026-H1"}
    await half.town.refused("unknown_organization", "POST", "/reviews", body, half.town.secretary)
    body["branch_id"] = half.town.places["first"]
    await half.town.refused("not_a_branch", "POST", "/reviews", body, half.town.secretary)


@pytest.mark.spec("1.8")
async def test_another_branchs_secretary_the_town_and_members_open_nothing(half: Half) -> None:
    body = {"branch_id": half.town.places["north"], "period": "2026-H1"}
    for by in (half.town.roster.token("branch_secretary", "south"), half.town.officer, half.of("m1"), half.committee):
        await half.town.refused("not_allowed", "POST", "/reviews", body, by)


@pytest.mark.spec("6.5", "6.13")
async def test_a_branch_has_one_review_a_half_year_until_it_is_annulled(half: Half) -> None:
    first = (await half.open())["id"]
    problem = await half.town.refused(
        "review_exists", "POST", "/reviews", {"branch_id": half.town.places["north"], "period": "2026-H1"}, half.town.secretary
    )
    assert problem["review_id"] == first
    await half.refused("not_allowed", "POST", "/annulment", {"reason": "名单有误"})
    await half.do("POST", "/annulment", {"reason": "名单有误"}, half.town.officer)
    await half.refused("wrong_phase", "POST", "/annulment", {"reason": "名单有误"}, half.town.officer)
    assert (await half.open())["rated"] == 7
    assert half.review != first


@pytest.mark.spec("3.5")
async def test_a_review_keeps_the_version_that_its_half_year_began_with(half: Half) -> None:
    book = f"/rulebooks/{half.town.places['town']}"
    raised = {"rules": rules_json(rules(publicity={"working_days": 0}, committee={"deviation_limit": 20}))}
    await half.town.do("POST", f"{book}/versions", raised, half.town.officer_named("m1"))
    await half.town.do("POST", f"{book}/versions/2/adoption", {}, half.town.officer_named("m2"))
    await half.town.move_clock("2027-01-04T02:00:00Z")
    kept = {}
    for period, more in (("2026-H2", {}), ("2027-H1", {"electorate_on": "2027-01-03"})):
        await half.open(period=period, **more)
        told = await half.do("GET", "")
        kept[period] = (told["rulebook_id"], told["version"])
        await half.closed()
        assert (await half.do("GET", "/committee-sheet", by=half.committee))["deviation_limit"] == (10 if period == "2026-H2" else 20)
    assert kept == {"2026-H2": (half.town.places["town"], 1), "2027-H1": (half.town.places["town"], 2)}


async def test_of_two_who_open_at_once_one_opens(half: Half) -> None:
    body = {"branch_id": half.town.places["north"], "period": "2026-H1"}
    answers = await asyncio.gather(*(half.town.send("POST", "/reviews", body, half.town.secretary) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json().get("code") for answer in answers if answer.status_code == 409} == {"review_exists"}


@pytest.mark.spec("6.11")
async def test_a_member_is_rated_once_a_half_year(half: Half) -> None:
    await half.open(electorate_on="2026-03-01")
    place = {"branch_id": half.town.places["south"], "on": "2026-05-01", "reason": "调动"}
    await half.town.roster.do("POST", f"/members/{half.id('m7')}/transfer", place)
    south = {"branch_id": half.town.places["south"], "period": "2026-H1"}
    secretary = half.town.roster.token("branch_secretary", "south")

    await half.town.refused("nobody_to_rate", "POST", "/reviews", south, secretary)

    other = await half.town.join("m8", "south")
    answer = await half.town.do("POST", "/reviews", south, secretary)
    told = await half.town.do("GET", f"/reviews/{answer['id']}", by=secretary)
    assert told["excused"] == [{"member_id": half.id("m7"), "cause": "rated_elsewhere", "reason": None}]
    assert [member["member_id"] for member in told["members"] if not member["excused"]] == [other]


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(500), httpx.Response(200, html="<p>hello"), httpx.Response(200), httpx.Response(200, json={"members": 3})],
    ids=["500", "HTML", "nothing", "nonsense"],
)
async def test_without_the_roster_nothing_is_opened(half: Half, answer: httpx.Response) -> None:
    await half.town.send("GET", f"/reviews?branch_id={half.town.places['north']}", by=half.town.secretary)  # the branch is known here
    with half.town.roster_answers(lambda _: answer):
        body = {"branch_id": half.town.places["north"], "period": "2026-H1"}
        problem = await half.town.refused("unavailable", "POST", "/reviews", body, half.town.secretary)
    assert problem["status"] == 503
    assert (await half.open())["rated"] == 7


# Phases and who is excused


@pytest.mark.spec("6.4")
async def test_steps_out_of_order_are_refused(half: Half) -> None:
    await half.open()
    for phase in ("self_review", "committee_review", "publicity", "confirmed", "annulled"):
        await half.refused("wrong_phase", "POST", "/phase", {"to": phase})
    await half.refused("invalid", "POST", "/phase", {"to": "nirvana"})
    await half.closed()
    for phase in ("peer_review", "committee_review", "confirmed"):
        await half.refused("wrong_phase", "POST", "/phase", {"to": phase})


async def test_of_two_who_take_the_same_step_at_once_one_takes_it(half: Half) -> None:
    await half.open()
    path = f"{half.path}/phase"
    answers = await asyncio.gather(*(half.town.send("POST", path, {"to": "peer_review"}, half.town.secretary) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


@pytest.mark.spec("1.8")
async def test_the_secretary_moves_and_only_the_town_does_without_a_quorum(half: Half) -> None:
    await half.open()
    await half.refused("secretary_only", "POST", "/phase", {"to": "peer_review"}, half.town.officer)
    await half.to("peer_review")
    for name in members(3):
        await half.cast(name)
    problem = await half.refused("quorum_not_reached", "POST", "/phase", {"to": "committee_review"})
    assert (problem["cast"], problem["may_vote"], problem["quorum"]) == (3, 7, "1/2")
    without = {"to": "committee_review", "without_quorum": "多数党员外出务工"}
    await half.refused("town_only", "POST", "/phase", without)
    await half.refused("reason_without_use", "POST", "/phase", {"to": "publicity", "without_quorum": "无"}, half.town.officer)
    await half.do("POST", "/phase", without, half.town.officer)

    told = await half.do("GET", "")
    assert told["without_peer_quorum"]
    assert told["without_quorum_reason"] == "多数党员外出务工"


@pytest.mark.spec("6.9")
async def test_members_see_turnout_and_neither_reasons_nor_who_voted(half: Half) -> None:
    await half.open(excused=[{"member_id": half.id("m7"), "reason": "长期患病"}])
    await half.to("peer_review")
    body = half.ballot("m1")
    del body["scores"][half.id("m7")]
    await half.do("PUT", f"/ballots/{half.id('m1')}", body, half.of("m1"))

    for_secretary, for_member = await half.do("GET", ""), await half.do("GET", "", by=half.of("m2"))

    assert for_secretary["excused"] == [{"member_id": half.id("m7"), "cause": "stated", "reason": "长期患病"}]
    assert for_secretary["turnout"] == {"cast": 1, "may_vote": 6, "quorum": "1/2", "is_quorate": False, "voted": [half.id("m1")]}
    assert for_member["excused"] is None
    assert for_member["turnout"] == {"cast": 1, "may_vote": 6, "quorum": "1/2", "is_quorate": False, "voted": None}


@pytest.mark.spec("6.10")
async def test_who_is_excused_later_keeps_its_ballot_and_gets_no_result(half: Half) -> None:
    await half.open()
    await half.to("peer_review")
    for name in members(7):
        await half.cast(name)
    await half.do("POST", "/excused", {"member_id": half.id("m7"), "reason": "突发疾病"})
    await half.refused("already_excused", "POST", "/excused", {"member_id": half.id("m7"), "reason": "突发疾病"})
    await half.refused("not_of_electorate", "POST", "/excused", {"member_id": NOBODY, "reason": "病"})
    await half.to("committee_review")
    await half.score(80, *members(6))
    await half.to("publicity")

    results = await half.results()
    assert results[half.id("m1")]["peer_scores"] == 6
    assert {value for name, value in results[half.id("m7")].items() if name != "member_id"} == {None}
    await half.refused("wrong_phase", "POST", "/excused", {"member_id": half.id("m6"), "reason": "病"})


async def test_results_are_for_those_who_run_and_watch_the_review(half: Half) -> None:
    await half.open()
    await half.refused("wrong_phase", "GET", "/results")
    await half.published()
    await half.refused("not_allowed", "GET", "/results", by=half.of("m2"))
    await half.refused("not_allowed", "GET", "/results", by=half.town.roster.token("branch_secretary", "south"))
    for by in (half.town.officer, half.committee, half.town.roster.token("county_supervisor", "county"), half.town.roster.admin):
        await half.do("GET", "/results", by=by)


# Lists


async def test_reviews_are_listed_within_what_the_caller_may_see(half: Half) -> None:
    await half.open()
    await half.to("peer_review")
    (listed,) = (await half.seen("/reviews?period=2026-H1&phase=peer_review", half.town.officer))["items"]
    assert (listed["id"], listed["branch_id"], listed["phase"], listed["rated"]) == (
        half.review,
        half.town.places["north"],
        "peer_review",
        7,
    )
    assert (await half.seen(f"/reviews?organization_id={half.town.places['county']}", half.town.roster.admin))["items"] == [listed]
    assert (await half.seen("/reviews", half.of("m1")))["items"] == [listed]
    assert (await half.seen("/reviews", half.town.roster.token("branch_secretary", "south")))["items"] == []
    assert (await half.seen("/reviews?phase=confirmed"))["items"] == []
    await half.town.refused("not_allowed", "GET", f"/reviews?branch_id={half.town.places['south']}", by=half.town.secretary)


async def test_the_list_goes_on_behind_its_cursor(half: Half) -> None:
    for year in (2023, 2024, 2025):
        await half.open(period=f"{year}-H2")
    first = await half.seen("/reviews?limit=2")
    rest = await half.seen(f"/reviews?limit=2&after={first['next']}")
    assert [one["period"] for one in first["items"] + rest["items"]] == ["2023-H2", "2024-H2", "2025-H2"]
    assert rest["next"] is None
    await half.town.refused("bad_cursor", "GET", "/reviews?after=bWFkZXVw", by=half.town.secretary)


async def test_an_unknown_review_is_404_whoever_asks(half: Half) -> None:
    for by in (half.town.secretary, half.of("m1")):
        problem = await half.town.refused("unknown_review", "GET", f"/reviews/{NOBODY}", by=by)
        assert problem["status"] == 404


async def test_an_opening_is_done_once_under_its_key(half: Half) -> None:
    body = {"branch_id": half.town.places["north"], "period": "2026-H1"}
    headers = {"Idempotency-Key": "opening"}
    first = await half.town.send("POST", "/reviews", body, half.town.secretary, **headers)
    again = await half.town.send("POST", "/reviews", body, half.town.secretary, **headers)
    assert (first.status_code, first.text, first.headers["Event-Position"]) == (201, again.text, again.headers["Event-Position"])
    other = await half.town.send("POST", "/reviews", {**body, "period": "2025-H2"}, half.town.secretary, **headers)
    assert other.json()["code"] == "key_reused"
