"""Whoever is after what a ballot gave: each row of the table in trust.md, played by somebody who tries.

What the REST routes refuse a secretary, an officer, another member: test_ballots_api.py, test_unsealings_api.py, tests/doors.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import struct
from collections.abc import AsyncIterator, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import structlog

from services.evaluation.domain.ballots import seal_binding, seal_name
from shared.settings import Settings
from shared.store import KeyGone, Log, open_log
from shared.store.keys import WrongMasterKey
from shared.store.mapper import decode
from tests.evaluation.builders_review import Course, Half, members, rules, running_half
from xingqi.cli import main as xingqi

SCORE = 13.37
CELLS = struct.pack(">5H", *[1337] * 5)
"""How a row of a sheet looks before it is sealed."""
BALLOT = "ballots.ballot-cast.v1"


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path / "data") as half:
        await half.open()
        await half.to("peer_review")
        yield half


def log_of(half: Half) -> Log:
    log: Log = half.town.app.state.service.log
    return log


async def all_cast(half: Half) -> None:
    for name in members(half.count):
        await half.cast(name, SCORE)


def written(cells: bytes) -> Iterator[bytes]:
    """The ways in which a row of a sheet could stand in a file, wherever in the sheet it begins."""
    yield cells
    for shift in range(3):
        inner = base64.b64encode(b"\0" * shift + cells)[4:-4]
        yield inner
    yield b"13.37"
    yield b"66.85"


def tells(content: bytes) -> bool:
    return any(way in content for way in written(CELLS))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_search_would_find_a_sheet_that_is_not_sealed() -> None:
    sheet = b"\xff\xff" * 5 + CELLS * 6
    assert tells(sheet)
    for shift in range(3):
        assert tells(b"..." + base64.b64encode(b"\0" * shift + sheet))


async def test_who_copies_the_databases_reads_no_score_and_opens_none(half: Half, tmp_path: Path) -> None:
    """Database, write-ahead log and key store, while the box is open and after the closing: the master key lies elsewhere."""
    await all_cast(half)
    data = tmp_path / "data"
    names = set(files(data))
    assert {"evaluation/events.db", "evaluation/events.db-wal", "evaluation/keys.db"} <= names
    assert not [name for name, content in files(data).items() if tells(content)]
    await half.to("committee_review")
    copied = tmp_path / "copied"
    shutil.copytree(data, copied)
    (copied / "master.key").unlink()
    told = {name for name, content in files(copied).items() if CELLS in content or base64.b64encode(CELLS * 3)[4:-4] in content}
    assert not told
    with pytest.raises(WrongMasterKey):
        open_log(Settings(data=copied, clock="manual:2026-07-02T02:00:00Z", _env_file=None), "evaluation")
    (copied / "master.key").unlink()
    shutil.copy(data / "master.key", copied / "master.key")
    log = open_log(Settings(data=copied, clock="manual:2026-07-02T02:00:00Z", _env_file=None), "evaluation")
    cast = decode(BALLOT, next(one.state for one in log.page(0, 10_000) if one.topic == BALLOT))
    place = seal_binding(half.review, cast.rater_id, cast.number)  # type: ignore[attr-defined]
    opened = log.keys.open(seal_name(half.review), cast.sheet, place)  # type: ignore[attr-defined]
    log.close()
    assert tells(opened), "who holds the master key too reads everything: docs/threats.md says so"


async def test_a_backup_of_the_data_holds_no_key_and_no_score(half: Half, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await all_cast(half)
    for service in ("roster", "notice"):
        open_log(Settings(data=tmp_path / "data", clock="manual:2026-07-02T02:00:00Z", _env_file=None), service).close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XINGQI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XINGQI_CLOCK", "manual:2026-07-02T02:00:00Z")
    assert xingqi(["backup", "copy"]) == 0
    for folder in ("copy", "copy-keys"):
        found = files(tmp_path / folder)
        assert found
        assert not [name for name in found if name.endswith("master.key")]
        assert not [name for name, content in found.items() if tells(content)]
    assert not [name for name in files(tmp_path / "copy") if "keys" in name]


async def test_who_reads_the_feed_or_the_entries_learns_who_voted_and_no_more(half: Half) -> None:
    await all_cast(half)
    await half.cast("m1", 1)
    await half.to("committee_review")
    supervisor = half.town.roster.token("county_supervisor", "county")
    head = log_of(half).head()
    entries = await half.town.send("GET", f"/log/tile/entries/000.p/{head}", by=half.town.roster.admin)
    for _ in range(200):
        if entries.is_success:
            break
        await asyncio.sleep(0.05)  # the checkpoint that covers them comes within a second
        entries = await half.town.send("GET", f"/log/tile/entries/000.p/{head}", by=half.town.roster.admin)
    assert entries.is_success
    assert BALLOT.encode() in entries.content
    leaves = [json.loads(one) for one in _leaves(entries.content)]
    ballots = [one[6] for one in leaves if one[1] == BALLOT]
    assert all(set(one) == {"review_id", "rater_id", "number", "on_paper", "sheet", "recorded_by"} for one in ballots)
    assert not any(tells(base64.b64decode(one["sheet"])) for one in ballots)
    for by in (supervisor, half.town.roster.admin):
        feed = await half.town.send("GET", "/events?limit=1000", by=by)
        if feed.is_success:
            told = [one["data"] for one in feed.json()["items"] if one["type"] == BALLOT]
            assert all("sheet" not in one for one in told)
    closed = next(one[6] for one in leaves if one[1] == "reviews.peer-review-closed.v1")
    assert {one["number"] for one in closed["counted"]} == {1, 2}
    assert {frozenset(one) for one in closed["scores"]} == {frozenset({"member_id", "scores", "aggregate"})}
    assert {one["scores"] for one in closed["scores"]} == {6}


def _leaves(content: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(content):
        (length,) = struct.unpack_from(">H", content, place)
        yield content[place + 2 : place + 2 + length]
        place += 2 + length


async def test_neither_a_size_nor_a_line_of_the_application_tells_what_was_given(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Every stored ballot of a review is as long as the others, whoever votes for how many, whatever it gives; so are the answers."""
    structlog.reset_defaults()
    async with running_half(tmp_path / "data") as half:
        await half.open()
        await half.do("POST", "/excused", {"member_id": half.id("m7"), "reason": "外出失联"})
        await half.to("peer_review")
        half.count = 6
        capfd.readouterr()
        answers = [await half.cast(name, points) for name, points in zip(members(6), (0, 20, 13.37, 7, 19.99, 0.01), strict=True)]
        said = capfd.readouterr().out
        rows = [one for one in log_of(half).page(0, 1000) if one.topic == BALLOT]
        people = [half.id(name) for name in members(6)]
    assert not [one for one in ("13.37", "19.99", "66.85", *people) if one in said]
    assert len({len(one.state) for one in rows}) == 1
    assert {(one["number"], one["scores"], len(one["receipt"].partition("-")[2])) for one in answers} == {(1, 5, 64)}
    lines = [json.loads(line) for line in said.splitlines() if '"PUT"' in line]
    assert len(lines) == 6
    assert {frozenset(one) for one in lines} == {
        frozenset({"method", "route", "status", "ms", "event", "level", "service", "request_id", "timestamp"})
    }


