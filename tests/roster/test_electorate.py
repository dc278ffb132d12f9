from __future__ import annotations

import asyncio

import pytest

from services.roster.projections.members import Members
from tests.roster.builders import Roster


async def test_a_new_member_is_of_the_electorate_at_once(roster: Roster) -> None:
    new = await roster.join(group="first")
    electorate = await roster.electorate()
    assert electorate["members"] == [{"member_id": new, "group_id": roster.places["first"], "status": "full", "floating": False}]
    assert electorate["committee"] == []


async def test_it_never_lags_behind_what_was_answered(roster: Roster) -> None:
    for number in range(1, 21):
        await roster.join(f"党员{number}")
        assert len(await roster.voters()) == number


@pytest.mark.spec("1.2", "6.35")
async def test_who_has_a_vote_is_full_or_probationary_floating_or_not(roster: Roster) -> None:
    people = {status: await roster.join(status) for status in ("full", "suspended", "left", "deceased")}
    people["probationary"] = await roster.join("probationary", status="probationary")
    for status in ("suspended", "left", "deceased"):
        body = {"status": status, "on": "2026-06-01", "reason": "组织决定"}
        await roster.do("POST", f"/members/{people[status]}/status", body)
    await roster.do("POST", f"/members/{people['full']}/floating", {"since": "2026-06-01", "place": "兰州市"})
    found = {one["member_id"]: (one["status"], one["floating"]) for one in (await roster.electorate())["members"]}
    assert found == {people["full"]: ("full", True), people["probationary"]: ("probationary", False)}
    assert set(await roster.voters(on="2026-05-31")) == set(people.values())


async def test_a_day_means_its_end(roster: Roster) -> None:
    one = await roster.join()
    await transfer(roster, one, "2026-06-30")
    assert (await roster.voters("north", "2026-06-29"), await roster.voters("south", "2026-06-29")) == ([one], [])
    assert (await roster.voters("north", "2026-06-30"), await roster.voters("south", "2026-06-30")) == ([], [one])


async def test_nobody_votes_before_it_came_to_the_branch(roster: Roster) -> None:
    one = await roster.join(in_branch_since="2026-03-01")
    assert (await roster.voters(on="2026-02-28"), await roster.voters(on="2026-03-01")) == ([], [one])


async def test_a_change_recorded_late_changes_the_days_since_and_as_of_still_says_what_was_known(roster: Roster) -> None:
    one = await roster.join()
    before = (await roster.do("GET", "/clock"))["now"]
    await roster.do("PUT", "/clock", {"now": "2026-11-26T02:00:00Z"})
    await transfer(roster, one, "2026-06-01")
    assert await roster.voters("north", "2026-06-30") == []
    assert await roster.voters("south", "2026-06-30") == [one]
    assert await roster.voters("north", "2026-06-30", as_of=before) == [one]
    assert await roster.voters("south", "2026-06-30", as_of=before) == []
    assert await roster.voters("north", "2026-06-30", as_of="2026-11-25T01:59:59Z") == []


async def test_a_transfer_recorded_ahead_holds_from_its_day(roster: Roster) -> None:
    one = await roster.join()
    await transfer(roster, one, "2026-12-01")
    assert await roster.voters("north") == [one]
    await roster.do("PUT", "/clock", {"now": "2026-12-01T02:00:00Z"})
    assert await roster.voters("south", "2026-12-01") == [one]


@pytest.mark.spec("1.6")
async def test_the_committee_are_the_holders_of_its_posts_on_that_day(roster: Roster) -> None:
    people = {post: await roster.join(post) for post in ("secretary", "deputy", "committee", "village_committee")}
    people["group_leader"] = await roster.join("leader", group="first")
    guest = await roster.join("guest", "south")
    for post, one in people.items():
        place = roster.places["first" if post == "group_leader" else "north"]
        last = "2026-06-30" if post == "deputy" else None
        await assign(roster, one, post=post, organization_id=place, from_="2026-01-01", to=last)
    await assign(roster, guest, post="village_committee", organization_id=roster.places["north"], from_="2026-07-01")
    team = {people["secretary"], people["committee"], people["village_committee"]}
    assert set((await roster.electorate(on="2025-12-31"))["committee"]) == set()
    assert set((await roster.electorate(on="2026-06-30"))["committee"]) == team | {people["deputy"]}
    assert set((await roster.electorate(on="2026-07-01"))["committee"]) == team | {guest}
    assert (await roster.electorate("south"))["committee"] == []


async def test_two_posts_make_nobody_two_people(roster: Roster) -> None:
    one = await roster.join()
    for post in ("secretary", "village_committee"):
        await assign(roster, one, post=post, organization_id=roster.places["north"], from_="2026-01-01")
    assert (await roster.electorate())["committee"] == [one]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?on=2026-11-26", "in_the_future"),
        ("?on=2026-02-30", "invalid"),
        ("?on=yesterday", "invalid"),
        ("?as_of=2026-06-30", "invalid"),
        ("?min_position=-1", "invalid"),
    ],
)
async def test_a_faulty_question_is_refused(roster: Roster, query: str, code: str) -> None:
    problem = await roster.refused(code, "GET", f"/branches/{roster.places['north']}/electorate{query}")
    assert problem["status"] == 422


async def test_only_a_branch_has_an_electorate(roster: Roster) -> None:
    await roster.refused("not_a_branch", "GET", f"/branches/{roster.places['town']}/electorate")
    await roster.refused("unknown_organization", "GET", "/branches/01890000-0000-7000-8000-000000000000/electorate")


async def test_who_may_ask(roster: Roster) -> None:
    path = f"/branches/{roster.places['north']}/electorate"
    other = await roster.found("town", "other", "county")
    for role, place in (("branch_secretary", "north"), ("town_officer", "town"), ("county_supervisor", "county")):
        await roster.do("GET", path, by=roster.token(role, place))
    for role, place in (("branch_secretary", "south"), ("town_officer", other), ("committee_member", "north"), ("platform", "town")):
        await roster.refused("not_allowed", "GET", path, by=roster.token(role, place))
    await roster.refused("not_allowed", "GET", path, by=roster.of_member(await roster.join()))


async def test_a_rebuilt_view_answers_every_past_moment_the_same(roster: Roster) -> None:
    one, other = await roster.join(), await roster.join("李强", "south")
    instants = []
    for number, (who, branch) in enumerate([(one, "south"), (other, "north"), (one, "north")], start=1):
        await roster.do("PUT", "/clock", {"now": f"2026-11-25T0{number + 2}:00:00Z"})
        await transfer(roster, who, f"2026-0{number}-01", branch)
        instants.append(f"2026-11-25T0{number + 2}:30:00Z")

    async def answers() -> list[object]:
        questions = [
            (branch, day, instant) for branch in ("north", "south") for day in ("2026-01-31", "2026-11-25") for instant in instants
        ]
        return [await roster.voters(*question) for question in questions]

    before = await answers()
    await asyncio.to_thread(roster.app.state.service.views.rebuild, Members.name)
    assert await answers() == before


async def transfer(roster: Roster, one: str, on: str, branch: str = "south") -> None:
    await roster.do("POST", f"/members/{one}/transfer", {"branch_id": roster.places[branch], "on": on, "reason": "迁居"})


async def assign(roster: Roster, one: str, **post: str | None) -> None:
    await roster.do("POST", f"/members/{one}/posts", {name.rstrip("_"): value for name, value in post.items()})
