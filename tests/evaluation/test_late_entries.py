"""Entries that come when the peer review of their half-year has closed, or just as it closes (spec, section 5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.evaluation.builders import Town, rules, rules_json, running_town
from tests.evaluation.builders_review import Half, members
from tests.evaluation.test_entry_imports import xlsx
from tests.roster.builders import settle

NUMBER = 6


@asynccontextmanager
async def running_branch(data: Path, late: str) -> AsyncIterator[Half]:
    """A branch of six with its review of 2026-H1, under rules that do this with what comes late; the clock stands on 2 July 2026."""
    async with running_town(data, "manual:2026-07-02T02:00:00Z") as town:
        await settle(town.roster)
        for name in members(NUMBER):
            await town.join(name)
        body = {"organization_id": town.places["town"], "code": "XH", "title": "办法", "rules": rules_json(rules(late=late))}
        await town.do("POST", "/rulebooks", body, town.officer)
        yield Half(town, NUMBER)


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_branch(tmp_path, "next_half_year") as half:
        yield half


async def imported(half: Half, data: bytes) -> httpx.Response:
    """What evaluation answers to the secretary's spreadsheet."""
    path = f"/entries/imports?branch_id={half.town.places['north']}"
    return await half.town.client.post(path, content=data, headers={"Authorization": f"Bearer {half.town.secretary}"})


async def period_of_entry(town: Town, name: str = "m1", on: str = "2026-03-02") -> str:
    period: str = (await town.record(name, on=on))["period"]
    return period


@pytest.mark.spec("5.10")
async def test_until_the_peer_review_closes_an_entry_counts_in_the_half_year_of_its_deed(half: Half) -> None:
    await half.open()
    assert await period_of_entry(half.town, on="2026-03-01") == "2026-H1"
    await half.to("peer_review")
    assert await period_of_entry(half.town) == "2026-H1"


@pytest.mark.spec("5.11")
async def test_after_the_peer_review_it_counts_in_the_next_half_year_under_that_one_s_rules(half: Half) -> None:
    await half.open()
    await half.closed()
    made = await half.town.record("m1")
    assert (made["period"], made["version"]) == ("2026-H2", 1)
    assert ((await half.town.points("m1"))["total"], (await half.town.points("m1", "2026-H2"))["total"]) == (0, 5)
    assert await period_of_entry(half.town, on="2026-07-01") == "2026-H2"


async def test_the_same_late_deed_twice_is_still_the_same_deed(half: Half) -> None:
    await half.open()
    await half.closed()
    first = await half.town.record("m1")
    body = {"member_id": half.id("m1"), "item": "study", "occurred_on": "2026-03-02"}
    refused = await half.town.refused("duplicate_entry", "POST", "/entries", body, half.town.secretary)
    assert refused["entry_id"] == first["id"]


async def test_a_deed_that_was_recorded_in_time_is_found_again_after_the_closing(half: Half) -> None:
    first = await half.town.record("m1")
    await half.open()
    await half.closed()
    body = {"member_id": half.id("m1"), "item": "study", "occurred_on": "2026-03-02"}
    refused = await half.town.refused("duplicate_entry", "POST", "/entries", body, half.town.secretary)
    assert refused["entry_id"] == first["id"]


@pytest.mark.spec("5.11")
async def test_whom_the_review_does_not_rate_records_as_before(half: Half) -> None:
    await half.open(excused=[{"member_id": half.id("m6"), "reason": "长期患病"}])
    await half.to("peer_review")
    scores = {half.id(one): dict.fromkeys(("conviction", "discipline", "contribution", "morality", "conduct"), 16) for one in members(5)}
    for rater in members(5):
        body = {"scores": {one: row for one, row in scores.items() if one != half.id(rater)}}
        await half.do("PUT", f"/ballots/{half.id(rater)}", body, half.of(rater))
    await half.to("committee_review")
    assert [await period_of_entry(half.town, name) for name in ("m6", "m1")] == ["2026-H1", "2026-H2"]


async def test_a_late_deed_is_found_again_when_its_review_was_annulled(half: Half) -> None:
    await half.open()
    await half.closed()
    first = await half.town.record("m1")
    await half.do("POST", "/annulment", {"reason": "开错了"}, half.town.officer)
    body = {"member_id": half.id("m1"), "item": "study", "occurred_on": "2026-03-02"}
    refused = await half.town.refused("duplicate_entry", "POST", "/entries", body, half.town.secretary)
    assert (first["period"], refused["entry_id"]) == ("2026-H2", first["id"])


async def test_an_annulled_review_gives_its_half_year_back(half: Half) -> None:
    await half.open()
    await half.closed()
    await half.do("POST", "/annulment", {"reason": "开错了"}, half.town.officer)
    assert await period_of_entry(half.town) == "2026-H1"