async def test_a_copied_ballot_opens_for_nobody_else(half: Half) -> None:
    """Sheets are bound to review, rater and number: a replayed one is no ballot of another."""
    await half.cast("m1", 11)
    await half.cast("m1", 12)
    log = log_of(half)
    first, second = [decode(BALLOT, one.state) for one in log.page(0, 1000) if one.topic == BALLOT]
    for sheet, rater, number in ((first, "m2", 1), (first, "m1", 2), (second, "m1", 1)):
        with pytest.raises(KeyGone):
            log.keys.open(seal_name(half.review), sheet.sheet, seal_binding(half.review, half.id(rater), number))  # type: ignore[attr-defined]


# Raters who pool their own scores


def closed(given: Mapping[str, int], aggregate: str = "mean", count: int = 7) -> Fraction | None:
    """The aggregate that is shown for `m1` after these raters gave it so many points in each dimension."""
    course = Course(count, rules(peer={"aggregate": aggregate})).opened_for_peers()
    for rater in course.review.voters:
        points = {ratee: (given[rater] if ratee == "m1" else 10) for ratee in course.review.ratees_of(rater)}
        course.cast(rater, points)
    shown = course.closed().review.peer_scores["m1"].aggregate
    return None if shown is None else Fraction(shown)


def test_all_raters_but_one_together_know_what_that_one_gave() -> None:
    """What can't be kept, and is said so in docs/threats.md: who pools all other scores can subtract them."""
    given = {"m2": 11, "m3": 12, "m4": 13, "m5": 14, "m6": 15, "m7": 7}
    shown = closed(given)
    assert shown is not None
    pooled = sum(5 * given[name] for name in ("m2", "m3", "m4", "m5", "m6"))
    assert 6 * shown - pooled == 5 * given["m7"]


@pytest.mark.parametrize("aggregate", ["mean", "trimmed_mean", "median"])
def test_fewer_who_pool_can_not_tell_the_others_apart(aggregate: str) -> None:
    """Two who do not pool stay hidden behind each other: swapped, nothing that is shown or stored differs."""
    pooled: dict[str, Any] = {"m2": 11, "m3": 12, "m4": 13, "m5": 14}
    for one, other in itertools.combinations((5, 9, 17), 2):
        assert closed(pooled | {"m6": one, "m7": other}, aggregate) == closed(pooled | {"m6": other, "m7": one}, aggregate)


def test_of_fewer_scores_than_are_shown_nothing_is_stored() -> None:
    course = Course(5).opened_for_peers().all_cast(13)
    peer = course.closed().review.peer
    assert peer is not None
    assert [one.aggregate for one in peer.scores] == [None] * 5
