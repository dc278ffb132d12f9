"""The year by REST: the annual meeting with its votes, recommendations, rotating flags, and what of them the board is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders_review import Half, members, running_half

HELD_ON = "2027-03-02"
NO_CERTIFICATE = {"working_days": 0}


async def year_of(half: Half, *scores: float) -> None:
    """The branch reviews both half-years of 2026 with the same scores for everybody, and the clock comes to the meeting."""
    for period, clock, score in zip(("2026-H1", "2026-H2"), ("2026-07-02", "2027-01-05"), scores, strict=True):
        if period == "2026-H2":
            await half.town.move_clock(f"{clock}T02:00:00Z")
        await half.open(period=period)
        await half.published(score)
        await half.to("confirmed")
    await half.town.move_clock(f"{HELD_ON}T08:00:00Z")


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path, count=6, publicity=NO_CERTIFICATE) as half:
        await year_of(half, 91, 75)
        yield half


def votes(**given: int) -> dict[str, int]:
    """Votes for grades; the rest got none."""
    return {"excellent": 0, "qualified": 0, "basically_qualified": 0, "unqualified": 0, **given}


def meeting(half: Half, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    """A meeting of all six: the first two are excellent, the others qualified."""
    grades = {half.id(name): {"grade": "qualified", "votes": votes(qualified=5, unqualified=1)} for name in members(6)}
    grades |= {half.id(name): {"grade": "excellent", "votes": votes(excellent=4, qualified=2)} for name in members(2)}
    return {
        "branch_id": half.town.places["north"], "year": 2026, "held_on": HELD_ON, "present": [half.id(name) for name in members(6)],
        "grades": grades, "half_years": {"2026-H1": "confirmed", "2026-H2": "confirmed"}, **changed,
    }  # fmt: skip


async def held(half: Half, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    answer: dict[str, Any] = await half.town.do("POST", "/annual-reviews", meeting(half, **changed), half.town.secretary)
    return answer


async def refused(half: Half, code: str, by: str | None = None, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    return await half.town.refused(code, "POST", "/annual-reviews", meeting(half, **changed), by or half.town.secretary)


# The meeting


@pytest.mark.spec("2.9", "7.3")
async def test_a_meeting_is_held_and_kept_with_its_votes(half: Half) -> None:
    made = await held(half)
    assert (made["state"], made["warnings"]) == ("held", [])
    told = await half.town.do("GET", f"/annual-reviews/{made['id']}", by=half.of("m3"))
    assert (len(told["entitled"]), len(told["present"]), told["quorum"], told["majority"]) == (6, 6, 3, 4)
    assert told["grades"][half.id("m1")] == {"grade": "excellent", "votes": votes(excellent=4, qualified=2)}
    assert told["half_years"]["2026-H2"] | {"review_id": ""} == {"said": "confirmed", "review_id": "", "confirmed": True, "corrections": 0}
    assert told["half_years"]["2026-H2"]["review_id"] == half.review
    assert told["recorded_at"] == "2027-03-02T08:00:00Z"


@pytest.mark.spec("7.7")
async def test_with_fewer_than_half_present_nobody_is_graded_and_the_branch_meets_again(half: Half) -> None:
    made = await held(half, present=[half.id("m1"), half.id("m2")], grades={})
    assert made["state"] == "no_quorum"
    assert made["warnings"] == [
        {
            "code": "no_quorum", "detail": "2 of 6 entitled were present, 3 are needed; nobody was graded.",
            "entitled": 6, "present": 2, "needed": 3,
        },
    ]  # fmt: skip
    told = await half.town.do("GET", f"/annual-reviews/{made['id']}", by=half.town.officer)
    assert (told["grades"], told["half_years"]) == ({}, {})
    assert (await held(half))["state"] == "held"
    assert (await refused(half, "annual_review_held"))["annual_review_id"] != made["id"]


async def test_grades_of_a_meeting_without_quorum_are_not_taken(half: Half) -> None:
    few = {half.id("m1"): {"grade": "excellent", "votes": votes(excellent=2)}}
    made = await held(half, present=[half.id("m1"), half.id("m2")], grades=few)
    assert made["state"] == "no_quorum"
    listed = await half.seen(f"/branches/{half.town.places['north']}/recommendations?year=2026")
    assert {row["grade"] for row in listed["items"]} == {None}


async def test_votes_that_add_up_to_more_than_present_are_refused(half: Half) -> None:
    grades = {half.id("m1"): {"grade": "qualified", "votes": votes(qualified=4, unqualified=3)}}
    said = await refused(half, "more_votes_than_present", grades=grades)
    assert said["errors"] == [{"pointer": f"/grades/{half.id('m1')}/votes", "detail": "7 votes, 6 present"}]


@pytest.mark.spec("7.3")
async def test_there_are_four_grades(half: Half) -> None:
    four = ("excellent", "qualified", "basically_qualified", "unqualified")
    grades = {half.id(name): {"grade": grade, "votes": votes(**{grade: 6})} for name, grade in zip(members(4), four, strict=True)}
    wrong = {**grades, half.id("m5"): {"grade": "good", "votes": votes(qualified=6)}}
    assert (await refused(half, "invalid", grades=wrong))["errors"][0]["pointer"] == f"/grades/{half.id('m5')}/grade"
    made = await held(half, grades=grades)
    told = await half.town.do("GET", f"/annual-reviews/{made['id']}", by=half.town.secretary)
    assert {half.id(name): told["grades"][half.id(name)]["grade"] for name in members(4)} == dict(zip(grades, four, strict=True))


async def test_a_grade_without_more_than_half_of_those_entitled_is_refused(half: Half) -> None:
    grades = {half.id("m1"): {"grade": "qualified", "votes": votes(qualified=3)}}
    assert (await refused(half, "majority_missing", grades=grades))["status"] == 422


@pytest.mark.spec("7.6")
async def test_more_than_a_third_excellent_needs_a_reason_and_is_a_warning(half: Half) -> None:
    grades = {half.id(name): {"grade": "excellent", "votes": votes(excellent=6)} for name in members(3)}
    grades |= {half.id(name): {"grade": "qualified", "votes": votes(qualified=6)} for name in members(6)[3:]}
    await refused(half, "excellent_reason_missing", grades=grades)
    made = await held(half, grades=grades, excellent_reason="抗洪抢险表现突出")
    (warning,) = made["warnings"]
    assert (warning["code"], warning["excellent"], warning["graded"], warning["share"]) == ("too_many_excellent", 3, 6, "1/3")
    assert (await half.town.do("GET", f"/annual-reviews/{made['id']}", by=half.town.secretary))["excellent_reason"] == "抗洪抢险表现突出"


async def test_who_got_no_grade_is_named(half: Half) -> None:
    everybody = meeting(half)["grades"]
    del everybody[half.id("m2")]
    (warning,) = (await held(half, grades=everybody))["warnings"]
    assert (warning["code"], warning["member_ids"]) == ("without_grade", [half.id("m2")])


async def test_strangers_have_no_vote_and_get_no_grade(half: Half) -> None:
    await half.town.join("far", "south")
    await refused(half, "not_entitled", present=[half.id("m1"), half.id("m1")])
    await refused(half, "not_entitled", present=[half.town.members["far"]])
    await refused(half, "not_gradable", grades={half.town.members["far"]: {"grade": "qualified", "votes": votes(qualified=6)}})


@pytest.mark.spec("6.35")
async def test_a_probationary_member_takes_part_and_gets_no_grade(half: Half) -> None:
    young = await half.town.join("young", "north", status="probationary", in_branch_since="2026-09-01")
    present = [*meeting(half)["present"], young]
    await refused(half, "not_gradable", present=present, grades={young: {"grade": "qualified", "votes": votes(qualified=6)}})
    told = await held(half, present=present)
    assert told["warnings"] == []
    assert (await half.town.do("GET", f"/annual-reviews/{told['id']}", by=half.town.secretary))["majority"] == 4


@pytest.mark.spec("7.3")
@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("meeting_in_future", {"held_on": "2027-03-03"}),
        ("meeting_before_year", {"held_on": "2025-12-31"}),
        ("half_years_not_looked_at", {"half_years": {"2026-H1": "confirmed"}}),
        ("half_years_not_looked_at", {"half_years": {"2026-H1": "confirmed", "2025-H2": "confirmed"}}),
        ("half_years_not_looked_at", {"half_years": {"2026-H1": "corrected", "2026-H2": "confirmed"}}),
        ("invalid", {"half_years": {"2026-H1": "fine", "2026-H2": "confirmed"}}),
        ("invalid", {"grades": {"x": {"grade": "qualified", "votes": {}}}}),
    ],
)
async def test_a_meeting_that_can_not_be_right_is_refused(half: Half, code: str, changed: dict[str, Any]) -> None:
    assert (await refused(half, code, **changed))["status"] == 422


async def test_who_may_hold_and_read(half: Half) -> None:
    await half.town.join("far", "south")
    for by in (half.of("m1"), half.town.officer, half.town.roster.token("branch_secretary", "south")):
        await refused(half, "not_allowed", by=by)
    made = await held(half)
    await half.town.refused("not_allowed", "GET", f"/annual-reviews/{made['id']}", by=half.town.of("far"))
    await half.town.refused("unknown_annual_review", "GET", f"/annual-reviews/{half.id('m1')}", by=half.town.secretary)


async def test_a_repeated_key_gives_the_first_answer(half: Half) -> None:
    sent = [
        await half.town.send("POST", "/annual-reviews", meeting(half), half.town.secretary, **{"Idempotency-Key": "one"}) for _ in range(2)
    ]
    assert [one.status_code for one in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()


# What the boards are told


@pytest.mark.spec("9.3")
async def test_each_excellent_one_is_honoured_on_the_branchs_board(half: Half) -> None:
    made = await held(half)
    told = [one["data"] for one in await events(half, "honours.honour-given.v1")]
    assert [one["member_id"] for one in told] == [half.id("m1"), half.id("m2")]
    assert {(one["organization_id"], one["branch_id"], one["year"]) for one in told} == {(half.town.places["north"], None, 2026)}
    assert {one["annual_review_id"] for one in told} == {made["id"]}


async def events(half: Half, topic: str) -> list[dict[str, Any]]:
    page = await half.town.do("GET", f"/events?after=0&types={topic}&limit=500", by=half.town.roster.admin)
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_the_obligation_of_the_year_is_met_by_a_held_meeting(half: Half) -> None:
    await held(half, present=[half.id("m1")], grades={})
    assert [one["state"] for one in await annual_obligations(half)] == ["open"]
    await held(half)
    assert [(one["state"], one["since"]) for one in await annual_obligations(half)] == [("met", HELD_ON)]


async def annual_obligations(half: Half) -> list[dict[str, Any]]:
    told = await half.seen(f"/obligations?organization_id={half.town.places['north']}")
    return [one for one in told["items"] if one["kind"] == "annual_review_held" and one["about"]["period"] == "2026"]


# Recommendations


@pytest.mark.spec("1.10")
async def test_recommendations_stand_by_flags_stars_and_mean_score_and_ties_share_a_place(tmp_path: Path) -> None:
    async with running_half(tmp_path, count=6, publicity=NO_CERTIFICATE) as half:
        await half.open()
        await half.closed()
        await half.score(91)
        await half.score(95, "m2", "m3")
        await half.score(59, "m4")
        await half.to("publicity")
        await half.to("confirmed")
        listed = await half.seen(f"/branches/{half.town.places['north']}/recommendations?year=2026")
        by_name = {half.id(name): name for name in members(6)}
        rows = [(one["place"], by_name[one["member_id"]], one["flags"], one["stars"], one["mean_score"]) for one in listed["items"]]
    assert set(rows[:2]) == {(1, "m2", 1, 3, 95), (1, "m3", 1, 3, 95)}
    assert {row[0] for row in rows[2:5]} == {3}
    assert rows[5] == (6, "m4", 0, 0, 59)


async def test_recommendations_show_the_grades_and_a_mean_over_both_half_years(half: Half) -> None:
    await held(half)
    listed = await half.seen(f"/branches/{half.town.places['north']}/recommendations?year=2026", half.town.officer)
    first = next(row for row in listed["items"] if row["member_id"] == half.id("m1"))
    assert (first["name"], first["flags"], first["stars"], first["mean_score"], first["grade"]) == ("王秀兰", 2, 5, 83, "excellent")
    assert (await half.seen(f"/branches/{half.town.places['north']}/recommendations?year=2025"))["items"] == []
    await half.town.refused("not_allowed", "GET", f"/branches/{half.town.places['north']}/recommendations?year=2026", by=half.of("m1"))


# Rotating flags


def flag(half: Half, year: int, **holder: str) -> dict[str, Any]:
    return {"holder": holder, "year": year, "organization_id": half.town.places["town"]}


@pytest.mark.spec("2.11", "7.11")
async def test_a_flag_goes_from_holder_to_holder_and_the_chain_is_kept(half: Half) -> None:
    officer, town = half.town.officer, half.town
    first = await town.do("POST", "/rotating-flags", flag(half, 2025, branch_id=town.places["north"]), officer)
    other = await town.do("POST", "/rotating-flags", flag(half, 2025, member_id=half.id("m1")), officer)
    second = await town.do("POST", "/rotating-flags", flag(half, 2026, branch_id=town.places["south"]), officer)
    assert (first["taken_over_from"], other["taken_over_from"], second["taken_over_from"]) == ([], [], [first["id"]])
    chain = (await half.seen(f"/rotating-flags?organization_id={town.places['town']}", officer))["items"]
    assert [(one["year"], one["holder"]["kind"], one["is_held"]) for one in chain] == [
        (2025, "branch", False), (2025, "member", True), (2026, "branch", True),
    ]  # fmt: skip
    of_year = (await half.seen(f"/rotating-flags?organization_id={town.places['town']}&year=2026", half.of("m1")))["items"]
    assert [one["id"] for one in of_year] == [second["id"]]
    told = [one["data"] for one in await events(half, "honours.flag-handed-on.v1")]
    assert [(one["award_id"], one["branch_id"], one["member_id"]) for one in told][1] == (other["id"], None, half.id("m1"))


@pytest.mark.spec("7.10")
async def test_a_flag_that_can_not_be_handed_on_is_refused(half: Half) -> None:
    town = half.town
    await town.do("POST", "/rotating-flags", flag(half, 2026, branch_id=town.places["north"]), town.officer)
    own = {"holder": {"member_id": half.id("m1")}, "year": 2026, "organization_id": town.places["south"]}
    south = town.roster.token("branch_secretary", "south")
    for code, body, by in [
        ("flag_held_already", flag(half, 2026, branch_id=town.places["north"]), town.officer),
        ("flag_taken_over", flag(half, 2025, branch_id=town.places["south"]), town.officer),
        ("flag_of_future", flag(half, 2028, branch_id=town.places["north"]), town.officer),
        ("holder_missing", flag(half, 2026), town.officer),
        ("holder_missing", flag(half, 2026, branch_id=town.places["north"], member_id=half.id("m1")), town.officer),
        ("holder_outside", flag(half, 2026, branch_id=town.places["town"]), town.officer),
        ("holder_outside", own, south),
        ("not_allowed", flag(half, 2026, branch_id=town.places["south"]), south),
    ]:
        await town.refused(code, "POST", "/rotating-flags", body, by)
