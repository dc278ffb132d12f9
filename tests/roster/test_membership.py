from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.roster.builders import Roster

UNKNOWN = "01890000-0000-7000-8000-000000000000"
TRANSFER = {"branch_id": "south", "on": "2026-06-01", "reason": "迁居"}


def placed(roster: Roster, body: dict[str, Any]) -> dict[str, Any]:
    return {name: roster.places.get(value, value) if isinstance(value, str) else value for name, value in body.items()}


async def test_a_member_is_read_as_it_was_entered(roster: Roster) -> None:
    one = await roster.join("𠮷永强", group="first", in_branch_since="2015-01-01", birth_date="1980-01-01")
    assert await roster.do("GET", f"/members/{one}") == {
        "id": one,
        "name": "𠮷永强",
        "branch_id": roster.places["north"],
        "group_id": roster.places["first"],
        "joined_on": "2010-07-01",
        "in_branch_since": "2015-01-01",
        "status": "full",
        "floating": None,
        "posts": [],
        "erased": False,
        "birth_date": "1980-01-01",
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"branch_id": UNKNOWN}, "unknown_organization"),
        ({"branch_id": "town"}, "not_a_branch"),
        ({"group_id": "far"}, "group_elsewhere"),
        ({"group_id": "south"}, "group_elsewhere"),
        ({"group_id": UNKNOWN}, "unknown_organization"),
        ({"joined_on": "2026-11-26"}, "in_the_future"),
        ({"joined_on": "2026-02-30"}, "invalid"),
        ({"in_branch_since": "2010-06-30"}, "dates_out_of_order"),
        ({"status": "deceased"}, "invalid"),
        ({"name": "   "}, "bad_name"),
        ({"name": "王" + "\u0301" * 1000}, "bad_name"),
        ({"name": 7}, "invalid"),
        ({"nickname": "兰"}, "invalid"),
        ({"birth_date": "2011-01-01"}, "dates_out_of_order"),
    ],
)
async def test_a_faulty_member_is_refused(roster: Roster, body: dict[str, Any], code: str) -> None:
    whole = {"name": "王秀兰", "branch_id": "north", "joined_on": "2010-07-01", "status": "full", **body}
    await roster.refused(code, "POST", "/members", placed(roster, whole))
    assert await roster.voters() == []


async def test_the_same_key_enters_a_member_once(roster: Roster) -> None:
    body = {"name": "王秀兰", "branch_id": roster.places["north"], "joined_on": "2010-07-01", "status": "full"}
    headers = {"Idempotency-Key": "first"}
    answers = [await roster.do("POST", "/members", body, **headers) for _ in range(3)]
    assert {answer["id"] for answer in answers} == set(await roster.voters())
    reused = await roster.send("POST", "/members", {**body, "name": "李强"}, **headers)
    assert (reused.status_code, reused.json()["code"]) == (422, "key_reused")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("transfer", {**TRANSFER, "branch_id": UNKNOWN}, "unknown_organization"),
        ("transfer", {**TRANSFER, "branch_id": "town"}, "not_a_branch"),
        ("transfer", {**TRANSFER, "group_id": "first"}, "group_elsewhere"),
        ("transfer", {**TRANSFER, "on": "2010-06-30"}, "before_coming"),
        ("transfer", {**TRANSFER, "on": "2026-02-30"}, "invalid"),
        ("transfer", {**TRANSFER, "on": "2062-06-01"}, "in_the_future"),
        ("transfer", {**TRANSFER, "branch_id": "north"}, "already_there"),
        ("transfer", {**TRANSFER, "reason": "  "}, "invalid"),
        ("transfer", {**TRANSFER, "why": "?"}, "invalid"),
        ("floating", {"since": "2026-01-01", "place": "兰州", "host_branch_id": UNKNOWN}, "unknown_organization"),
        ("floating", {"since": "2026-01-01", "place": "兰州", "host_branch_id": "town"}, "not_a_branch"),
        ("floating", {"since": "2026-01-01"}, "invalid"),
        ("return", {"on": "2026-01-01"}, "not_floating"),
        ("status", {"status": "full", "on": "2026-01-01", "reason": "-"}, "status_unchanged"),
        ("status", {"status": "retired", "on": "2026-01-01", "reason": "-"}, "invalid"),
        ("status", {"status": "deceased", "on": "2026-11-26", "reason": "-"}, "in_the_future"),
        ("posts", {"post": "secretary", "organization_id": "south", "from": "2026-01-01"}, "not_of_this_organization"),
        ("posts", {"post": "secretary", "organization_id": "first", "from": "2026-01-01"}, "post_elsewhere"),
        ("posts", {"post": "secretary", "organization_id": UNKNOWN, "from": "2026-01-01"}, "unknown_organization"),
        ("posts", {"post": "king", "organization_id": "north", "from": "2026-01-01"}, "invalid"),
        ("posts", {"post": "secretary", "organization_id": "north", "from": "2026-01-02", "to": "2026-01-01"}, "dates_out_of_order"),
    ],
)
async def test_a_faulty_change_is_refused_and_stores_nothing(roster: Roster, path: str, body: dict[str, Any], code: str) -> None:
    one = await roster.join()
    head = roster.app.state.service.log.head()
    await roster.refused(code, "POST", f"/members/{one}/{path}", placed(roster, body))
    await roster.refused("unknown_member" if code != "invalid" else "invalid", "POST", f"/members/{UNKNOWN}/{path}", placed(roster, body))
    assert roster.app.state.service.log.head() == head