async def test_a_mistake_in_a_closed_half_year_can_still_be_reversed(half: Half) -> None:
    made = await half.town.record("m1")
    await half.open()
    await half.closed()
    await half.town.do("POST", f"/entries/{made['id']}/reversal", {"reason": "记错"}, half.town.secretary)
    assert (await half.town.points("m1"))["total"] == 0


@pytest.mark.spec("3.27")
async def test_where_the_rules_say_so_what_comes_late_is_refused(tmp_path: Path) -> None:
    async with running_branch(tmp_path, "refused") as half:
        await half.open()
        await half.closed()
        body = {"member_id": half.id("m1"), "item": "study", "occurred_on": "2026-03-02"}
        await half.town.refused("late_entry", "POST", "/entries", body, half.town.secretary)
        activity = {
            "branch_id": half.town.places["north"],
            "item": "study",
            "title": "集中学习",
            "held_on": "2026-03-02",
            "attendees": [{"member_id": half.id("m1")}],
        }
        await half.town.refused("late_entry", "POST", "/activities", activity, half.town.secretary)
        assert await period_of_entry(half.town, on="2026-07-01") == "2026-H2"


async def test_an_activity_may_count_in_two_half_years_when_one_of_those_present_is_not_rated(half: Half) -> None:
    await half.open()
    await half.closed()
    await half.town.join("new")
    attendees = [{"member_id": half.id(name)} for name in ("m1", "new")]
    body: dict[str, Any] = {"branch_id": half.town.places["north"], "item": "study", "title": "集中学习", "attendees": attendees}
    made = await half.town.do("POST", "/activities", {**body, "held_on": "2026-03-02"}, half.town.secretary)
    assert [entry["period"] for entry in made["entries"]] == ["2026-H2", "2026-H1"]


async def test_what_is_recorded_just_as_the_peer_review_closes_counts_on_one_side_or_the_other(half: Half) -> None:
    await half.open()
    await half.to("peer_review")
    for rater in members(NUMBER):
        await half.cast(rater)

    async def record(number: int) -> tuple[int, str]:
        await asyncio.sleep(number / 300)
        body = {"member_id": half.id(f"m{number % NUMBER + 1}"), "item": "study", "occurred_on": f"2026-03-{number + 1:02}"}
        answer = await half.town.send("POST", "/entries", body, half.town.secretary)
        assert answer.status_code == 201, answer.text
        return int(answer.headers["event-position"]), answer.json()["period"]

    async def close() -> int:
        await asyncio.sleep(0.04)
        answer = await half.town.send("POST", f"{half.path}/phase", {"to": "committee_review"}, half.town.secretary)
        return int(answer.headers["event-position"])

    closing = asyncio.create_task(close())
    entries = await asyncio.gather(*(record(number) for number in range(30)))
    closed = await closing
    assert {(position > closed, period) for position, period in entries} == {(False, "2026-H1"), (True, "2026-H2")}


@pytest.mark.spec("5.11")
async def test_what_a_spreadsheet_brings_late_counts_in_the_next_half_year(half: Half) -> None:
    await half.open()
    await half.closed()
    deeds = [(half.id("m1"), None, "study", "2026-03-02"), (half.id("m2"), None, "study", "2026-07-01")]
    assert (await imported(half, xlsx(deeds))).status_code == 201
    for name, entries in (("m1", ["2026-03-02"]), ("m2", ["2026-07-01"])):
        assert (await half.town.points(name))["entries"] == []
        assert [one["occurred_on"] for one in (await half.town.points(name, "2026-H2"))["entries"]] == entries
    again = (await imported(half, xlsx(deeds[:1]))).json()
    assert (again["code"], [one["row"] for one in again["errors"]]) == ("sheet_refused", [2])


@pytest.mark.spec("3.27")
async def test_where_the_rules_say_so_a_spreadsheet_with_a_late_row_is_refused_with_its_place(tmp_path: Path) -> None:
    async with running_branch(tmp_path, "refused") as half:
        await half.open()
        await half.closed()
        deeds = [(half.id("m2"), None, "study", "2026-07-01"), (half.id("m1"), None, "study", "2026-03-02")]
        meeting = [("集中学习", "study", "2026-03-03", half.id("m2"), None, None, None)]
        answer = (await imported(half, xlsx(deeds, meeting))).json()
        assert answer["code"] == "sheet_refused"
        places = {(one["sheet"], one["row"], one["column"]) for one in answer["errors"]}
        assert places == {("积分记录", 3, "日期"), ("活动考勤", 2, "日期")}
        assert (await half.town.points("m2", "2026-H2"))["entries"] == []
