"""The ballot box by REST: bad ballots, replaced ballots, receipts; and who tries to read what it may not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.evaluation.builders_review import Half, members, running_half, scores
from tests.shared.transparency.reading import check_inclusion

Change = Callable[[Half, dict[str, Any]], object]
STRANGER = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        await half.to("peer_review")
        yield half


@pytest.fixture(scope="module")
async def voting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Half]:
    """One review for all that is refused, and so changes nothing."""
    async with running_half(tmp_path_factory.mktemp("voting")) as half:
        await half.open(excused=[{"member_id": half.id("m7"), "reason": "外出失联"}])
        await half.to("peer_review")
        half.count = 6
        yield half


async def put(half: Half, content: bytes, rater: str = "m1", by: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {by or half.of(rater)}", "Content-Type": "application/json"}
    return await half.town.client.put(f"{half.path}/ballots/{half.id(rater)}", content=content, headers=headers)


def with_score(half: Half, written: str) -> bytes:
    """A ballot of `m1` with this text in the place of one score."""
    body = half.ballot("m1")
    body["scores"][half.id("m2")]["conduct"] = "HERE"
    return json.dumps(body).replace('"HERE"', written).encode()


def contents(folder: Path) -> list[bytes]:
    """What stands in the files, as who stole the folder reads them."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


# Casting


async def test_a_ballot_is_taken_and_read_back_by_its_voter_alone(half: Half) -> None:
    taken = await half.cast("m1", 16.35)
    assert (taken["scores"], taken["number"]) == (6, 1)

    own = await half.do("GET", f"/ballots/{half.id('m1')}", by=half.of("m1"))
    assert own["scores"] == half.ballot("m1", 16.35)["scores"]
    assert (own["number"], own["receipt"], own["on_paper"]) == (1, taken["receipt"], False)

    others = [half.of("m2"), half.town.secretary, half.of("m2", "committee_member"), half.town.officer, half.town.roster.admin]
    for by in [*others, half.town.roster.service, half.town.roster.token("county_supervisor", "county")]:
        problem = await half.refused("not_allowed", "GET", f"/ballots/{half.id('m1')}", by=by)
        assert problem["status"] == 403


@pytest.mark.spec("1.7")
async def test_only_the_rater_itself_votes(half: Half) -> None:
    for by in (half.of("m2"), half.town.secretary, half.town.officer, half.town.roster.admin):
        answer = await put(half, json.dumps(half.ballot("m1")).encode(), by=by)
        assert answer.json()["code"] == "not_allowed"


async def test_a_member_of_another_branch_has_no_vote(voting: Half) -> None:
    await voting.town.join("far", "south")
    await voting.refused("may_not_vote", "PUT", f"/ballots/{voting.id('far')}", {"scores": {}}, voting.town.of("far"))
    await voting.refused("may_not_vote", "GET", f"/ballot-papers/{voting.id('far')}", by=voting.town.of("far"))


@pytest.mark.spec("6.17")
async def test_the_paper_names_whom_one_scores_and_in_what(voting: Half) -> None:
    paper = await voting.do("GET", f"/ballot-papers/{voting.id('m1')}", by=voting.of("m1"))
    assert set(paper["ratees"]) == {voting.id(name) for name in members(6) if name != "m1"}
    assert paper["dimensions"][0] == {"code": "conviction", "title": "理想信念", "max": 20}


@pytest.mark.spec("6.20")
async def test_voting_again_replaces_the_ballot(half: Half) -> None:
    first, second = await half.cast("m1", 10), await half.cast("m1", 18)
    assert second["number"] == 2
    for name in members(7)[1:]:
        await half.cast(name)
    await half.to("committee_review")

    counted = [await half.do("GET", f"/receipts/{one['receipt']}", by=half.of("m1")) for one in (first, second)]
    assert [(one["number"], one["counted"]) for one in counted] == [(1, False), (2, True)]
    sheet = await half.do("GET", "/committee-sheet", by=half.committee)
    assert {row["peer"] for row in sheet["items"] if row["member_id"] != half.id("m1")} == {80}


