"""What evaluation holds about a member and who read it; and what waits for a second person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.builders_review import Half, running_half
from tests.evaluation.test_corrections_api import correction, upheld_after_confirmation


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        yield half


async def reads_of(half: Half, name: str, query: str = "") -> list[dict[str, Any]]:
    told = await half.town.do("GET", f"/members/{half.id(name)}/reads{query}", by=half.of(name))
    return list(told["items"])


async def test_each_read_of_a_member_by_an_officer_is_shown_to_that_member(half: Half) -> None:
    town, member = half.town, half.id("m5")
    entry = await town.record("m5")
    await half.open()
    scores = dict.fromkeys(["conviction", "discipline", "contribution", "morality", "conduct"], 16)
    body = {"achievements": "学习", "shortcomings": "少", "scores": scores}
    await half.do("PUT", f"/self-reviews/{member}", body, half.of("m5"))
    await half.closed()
    supervisor, admin = town.roster.token("county_supervisor", "county"), town.roster.admin
    await town.do("GET", f"/members/{member}/explanation?period=2026-H1", by=supervisor)
    await town.do("GET", f"/members/{member}/points?period=2026-H1", by=town.secretary)
    await town.do("GET", f"/entries/{entry['id']}", by=town.officer)
    await town.do("GET", f"/entries?member_id={member}", by=town.officer)
    await half.do("GET", f"/self-reviews/{member}", by=half.committee)
    await half.do("GET", "/committee-sheet", by=half.committee)
    await town.do("GET", f"/audits/trail?member_id={member}&period=2026-H1", by=supervisor)
    await town.do("GET", f"/members/{member}/held", by=admin)

    seen = await reads_of(half, "m5")
    assert [one["what"] for one in seen] == [
        "held", "trail", "committee_sheet", "self_review", "entries", "entry", "points", "explanation",
    ]  # fmt: skip
    assert seen[2]["read_by"] == seen[3]["read_by"] == half.id("m1")
    assert seen[1]["read_by"] == seen[-1]["read_by"] not in {one["read_by"] for one in seen[2:-1]}
    assert all(one["read_at"].startswith("2026-07-02") for one in seen)
    assert [one["what"] for one in await reads_of(half, "m6")] == ["committee_sheet"]
    assert not await reads_of(half, "m1"), "what a member sees of itself is no read"


async def test_own_reads_those_of_services_and_refused_ones_are_not_kept(half: Half) -> None:
    member, town = half.id("m5"), half.town
    for path in (f"/members/{member}/points", f"/members/{member}/explanation?period=2026-H1", f"/members/{member}/held"):
        await town.do("GET", path, by=half.of("m5"))
        await town.refused("not_allowed", "GET", path, by=half.of("m6"))
    await town.refused("not_allowed", "GET", f"/members/{member}/reads", by=town.secretary)
    assert not await reads_of(half, "m5")


async def test_what_is_held_names_every_event_of_the_member_and_no_score_of_a_ballot(half: Half) -> None:
    town = half.town
    await town.record("m5")
    await half.open()
    await half.closed(13.37)
    held = await town.do("GET", f"/members/{half.id('m5')}/held", by=half.of("m5"))
    kinds = [one["type"] for one in held["facts"]]
    assert {"points.entry-recorded.v1", "ballots.ballot-cast.v1", "reviews.peer-review-closed.v1"} <= set(kinds)
    assert kinds.count("ballots.ballot-cast.v1") == 1
    assert [one["position"] for one in held["facts"]] == sorted(one["position"] for one in held["facts"])
    assert "13.37" not in str(held)
    assert held["unsealings"] == held["objections"] == []


async def test_reads_are_forgotten_after_their_years(half: Half) -> None:
    reads = half.town.app.state.reads
    for year in (2023, 2024):
        reads.record([half.id("m5")], read_by="officer", what="points", read_at=datetime(year, 1, 1, tzinfo=UTC))
    forget = reads.forgetting(lambda: datetime(2026, 7, 2, tzinfo=UTC), 3)
    assert await forget() == 1
    assert await forget() == 0
    assert [one["read_at"][:4] for one in await reads_of(half, "m5")] == ["2024"]


@pytest.mark.spec("6.51")
async def test_a_correction_waits_thirty_days_for_its_second_person(half: Half) -> None:
    await half.open()
    made = await upheld_after_confirmation(half)
    town = half.town
    proposed = await half.do("POST", "/corrections", correction(half, {"objection_id": made["id"]}))
    listed = f"/proposals?organization_id={town.places['north']}"
    (line,) = (await town.do("GET", listed, by=town.secretary))["items"]
    assert (line["kind"], line["id"], line["state"], line["number"]) == ("correction", proposed["id"], "proposed", None)
    assert line in (await town.do("GET", "/proposals", by=town.officer))["items"]
    await town.refused("not_allowed", "GET", listed, by=half.of("m5"))
    await town.refused("not_allowed", "GET", f"/proposals?organization_id={town.places['town']}", by=town.secretary)
    day = datetime.fromisoformat(line["expires_at"]).date()
    await town.move_clock(f"{day}T23:59:00Z")
    await town.refused("proposal_expired", "POST", f"/corrections/{proposed['id']}/confirmation", None, town.officer)
    (line,) = (await town.do("GET", f"{listed}&state=expired", by=town.secretary))["items"]
    assert line["id"] == proposed["id"]
    anew = await half.do("POST", "/corrections", correction(half, {"objection_id": made["id"]}))
    assert (await town.do("POST", f"/corrections/{anew['id']}/confirmation", by=town.officer))["state"] == "confirmed"
    assert not (await town.do("GET", listed, by=town.secretary))["items"]


async def test_versions_and_sheets_that_wait_are_listed(half: Half) -> None:
    town = half.town
    (book,) = (await half.seen(f"/rulebooks?organization_id={town.places['town']}"))["items"]
    rules = (await town.do("GET", f"/rulebooks/{book['id']}/versions/1"))["rules"]
    body = {"rules": rules, "title": "积分办法", "from_period": "2027-H2"}
    await town.do("POST", f"/rulebooks/{book['id']}/versions", body, town.officer)
    await half.open()
    await half.to("peer_review")
    sheet = {"rater_id": half.id("m5"), "sheet": "1", **half.ballot("m5")}
    paper = await half.do("POST", "/paper-ballots", sheet)
    items = (await town.do("GET", f"/proposals?organization_id={town.places['town']}", by=town.officer))["items"]
    assert [(one["kind"], one["id"], one["number"]) for one in items] == [
        ("rulebook_version", book["id"], 2),
        ("paper_ballot", paper["id"], None),
    ]
    assert items[1]["expires_at"] is None
    again = {"scores": half.ballot("m5")["scores"]}
    await town.do("POST", f"/paper-ballots/{paper['id']}/confirmation", again, half.of("m2", "committee_member"))
    items = (await town.do("GET", "/proposals", by=town.officer))["items"]
    assert [one["kind"] for one in items] == ["rulebook_version"]
