"""Who stands in no review of a half-year is shown to the town (spec, section 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders_review import Half, members, running_half


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        yield half


async def unrated(half: Half, place: str = "town", by: str | None = None, query: str = "&period=2026-H1") -> dict[str, Any]:
    path = f"/unrated?organization_id={half.town.places[place]}{query}"
    told: dict[str, Any] = await half.town.do("GET", path, by=by or half.town.officer)
    return told


def names(half: Half, told: dict[str, Any]) -> set[tuple[str, str | None]]:
    """Who is listed, with the review of its branch."""
    known = {member_id: name for name, member_id in half.town.members.items()}
    return {(known[one["member_id"]], one["review_id"]) for one in told["items"]}


@pytest.mark.spec("6.12")
async def test_who_stands_in_no_review_is_shown_to_the_town(half: Half) -> None:
    assert names(half, await unrated(half)) == {(name, None) for name in members(7)}
    await half.open(electorate_on="2026-03-01", excused=[{"member_id": half.id("m6"), "reason": "长期患病"}])
    assert names(half, await unrated(half)) == set()

    late = await half.town.join("late", "north", in_branch_since="2026-05-01")
    far = await half.town.join("far", "south")

    told = await unrated(half)
    assert (told["period"], told["electorate_on"]) == ("2026-H1", "2026-06-30")
    assert {(one["member_id"], one["branch_id"], one["review_id"]) for one in told["items"]} == {
        (late, half.town.places["north"], half.review),
        (far, half.town.places["south"], None),
    }
    assert names(half, await unrated(half, "north", half.town.secretary)) == {("late", half.review)}


@pytest.mark.spec("6.12")
async def test_who_moved_away_after_it_was_listed_stands_in_that_review(half: Half) -> None:
    await half.open(electorate_on="2026-03-01")
    place = {"branch_id": half.town.places["south"], "on": "2026-05-01", "reason": "调动"}
    await half.town.roster.do("POST", f"/members/{half.id('m7')}/transfer", place)
    assert names(half, await unrated(half)) == set()


async def test_an_annulled_review_is_none(half: Half) -> None:
    await half.open()
    await half.do("POST", "/annulment", {"reason": "名单有误"}, half.town.officer)
    assert names(half, await unrated(half)) == {(name, None) for name in members(7)}


async def test_a_running_half_year_is_looked_at_as_of_today(half: Half) -> None:
    told = await unrated(half, query="")
    assert (told["period"], told["electorate_on"], len(told["items"])) == ("2026-H2", "2026-07-02", 7)


async def test_what_can_not_be_asked_is_refused(half: Half) -> None:
    path = f"/unrated?organization_id={half.town.places['town']}"
    await half.town.refused("half_year_not_begun", "GET", f"{path}&period=2027-H1", by=half.town.officer)
    nobody = "00000000-0000-7000-8000-000000000000"
    await half.town.refused("unknown_organization", "GET", f"/unrated?organization_id={nobody}", by=half.town.officer)
    for by in (half.town.secretary, half.of("m1"), half.town.roster.token("town_officer", "south")):
        await half.town.refused("not_allowed", "GET", path, by=by)