@pytest.mark.parametrize(
    "written",
    ["NaN", "Infinity", "1e400", "-1e400", "1e999999999999", "16.125", "20.01", "-1", '"16"', "true", "null", "[]", "{}", "9" * 400],
)
async def test_a_score_that_is_none_is_refused(voting: Half, written: str) -> None:
    answer = await put(voting, with_score(voting, written))
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in {"score_invalid", "malformed_json"}
    assert written not in answer.text or len(written) < 6
    assert (await voting.do("GET", ""))["turnout"]["voted"] in ([], [voting.id("m1")])


@pytest.mark.parametrize(
    ("written", "status"),
    [("16", 200), ("16.0", 200), ("16.50", 200), ("1.6e1", 200), ("0", 200), ("20", 200), ("-0", 200)],
)
async def test_a_number_may_be_written_in_any_way_that_is_exact(voting: Half, written: str, status: int) -> None:
    assert (await put(voting, with_score(voting, written))).status_code == status


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"[" * 100_000, "invalid"),
        (b'{"scores":' * 100_000, "malformed_json"),
        (b'{"scores":{"a":{"b":' + b"[" * 100_000, "malformed_json"),
        (b'{"scores": {"a": {"b": "\xff"}}}', "malformed_json"),
        (b'{"scores": {}}', "ballot_not_whole"),
        (b'{"scores": []}', "invalid"),
        (b'{"scores": {"a": 3}}', "invalid"),
        (b"[]", "invalid"),
        (b'{"scores": {}, "rater": 1}', "invalid"),
        (b"{}", "invalid"),
    ],
)
async def test_a_body_that_is_no_ballot_is_refused(voting: Half, content: bytes, code: str) -> None:
    answer = await put(voting, content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_body_of_ten_megabytes_is_too_large(voting: Half) -> None:
    answer = await put(voting, b'{"scores":' + b"[" * 5_000_000 + b"]" * 5_000_000 + b"}")
    assert answer.status_code == 413


@pytest.mark.spec("6.18", "6.19")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda half, body: body.pop(half.id("m3")), "ballot_not_whole"),
        (lambda half, body: body.update({half.id("m7"): scores(16)}), "score_of_excused"),
        (lambda half, body: body.update({half.id("m1"): scores(16)}), "own_score"),
        (lambda half, body: body.update({STRANGER: scores(16)}), "score_of_stranger"),
        (lambda half, body: body.update({"x" * 5000: scores(16)}), "score_of_stranger"),
        (lambda half, body: body[half.id("m2")].pop("conduct"), "ballot_not_whole"),
        (lambda half, body: body[half.id("m2")].update({"zeal": 3}), "ballot_not_whole"),
    ],
)
async def test_a_ballot_that_is_not_whole_is_refused_and_nothing_is_stored(voting: Half, change: Change, code: str) -> None:
    body = voting.ballot("m1")
    change(voting, body["scores"])
    before = voting.town.app.state.service.log.head()
    problem = await voting.refused(code, "PUT", f"/ballots/{voting.id('m1')}", body, voting.of("m1"))
    assert problem["errors"][0]["pointer"].startswith("/scores/")
    assert len(json.dumps(problem)) < 5000
    assert voting.town.app.state.service.log.head() == before


@pytest.mark.spec("6.9")
async def test_excused_members_are_not_scored_and_do_not_vote(half: Half) -> None:
    await half.do("POST", "/excused", {"member_id": half.id("m7"), "reason": "外出失联"})
    await half.refused("score_of_excused", "PUT", f"/ballots/{half.id('m1')}", half.ballot("m1"), half.of("m1"))
    await half.refused("may_not_vote", "PUT", f"/ballots/{half.id('m7')}", half.ballot("m7"), half.of("m7"))


@pytest.mark.spec("6.4", "6.33b")
async def test_before_and_after_its_phase_no_ballot_is_taken(half: Half) -> None:
    for name in members(7):
        await half.cast(name)
    await half.to("committee_review")
    await half.refused("wrong_phase", "PUT", f"/ballots/{half.id('m1')}", half.ballot("m1"), half.of("m1"))
    await half.open(period="2025-H2")
    await half.refused("wrong_phase", "PUT", f"/ballots/{half.id('m1')}", half.ballot("m1"), half.of("m1"))


