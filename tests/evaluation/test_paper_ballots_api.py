"""Paper ballots keyed twice, and voting from afar with a one-time code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders_review import Half, members, running_half

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path, publicity={"working_days": 0}) as half:
        await half.open()
        await half.to("peer_review")
        yield half


async def entered(half: Half, rater: str = "m6", points: float = 16) -> str:
    body = {"rater_id": half.id(rater), "sheet": "第3号", **half.ballot(rater, points)}
    answer = await half.do("POST", "/paper-ballots", body)
    assert answer["state"] == "unconfirmed"
    return str(answer["id"])


def second(paper: str) -> str:
    return f"/paper-ballots/{paper}/confirmation"


# On paper


@pytest.mark.spec("10.3", "6.23a", "6.23c")
async def test_a_sheet_counts_once_a_second_person_has_keyed_in_the_same(half: Half) -> None:
    paper = await entered(half)
    assert (await half.do("GET", ""))["turnout"]["cast"] == 0
    answer = await half.town.do("POST", second(paper), half.ballot("m6"), half.committee)
    assert (answer["scores"], answer["number"]) == (6, 1)
    told = await half.do("GET", f"/ballots/{half.id('m6')}", by=half.of("m6"))
    assert (told["on_paper"], told["receipt"]) == (True, answer["receipt"])
    assert (await half.do("GET", ""))["turnout"]["cast"] == 1


@pytest.mark.spec("6.23b")
async def test_who_keyed_a_sheet_first_does_not_confirm_it(half: Half) -> None:
    paper = await entered(half)
    said = await half.town.refused("same_person", "POST", second(paper), half.ballot("m6"), half.town.secretary)
    assert said["status"] == 403


@pytest.mark.spec("6.23b")
async def test_a_difference_names_the_cells_and_shows_neither_version(half: Half) -> None:
    paper = await entered(half, points=16)
    other = half.ballot("m6", 16)
    other["scores"][half.id("m2")]["morality"] = 13
    said = await half.town.refused("sheets_differ", "POST", second(paper), other, half.committee)
    assert (said["status"], said["cells"]) == (409, [f"/scores/{half.id('m2')}/morality"])
    assert "16" not in str({name: value for name, value in said.items() if name not in {"cells", "instance"}})
    await half.town.do("POST", second(paper), half.ballot("m6"), half.committee)


@pytest.mark.spec("6.24")
async def test_a_sheet_never_replaces_a_ballot_that_the_member_cast_itself(half: Half) -> None:
    paper = await entered(half)
    await half.cast("m6", 20)
    await half.town.refused("own_ballot_exists", "POST", second(paper), half.ballot("m6"), half.committee)
    body = {"rater_id": half.id("m6"), "sheet": "第3号", **half.ballot("m6")}
    await half.refused("own_ballot_exists", "POST", "/paper-ballots", body)
    for rater in members(5):
        await half.cast(rater)
    await half.to("committee_review")  # the sheet that is not needed any more holds nothing up


async def test_the_phase_does_not_close_while_a_sheet_waits(half: Half) -> None:
    paper = await entered(half, "m7")
    for rater in members(6):
        await half.cast(rater)
    said = await half.refused("paper_ballots_unconfirmed", "POST", "/phase", {"to": "committee_review"})
    assert (said["status"], said["paper_ballots"]) == (409, [paper])
    await half.town.do("POST", second(paper), half.ballot("m7"), half.committee)
    await half.to("committee_review")
    await half.town.refused("paper_done", "POST", second(paper), half.ballot("m7"), half.committee)


async def test_a_sheet_entered_anew_takes_the_place_of_the_first(half: Half) -> None:
    first, anew = await entered(half, points=15), await entered(half, points=16)
    await half.town.refused("paper_done", "POST", second(first), half.ballot("m6", 15), half.committee)
    await half.town.do("POST", second(anew), half.ballot("m6", 16), half.committee)


async def test_a_sheet_is_whole_or_refused_and_of_a_voter(half: Half) -> None:
    body: dict[str, Any] = {"rater_id": half.id("m6"), "sheet": "3", **half.ballot("m6")}
    del body["scores"][half.id("m1")]
    await half.refused("ballot_not_whole", "POST", "/paper-ballots", body)
    await half.refused("own_score", "POST", "/paper-ballots", body | half.ballot("m5"))
    await half.refused("may_not_vote", "POST", "/paper-ballots", body | {"rater_id": NOBODY})
    await half.refused("not_allowed", "POST", "/paper-ballots", body, half.of("m6"))
    await half.town.refused("unknown_paper_ballot", "POST", second(NOBODY), half.ballot("m6"), half.committee)


async def test_no_event_shows_what_a_sheet_gave(half: Half) -> None:
    await entered(half)
    events = await half.town.do("GET", "/events?limit=500&types=ballots.paper-ballot-entered.v1", by=half.town.roster.admin)
    (event,) = events["items"]
    assert "cells" not in event["data"]
    assert "第3号" not in str(event)


# From afar


async def code_of(half: Half, name: str) -> str:
    answer = await half.do("POST", "/remote-codes", {"member_id": half.id(name)})
    return str(answer["code"])


def afar(half: Half, name: str) -> str:
    return f"/remote-ballots/{half.id(name)}"


async def test_a_member_votes_from_afar_with_a_code_once(half: Half) -> None:
    code = await code_of(half, "m7")
    paper = await half.town.do("POST", f"{half.path}/remote-papers/{half.id('m7')}", {"code": code})
    assert len(paper["ratees"]) == 6
    body = {"code": code, **half.ballot("m7")}
    answer = await half.town.do("POST", f"{half.path}{afar(half, 'm7')}", body)
    assert (answer["scores"], answer["number"]) == (6, 1)
    told = await half.do("GET", f"/ballots/{half.id('m7')}", by=half.of("m7"))
    assert (told["on_paper"], told["receipt"]) == (False, answer["receipt"])
    assert (await half.town.refused("code_used", "POST", f"{half.path}{afar(half, 'm7')}", body))["status"] == 409
    await half.town.refused("code_used", "POST", f"{half.path}/remote-papers/{half.id('m7')}", {"code": code})


async def test_a_code_is_of_one_member_alone_and_a_newer_one_voids_it(half: Half) -> None:
    code = await code_of(half, "m7")
    said = await half.town.refused("code_not_valid", "POST", f"{half.path}{afar(half, 'm6')}", {"code": code, **half.ballot("m6")})
    assert said["status"] == 403
    newer = await code_of(half, "m7")
    await half.town.refused("code_not_valid", "POST", f"{half.path}{afar(half, 'm7')}", {"code": code, **half.ballot("m7")})
    await half.town.do("POST", f"{half.path}{afar(half, 'm7')}", {"code": newer, **half.ballot("m7")})


async def test_a_refused_ballot_leaves_the_code_good(half: Half) -> None:
    code = await code_of(half, "m7")
    bad: dict[str, Any] = {"code": code, **half.ballot("m7")}
    del bad["scores"][half.id("m1")]
    await half.town.refused("ballot_not_whole", "POST", f"{half.path}{afar(half, 'm7')}", bad)
    await half.town.do("POST", f"{half.path}{afar(half, 'm7')}", {"code": code, **half.ballot("m7")})


async def test_after_closing_a_code_opens_nothing(half: Half) -> None:
    code = await code_of(half, "m7")
    for rater in members(6):
        await half.cast(rater)
    await half.to("committee_review")
    await half.town.refused("wrong_phase", "POST", f"{half.path}{afar(half, 'm7')}", {"code": code, **half.ballot("m7")})
    await half.refused("wrong_phase", "POST", "/remote-codes", {"member_id": half.id("m7")})


async def test_the_secretary_alone_hands_out_codes_and_no_event_keeps_one(half: Half) -> None:
    await half.refused("not_allowed", "POST", "/remote-codes", {"member_id": half.id("m7")}, half.of("m7"))
    await half.refused("may_not_vote", "POST", "/remote-codes", {"member_id": NOBODY})
    code = await code_of(half, "m7")
    assert code not in (await half.town.send("GET", "/events?limit=500", by=half.town.roster.admin)).text


# Without quorum


@pytest.mark.spec("6.27b")
async def test_without_quorum_the_phase_stays_open_or_the_town_closes_it_with_a_reason(half: Half) -> None:
    await half.cast("m1")
    await half.refused("quorum_not_reached", "POST", "/phase", {"to": "committee_review"})
    assert (await half.do("GET", ""))["phase"] == "peer_review"
    await half.cast("m2")
    await half.refused("town_only", "POST", "/phase", {"to": "committee_review", "without_quorum": "多数外出"})
    await half.to("committee_review", half.town.officer, without_quorum="多数外出")
    await half.score()
    await half.to("publicity")
    answer = await half.do("GET", "/results")
    assert answer["without_peer_quorum"]
    assert {item["peer"] for item in answer["items"]} == {None}


@pytest.mark.spec("6.32")
async def test_a_branch_of_four_rests_on_points_and_committee(tmp_path: Path) -> None:
    async with running_half(tmp_path, 4, publicity={"working_days": 0}) as half:
        await half.open()
        await half.to("peer_review")
        for rater in members(4):
            await half.cast(rater)
        await half.to("committee_review")
        await half.score(85)
        await half.to("publicity")
        assert {(one["peer"], one["peer_scores"], one["result"]) for one in (await half.results()).values()} == {(None, 3, 85)}
