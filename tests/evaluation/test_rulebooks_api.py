from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.evaluation.commands.rulebooks import rules_for
from shared.calendar import HalfYear
from tests.evaluation.builders import H1, H2, Town, item, rules, rules_json


def body(town: Town, place: str = "town", **more: object) -> dict[str, Any]:
    return {"organization_id": town.places[place], "code": place, "title": f"{place}积分办法", "rules": rules_json(rules()), **more}


async def test_the_default_is_open_and_may_be_published_as_it_is(town: Town) -> None:
    default = await town.do("GET", "/rulebooks/default")
    assert (await town.do("POST", "/rulebooks/lint", {"rules": default}, town.officer)) == {"problems": []}
    supervisor = town.roster.token("county_supervisor", "county")
    made = await town.do("POST", "/rulebooks", body(town, "county", rules=default), supervisor)
    assert (await town.do("GET", f"/rulebooks/{made['id']}/versions/1"))["rules"] == default


async def test_a_town_s_first_version_holds_at_once_and_from_ever(town: Town) -> None:
    (listed,) = (await town.do("GET", f"/rulebooks?organization_id={town.places['town']}&min_position=1"))["items"]
    assert listed["versions"] == [{"version": 1, "from_period": None, "state": "published"}]
    shown = await town.do("GET", f"/rulebooks/{listed['id']}?period=2001-H2")
    assert (shown["version"], shown["state"], shown["rules"]["caps"]) == (1, "published", {"base": 60, "bonus": 40})


@pytest.mark.spec("3.1")
async def test_an_organisation_has_one_rulebook(town: Town) -> None:
    answer = await town.send("POST", "/rulebooks", body(town), town.officer)
    assert (answer.status_code, answer.json()["code"]) == (409, "rulebook_exists")


@pytest.mark.spec("3.8")
async def test_a_later_version_holds_once_a_second_officer_has_adopted_it(town: Town) -> None:
    book = f"/rulebooks/{town.places['town']}"
    changed = {"rules": rules_json(rules(base="50"))}
    proposal = await town.do("POST", f"{book}/versions", changed, town.officer_named("wang"))
    assert proposal == {"id": town.places["town"], "version": 2, "from_period": "2026-H2", "state": "proposed"}
    refused = await town.send("POST", f"{book}/versions/2/adoption", {}, town.officer_named("wang"))
    assert (refused.status_code, refused.json()["code"]) == (403, "same_person")
    assert (await town.do("GET", f"{book}?period=2026-H2"))["version"] == 1
    adopted = await town.do("POST", f"{book}/versions/2/adoption", None, town.officer_named("li"))
    assert adopted["state"] == "published"
    assert [(await town.do("GET", f"{book}?period={period}"))["version"] for period in ("2026-H1", "2026-H2")] == [1, 2]
    await town.refused("already_adopted", "POST", f"{book}/versions/2/adoption", {}, town.officer_named("li"))


@pytest.mark.spec("1.10")
async def test_the_town_s_officer_of_another_town_and_other_roles_may_not(town: Town) -> None:
    book = f"/rulebooks/{town.places['town']}"
    for by in (town.secretary, town.of("wang"), town.roster.admin, town.roster.token("town_officer", "north")):
        await town.refused("not_allowed", "POST", f"{book}/versions", {"rules": rules_json(rules())}, by)
        await town.refused("not_allowed", "POST", "/rulebooks", body(town), by)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"from_period": "2026-H1"}, "half_year_begun"),
        ({"from_period": "2025-H2"}, "half_year_begun"),
        ({"from_period": "2026-H3"}, "invalid"),
        ({"organization_id": "00000000-0000-7000-8000-000000000000"}, "other_organization"),
        ({"rules": {**rules_json(), "rounding": "down"}}, "rules_not_sound"),
        ({"rules": {}}, "rules_not_sound"),
        ({"rules": []}, "invalid"),
    ],
)
async def test_a_version_that_can_not_be_is_refused(town: Town, more: dict[str, Any], code: str) -> None:
    wanted = {"rules": rules_json(rules()), **more}
    answer = await town.send("POST", f"/rulebooks/{town.places['town']}/versions", wanted, town.officer)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"]