async def test_a_ballot_is_taken_once_under_its_key(half: Half) -> None:
    path, body, by = f"{half.path}/ballots/{half.id('m1')}", half.ballot("m1"), half.of("m1")
    first = await half.town.send("PUT", path, body, by, **{"Idempotency-Key": "b1"})
    again = await half.town.send("PUT", path, body, by, **{"Idempotency-Key": "b1"})
    other = await half.town.send("PUT", path, half.ballot("m1", 3), by, **{"Idempotency-Key": "b1"})
    assert first.text == again.text
    assert first.json()["number"] == 1
    assert other.json()["code"] == "key_reused"


# Receipts


async def test_a_receipt_finds_the_leaf_of_its_ballot_for_its_voter_alone(half: Half) -> None:
    receipt = (await half.cast("m1"))["receipt"]
    position, _, leaf_hash = receipt.partition("-")
    row = half.town.app.state.service.log.row(int(position))
    assert row.leaf_hash() == leaf_hash

    said = await half.do("GET", f"/receipts/{receipt}", by=half.of("m1"))
    assert (said["position"], said["number"], said["counted"]) == (int(position), 1, None)
    while (proof := said["proof"]) is None:  # the checkpoint that covers it comes within a second
        said = await half.do("GET", f"/receipts/{receipt}", by=half.of("m1"))
    path = [bytes.fromhex(each) for each in proof["hashes"]]
    check_inclusion(int(position) - 1, proof["size"], bytes.fromhex(leaf_hash), path, bytes.fromhex(proof["root"]))
    await half.refused("no_ballot", "GET", f"/receipts/{receipt}", by=half.of("m2"))
    for made_up in (f"{position}-{'0' * 64}", "1-1", "x", f"{int(position) + 1}-{leaf_hash}"):
        await half.refused("no_ballot", "GET", f"/receipts/{made_up}", by=half.of("m1"))


# Whoever looks for scores where they may not be


@pytest.mark.spec("6.39")
async def test_no_running_figure_is_told_before_the_closing(half: Half) -> None:
    for name in members(6):
        await half.cast(name, 13.37)
    told = [await half.do("GET", "", by=by) for by in (half.town.secretary, half.town.officer, half.of("m1"), half.town.roster.admin)]
    assert not any("13.37" in json.dumps(one) or "66.85" in json.dumps(one) for one in told)
    for path, by in (("/results", half.town.secretary), ("/committee-sheet", half.committee)):
        await half.refused("wrong_phase", "GET", path, by=by)
    own = await half.town.do("GET", f"/members/{half.id('m7')}/explanation?period=2026-H1", by=half.of("m7"))
    assert (own["peer"]["score"], own["peer"]["absent"]) == (None, "not_closed")


@pytest.mark.spec("6.39", "9.8")
async def test_neither_feed_nor_database_nor_entry_tells_what_was_given(half: Half, tmp_path: Path) -> None:
    for name in members(7):
        await half.cast(name, 13.37)
    feed = await half.town.do("GET", "/events?limit=1000", by=half.town.roster.admin)
    ballots = [item for item in feed["items"] if item["type"] == "ballots.ballot-cast.v1"]
    assert len(ballots) == 7
    assert all(set(item["data"]) == {"review_id", "rater_id", "number", "on_paper", "recorded_by"} for item in ballots)
    assert not any(b"13.37" in content for content in contents(tmp_path))
    rows = half.town.app.state.service.log.page(0, 1000)
    assert len({len(row.state) for row in rows if row.topic == "ballots.ballot-cast.v1"}) == 1


async def test_a_sealed_sheet_opens_in_its_own_place_alone(half: Half) -> None:
    await half.cast("m1", 11)
    await half.cast("m2", 19)
    log = half.town.app.state.service.log
    connection = log.connection()
    states = dict(connection.execute("SELECT originator_id, state FROM stored_events WHERE originator_id LIKE 'ballot/%'").fetchall())
    mine, other = (states[f"ballot/{half.review}/{half.id(name)}"] for name in ("m1", "m2"))
    sealed = json.loads(other)["sheet"]
    forged = json.dumps({**json.loads(mine), "sheet": sealed})
    connection.execute("DROP TRIGGER IF EXISTS events_never_change")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute("UPDATE stored_events SET state=? WHERE originator_id=?", (forged, f"ballot/{half.review}/{half.id('m1')}"))
    log._remembered.forget([f"ballot/{half.review}/{half.id('m1')}"])
    await half.refused("erased", "GET", f"/ballots/{half.id('m1')}", by=half.of("m1"))