async def test_floating_twice_and_a_status_after_death_are_refused(roster: Roster) -> None:
    one = await roster.join()
    away = {"since": "2026-01-01", "place": "兰州市", "host_branch_id": roster.places["south"]}
    await roster.do("POST", f"/members/{one}/floating", away)
    assert (await roster.do("GET", f"/members/{one}"))["floating"] == away
    await roster.refused("already_floating", "POST", f"/members/{one}/floating", away)
    await roster.do("POST", f"/members/{one}/return", {"on": "2026-02-01"})
    assert (await roster.do("GET", f"/members/{one}"))["floating"] is None
    await roster.do("POST", f"/members/{one}/status", {"status": "deceased", "on": "2026-03-01", "reason": "病逝"})
    for status in ("full", "left", "deceased"):
        body = {"status": status, "on": "2026-04-01", "reason": "-"}
        await roster.refused("member_deceased", "POST", f"/members/{one}/status", body)


async def test_of_two_officers_who_take_the_same_step_at_once_one_is_told_no(roster: Roster) -> None:
    one = await roster.join()
    officers = [roster.token("town_officer", "town", await roster.join(name)) for name in ("甲", "乙")]
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("floating", {"since": "2026-01-01", "place": "兰州"}, "already_floating"),
        ("transfer", placed(roster, TRANSFER), "already_there"),
        ("status", {"status": "suspended", "on": "2026-07-01", "reason": "组织决定"}, "status_unchanged"),
    ]
    for path, body, code in steps:
        answers = await asyncio.gather(*(roster.send("POST", f"/members/{one}/{path}", body, officer) for officer in officers))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert next(answer.json()["code"] for answer in answers if answer.status_code == 409) == code


async def test_many_different_facts_at_once_are_all_kept(roster: Roster) -> None:
    people = [await roster.join(f"党员{n}") for n in range(8)]
    body = {"status": "suspended", "on": "2026-07-01", "reason": "组织决定"}
    answers = await asyncio.gather(*(roster.send("POST", f"/members/{one}/status", body) for one in people))
    assert {answer.status_code for answer in answers} == {200}
    assert await roster.voters() == []


@pytest.mark.spec("4.2")
async def test_posts_are_shown_as_they_are_held(roster: Roster) -> None:
    one = await roster.join()
    post = {"post": "secretary", "organization_id": roster.places["north"], "from": "2026-01-01"}
    await roster.do("POST", f"/members/{one}/posts", post)
    assert (await roster.do("GET", f"/members/{one}"))["posts"] == [{**post, "to": None}]
    await roster.do("POST", f"/members/{one}/posts", {**post, "to": "2026-06-30"})
    assert (await roster.do("GET", f"/members/{one}"))["posts"] == [{**post, "to": "2026-06-30"}]


@pytest.mark.spec("1.10")
async def test_a_change_is_made_by_those_who_keep_that_part_of_the_roster(roster: Roster) -> None:
    other = await roster.found("town", "other", "county")
    elsewhere = await roster.found("branch", "elsewhere", "other")
    one = await roster.join()
    officer, secretary = roster.token("town_officer", "town"), roster.token("branch_secretary", "north")
    transfer, away = f"/members/{one}/transfer", f"/members/{one}/floating"
    await roster.refused("not_allowed", "POST", transfer, placed(roster, TRANSFER), roster.token("town_officer", other))
    await roster.refused("not_allowed", "POST", transfer, placed(roster, TRANSFER), secretary)
    await roster.refused("not_allowed", "POST", transfer, {**TRANSFER, "branch_id": elsewhere}, officer)
    await roster.refused("not_allowed", "POST", away, {"since": "2026-01-01", "place": "兰州"}, roster.token("branch_secretary", "south"))
    await roster.do("POST", away, {"since": "2026-01-01", "place": "兰州"}, secretary)
    await roster.do("POST", transfer, placed(roster, TRANSFER), officer)
    await roster.refused("not_allowed", "POST", f"/members/{one}/return", {"on": "2026-02-01"}, secretary)


async def test_the_feed_tells_what_other_services_follow(roster: Roster) -> None:
    one = await roster.join(group="first")
    await roster.do("POST", f"/members/{one}/transfer", placed(roster, TRANSFER), roster.token("town_officer", "town"))
    items = (await roster.do("GET", "/events?limit=1000&types=members.member-joined.v1,members.member-transferred.v1", by=roster.service))[
        "items"
    ]
    joined, transferred = items
    assert joined["data"] == {
        "member_id": one,
        "branch_id": roster.places["north"],
        "group_id": roster.places["first"],
        "joined_on": "2010-07-01",
        "in_branch_since": "2010-07-01",
        "status": "full",
        "recorded_by": joined["data"]["recorded_by"],
    }
    assert transferred["subject"] == f"member/{one}"
    assert set(transferred["data"]) == {"member_id", "branch_id", "group_id", "on", "reason", "recorded_by"}
    assert set(transferred["data"]["reason"]) == {"id", "hash"}