async def test_each_contradiction_is_listed_with_its_place_when_linted_and_when_published(town: Town) -> None:
    raw = rules_json(rules(item("likes_count", "base"), item("study")))
    raw["bands"][1]["from"] = 95
    del raw["items"][1]["cap"]
    shapes = (await town.do("POST", "/rulebooks/lint", {"rules": raw}, town.officer))["problems"]
    assert [problem["pointer"] for problem in shapes] == ["/rules/items/1/cap"]
    raw["items"][1]["cap"] = 30
    found = (await town.do("POST", "/rulebooks/lint", {"rules": raw}, town.officer))["problems"]
    assert [problem["pointer"] for problem in found] == ["/rules/items/0", "/rules/bands/1/from"]
    refused = await town.refused("rules_not_sound", "POST", "/rulebooks", body(town, "south", rules=raw), town.officer)
    assert [error["pointer"] for error in refused["errors"]] == ["/rules/items/0", "/rules/bands/1/from"]


@pytest.mark.spec("3.6")
async def test_a_branch_follows_the_rulebook_of_its_nearest_organisation_upwards(town: Town) -> None:
    log = town.app.state.service.log
    supervisor = town.roster.token("county_supervisor", "county")
    await town.do("POST", "/rulebooks", body(town, "county", rules=rules_json(rules(base="10"))), supervisor)
    ancestry = await town.mirror.ancestry(town.places["north"])
    assert (await rules_for(log, ancestry, H1)).rulebook_id == town.places["town"]
    await town.do("POST", "/rulebooks", body(town, "north", rules=rules_json(rules(base="20"))), town.officer)
    followed = [(await rules_for(log, ancestry, period)).rulebook_id for period in (H1, H2)]
    assert followed == [town.places["town"], town.places["north"]]
    south = await town.mirror.ancestry(town.places["south"])
    assert (await rules_for(log, south, HalfYear(2027, 1))).rulebook_id == town.places["town"]


async def test_a_branch_leaves_its_town_s_rulebook_not_before_the_next_half_year(town: Town) -> None:
    await town.refused("half_year_begun", "POST", "/rulebooks", body(town, "north", from_period="2026-H1"), town.officer)
    made = await town.do("POST", "/rulebooks", body(town, "north"), town.officer)
    assert made["from_period"] == "2026-H2"


async def test_a_group_has_no_rulebook_and_nobody_elsewhere_has_one(town: Town) -> None:
    await town.refused("no_rulebook_for_groups", "POST", "/rulebooks", body(town, "first"), town.officer)
    nowhere = {**body(town), "organization_id": "00000000-0000-7000-8000-000000000000"}
    await town.refused("unknown_organization", "POST", "/rulebooks", nowhere, town.officer)
    await town.refused("unknown_rulebook", "GET", f"/rulebooks/{town.places['south']}")
    await town.refused("unknown_version", "GET", f"/rulebooks/{town.places['town']}/versions/2")
    adoption = f"/rulebooks/{town.places['town']}/versions/9/adoption"
    await town.refused("unknown_version", "POST", adoption, {}, town.officer)


@pytest.mark.spec("3.5", "5.10")
async def test_an_entry_is_worth_what_the_rules_of_its_half_year_say(town: Town) -> None:
    book = f"/rulebooks/{town.places['town']}"
    raised = {"rules": rules_json(rules(item("study", worth="7.5", cap="30")))}
    await town.do("POST", f"{book}/versions", raised, town.officer_named("wang"))
    await town.do("POST", f"{book}/versions/2/adoption", {}, town.officer_named("li"))
    await town.move_clock("2026-07-10T02:00:00Z")
    old, new = await town.record("wang", on="2026-06-30"), await town.record("wang", on="2026-07-01")
    assert [(one["points"], one["period"], one["version"]) for one in (old, new)] == [(5, "2026-H1", 1), (7.5, "2026-H2", 2)]


async def test_without_a_rulebook_nothing_is_recorded(town: Town) -> None:
    await town.roster.found("town", "other", "county")
    await town.roster.found("branch", "west", "other")
    await town.join("qian", "west")
    wanted = {"member_id": town.members["qian"], "item": "study", "occurred_on": "2026-03-02"}
    await town.refused("no_rulebook", "POST", "/entries", wanted, town.roster.token("branch_secretary", "west"))


async def test_two_officers_who_propose_at_once_make_two_versions(town: Town) -> None:
    path, wanted = f"/rulebooks/{town.places['town']}/versions", {"rules": rules_json(rules())}
    both = await asyncio.gather(*(town.do("POST", path, wanted, town.officer_named(name)) for name in ("wang", "li")))
    assert sorted(one["version"] for one in both) == [2, 3]
