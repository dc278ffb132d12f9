"""Unsealing ballots by REST (trust.md): two officers of different organisations, one of them the county's; the voter sees all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.evaluation.domain.ballots import seal_name
from shared.store import Log
from tests.evaluation.builders_review import Half, running_half

REASON = "核对被举报的选票"
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        yield half


@pytest.fixture(scope="module")
async def closed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Half]:
    """One closed review for all that is refused."""
    async with running_half(tmp_path_factory.mktemp("closed")) as half:
        await half.open()
        await half.closed()
        yield half


def county(half: Half, person: str | None = None) -> str:
    return half.town.roster.token("county_supervisor", "county", person)


def log_of(half: Half) -> Log:
    log: Log = half.town.app.state.service.log
    return log


async def proposed(half: Half, *raters: str, by: str | None = None) -> dict[str, Any]:
    body = {"reason": REASON, "rater_ids": [half.id(one) for one in raters]}
    made: dict[str, Any] = await half.do("POST", "/unsealings", body, by or half.town.officer)
    return made


async def approved(half: Half, made: dict[str, Any], by: str | None = None) -> dict[str, Any]:
    told: dict[str, Any] = await half.town.do("POST", f"/unsealings/{made['id']}/decision", {"decision": "approved"}, by or county(half))
    return told


async def test_two_officers_read_the_named_ballots_for_fourteen_days_and_the_voter_sees_it(half: Half) -> None:
    await half.closed(13)
    town, voter = half.town, half.id("m3")
    made = await proposed(half, "m3")
    path = f"/unsealings/{made['id']}"
    assert made["state"] == "proposed"
    for by in (town.officer, county(half)):
        await town.refused("not_unsealed" if by == town.officer else "not_allowed", "GET", f"{path}/ballots/{voter}", by=by)
    assert (await approved(half, made))["state"] == "approved"

    for by in (town.officer, county(half)):
        ballot = await town.do("GET", f"{path}/ballots/{voter}", by=by)
        assert (ballot["number"], ballot["scores"]) == (1, half.ballot("m3", 13)["scores"])
    await town.refused("not_unsealed", "GET", f"{path}/ballots/{half.id('m4')}", by=town.officer)
    others = [town.secretary, half.of("m1", "committee_member"), half.of("m2"), town.roster.admin]
    others += [town.officer_named("m5"), county(half, half.id("m6"))]
    for by in others:
        await town.refused("not_allowed", "GET", f"{path}/ballots/{voter}", by=by)

    held = await town.do("GET", f"/members/{voter}/held", by=half.of("m3"))
    (seen,) = held["unsealings"]
    told = await town.do("GET", path, by=county(half))
    assert (seen["reason"], seen["number"], seen["readable_until"]) == (REASON, 1, told["readable_until"])
    assert (seen["proposed_by"], seen["decided_by"]) == (told["proposed_by"], told["decided_by"])
    assert told["proposed_by"] != told["decided_by"]
    reads = (await town.do("GET", f"/members/{voter}/reads", by=half.of("m3")))["items"]
    assert [one["read_by"] for one in reads if one["what"] == "ballot"] == [told["decided_by"], told["proposed_by"]]
    assert not (await town.do("GET", f"/members/{half.id('m4')}/held", by=half.of("m4")))["unsealings"]

    await town.move_clock("2026-07-16T02:30:00Z")
    await town.refused("not_unsealed", "GET", f"{path}/ballots/{voter}", by=town.officer)
    assert (await town.do("GET", path, by=town.officer))["state"] == "over"


async def test_neither_the_feed_nor_the_secretary_learns_whose_ballots_are_meant(half: Half) -> None:
    await half.closed()
    made = await proposed(half, "m3")
    await approved(half, made)
    feed = await half.town.do("GET", "/events?limit=1000", by=half.town.roster.admin)
    told = [item for item in feed["items"] if item["type"].startswith("unsealings.")]
    assert [one["sealed"] for one in told] == [["lead_id", "rater_ids"], ["ballots"]]
    assert not any(half.id("m3") in str(one["data"]) for one in told)
    for path in (f"/unsealings/{made['id']}", f"{half.path}/unsealings"):
        await half.town.refused("not_allowed", "GET", path, by=half.town.secretary)
        await half.town.refused("not_allowed", "GET", path, by=half.of("m3"))


async def test_nothing_is_unsealed_before_the_closing(half: Half) -> None:
    await half.to("peer_review")
    await half.cast("m3")
    body = {"reason": REASON, "rater_ids": [half.id("m3")]}
    await half.refused("wrong_phase", "POST", "/unsealings", body, half.town.officer)


async def test_the_same_person_or_organisation_is_not_a_second_one(closed: Half) -> None:
    town = closed.town
    of_town = await proposed(closed, "m3")
    path = f"/unsealings/{of_town['id']}/decision"
    body = {"decision": "approved"}
    assert (await town.refused("same_person", "POST", path, body, town.officer))["status"] == 403
    await town.join("li", "south")
    assert (await town.refused("same_organization", "POST", path, body, town.officer_named("li")))["status"] == 403
    both = town.roster.issuer.token(["town_officer", "county_supervisor"], town.places["town"], town.members["li"])
    await town.refused("same_organization", "POST", path, body, both)
    of_county = await proposed(closed, "m3", by=county(closed))
    path = f"/unsealings/{of_county['id']}/decision"
    await town.refused("same_person", "POST", path, body, county(closed))
    await town.refused("same_organization", "POST", path, body, county(closed, town.members["li"]))
    assert (await town.do("POST", path, body, town.officer))["state"] == "approved"
    await town.refused("unsealing_done", "POST", path, body, town.officer_named("li"))


async def test_who_takes_part_in_the_review_unseals_nothing_in_it(closed: Half) -> None:
    body = {"reason": REASON, "rater_ids": [closed.id("m3")]}
    await closed.refused("own_case", "POST", "/unsealings", body, closed.town.officer_named("m2"))
    made = await proposed(closed, "m3")
    path, decision = f"/unsealings/{made['id']}/decision", {"decision": "approved"}
    await closed.town.refused("own_case", "POST", path, decision, county(closed, closed.id("m2")))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"rater_ids": [NOBODY]}, "nobody_to_unseal"),
        ({"rater_ids": []}, "nobody_to_unseal"),
        ({"rater_ids": ["m3"], "lead_id": NOBODY}, "unknown_lead"),
        ({"lead_id": NOBODY}, "unknown_lead"),
        ({"rater_ids": ["m3"], "reason": ""}, "invalid"),
    ],
)
async def test_an_unsealing_names_counted_ballots_and_says_why(closed: Half, body: dict[str, Any], code: str) -> None:
    if "m3" in body.get("rater_ids", []):
        body = body | {"rater_ids": [closed.id("m3")]}
    await closed.refused(code, "POST", "/unsealings", {"reason": REASON} | body, county(closed))


async def test_only_officers_above_propose_and_decide(closed: Half) -> None:
    body = {"reason": REASON, "rater_ids": [closed.id("m3")]}
    made = await proposed(closed, "m3")
    for by in (closed.town.secretary, closed.of("m3"), closed.committee, closed.town.roster.admin):
        await closed.refused("not_allowed", "POST", "/unsealings", body, by)
        await closed.town.refused("not_allowed", "POST", f"/unsealings/{made['id']}/decision", {"decision": "approved"}, by)
    await closed.town.refused("unknown_unsealing", "GET", f"/unsealings/{NOBODY}", by=county(closed))


async def test_a_rejection_has_its_reason_and_opens_nothing(closed: Half) -> None:
    made = await proposed(closed, "m3")
    path = f"/unsealings/{made['id']}"
    await closed.town.refused("rejection_reason_missing", "POST", f"{path}/decision", {"decision": "rejected"}, county(closed))
    body = {"decision": "rejected", "reason": "理由不足"}
    assert (await closed.town.do("POST", f"{path}/decision", body, county(closed)))["state"] == "rejected"
    told = await closed.town.do("GET", path, by=closed.town.officer)
    assert (told["state"], told["rejection"], told["ballots"]) == ("rejected", "理由不足", [])
    await closed.town.refused("not_unsealed", "GET", f"{path}/ballots/{closed.id('m3')}", by=closed.town.officer)


async def test_a_proposal_is_listed_for_officers_and_expires_after_thirty_days(half: Half) -> None:
    await half.closed()
    town = half.town
    made = await proposed(half, "m3")
    listed = f"/proposals?organization_id={town.places['town']}"
    (line,) = (await town.do("GET", listed, by=county(half)))["items"]
    assert (line["kind"], line["id"], line["review_id"], line["expires_at"]) == ("unsealing", made["id"], half.review, made["expires_at"])
    assert not (await town.do("GET", f"/proposals?organization_id={town.places['north']}", by=town.secretary))["items"]
    await town.move_clock("2026-08-01T03:00:00Z")
    path, body = f"/unsealings/{made['id']}/decision", {"decision": "approved"}
    assert (await town.refused("proposal_expired", "POST", path, body, county(half)))["status"] == 409
    assert not (await town.do("GET", listed, by=county(half)))["items"]
    (line,) = (await town.do("GET", f"{listed}&state=expired", by=town.officer))["items"]
    assert (line["id"], line["state"]) == (made["id"], "expired")


async def test_once_the_key_is_destroyed_nothing_is_unsealed(half: Half) -> None:
    await half.closed()
    made, waiting = await proposed(half, "m3"), await proposed(half, "m4")
    await approved(half, made)
    log_of(half).keys.destroy(seal_name(half.review))
    await half.town.refused("erased", "GET", f"/unsealings/{made['id']}/ballots/{half.id('m3')}", by=half.town.officer)
    await half.town.refused("erased", "POST", f"/unsealings/{waiting['id']}/decision", {"decision": "approved"}, county(half))
    body = {"reason": REASON, "rater_ids": [half.id("m3")]}
    await half.refused("erased", "POST", "/unsealings", body, half.town.officer)
