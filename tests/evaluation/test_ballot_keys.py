"""The key of a review's ballots goes when its time has come, and all that should still verify does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.evaluation.commands.ballot_keys import BallotKeys
from services.evaluation.domain.ballots import seal_name
from shared.retention import done_last
from shared.store import Log
from tests.evaluation.builders_review import Half, running_half
from tests.evaluation.test_corrections_api import correction
from tests.evaluation.test_objections_api import confirmed, decided, objected, standing
from tests.evaluation.test_unsealings_api import approved, county, proposed
from xingqi.findings import Findings, look_at_log, look_at_texts, look_at_views

DAY_AFTER = "2029-08-20T02:00:00Z"
"""More than three years after the end of the review."""


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with running_half(tmp_path) as half:
        await half.open()
        await half.published(80)
        yield half


def log_of(half: Half) -> Log:
    log: Log = half.town.app.state.service.log
    return log


async def is_gone(half: Half, years: int = 3) -> bool:
    """Whether the key is destroyed once what is due was looked for."""
    await BallotKeys(log_of(half), years).destroy_due()
    return log_of(half).keys.is_destroyed(seal_name(half.review))


async def test_three_years_after_the_end_nobody_opens_a_ballot_and_everything_else_stands(half: Half) -> None:
    await confirmed(half)
    town, log, path = half.town, log_of(half), f"/ballots/{half.id('m1')}"

    receipt = (await half.do("GET", path, by=half.of("m1")))["receipt"]
    explained = f"/members/{half.id('m6')}/explanation?period=2026-H1"
    before = await town.do("GET", explained, by=half.of("m6"))
    stars = await standing(half, "m6")
    leaves = [row.leaf_hash() for row in log.page(0, 10_000)]
    await town.move_clock("2029-07-01T02:00:00Z")
    assert not await is_gone(half)
    await town.move_clock(DAY_AFTER)
    assert await is_gone(half)

    await half.refused("erased", "GET", path, by=half.of("m1"))
    assert (await half.do("GET", f"/receipts/{receipt}", by=half.of("m1")))["counted"]
    assert (await town.do("GET", explained, by=half.of("m6")))["result"] == before["result"]
    assert (await town.do("GET", explained, by=half.of("m6")))["peer"]["score"] == before["peer"]["score"]
    assert await standing(half, "m6") == stars
    assert [row.leaf_hash() for row in log.page(0, len(leaves))] == leaves
    findings = Findings()
    faults = [*look_at_log(log, findings), *look_at_texts(log, findings), *look_at_views(town.app.state.service.views, findings)]
    assert not faults
    (told,) = [row for row in log.page(0, 10_000) if row.topic == "ballots.key-destroyed.v1"]
    assert told.stream == f"ballot-key/{half.review}"
    assert await BallotKeys(log, 3).destroy_due() == 0, "once"


async def test_a_key_that_came_back_with_an_old_backup_is_destroyed_again(half: Half) -> None:
    await confirmed(half)
    log = log_of(half)
    row = log.storage.database("keys").connection().execute("SELECT wrapped FROM keys WHERE name=?", (seal_name(half.review),)).fetchone()
    await half.town.move_clock(DAY_AFTER)
    assert await is_gone(half)
    with log.storage.database("keys").transaction() as connection:
        connection.execute("UPDATE keys SET wrapped=? WHERE name=?", (row[0], seal_name(half.review)))
    assert not log.keys.is_destroyed(seal_name(half.review))
    assert await is_gone(half)


async def test_a_review_that_has_not_ended_keeps_its_key(half: Half) -> None:
    await half.town.move_clock(DAY_AFTER)
    assert not await is_gone(half)


async def test_an_open_objection_keeps_the_key_until_it_is_answered(half: Half) -> None:
    await confirmed(half)
    made = await objected(half)
    await half.town.move_clock(DAY_AFTER)
    assert not await is_gone(half)
    await decided(half, made, "dismissed")
    assert await is_gone(half)


async def test_a_correction_that_waits_keeps_the_key_until_it_expires(half: Half) -> None:
    await confirmed(half)
    made = await objected(half)
    await decided(half, made, "upheld")
    await half.town.move_clock(DAY_AFTER)
    await half.do("POST", "/corrections", correction(half, {"objection_id": made["id"]}))
    assert not await is_gone(half)
    await half.town.move_clock("2029-09-18T02:00:00Z")
    assert not await is_gone(half)
    await half.town.move_clock("2029-09-20T02:00:00Z")
    assert await is_gone(half)


async def test_an_unsealing_keeps_the_key_while_it_waits_and_while_it_is_read(half: Half) -> None:
    await confirmed(half)
    await half.town.move_clock(DAY_AFTER)
    made = await proposed(half, "m3")
    assert not await is_gone(half)
    await half.town.move_clock("2029-09-18T02:00:00Z")
    await approved(half, made)
    await half.town.move_clock("2029-10-01T02:00:00Z")
    assert not await is_gone(half)
    await half.town.do("GET", f"/unsealings/{made['id']}/ballots/{half.id('m3')}", by=county(half))
    await half.town.move_clock("2029-10-03T02:00:00Z")
    assert await is_gone(half)


async def test_a_finding_without_its_circular_keeps_the_keys_of_its_year(half: Half) -> None:
    await confirmed(half)
    town, supervisor = half.town, county(half)
    await town.move_clock(DAY_AFTER)
    body = {"branch_id": town.places["north"], "year": 2026, "on": "2029-08-20"}
    inspection = await town.do("POST", "/inspections", body, supervisor)
    found = {"kind": "falsification", "text": "虚报", "evidence": [{"kind": "text", "value": "材料"}]}
    finding = await town.do("POST", f"/inspections/{inspection['id']}/findings", found, supervisor)
    assert not await is_gone(half)
    await town.do("POST", f"/findings/{finding['id']}/reversal", {"reason": "查无实据"}, supervisor)
    assert await is_gone(half)


async def test_the_service_does_it_by_itself_and_says_when(half: Half) -> None:
    await confirmed(half)
    await half.town.move_clock(DAY_AFTER)
    log = log_of(half)
    for _ in range(200):
        if log.keys.is_destroyed(seal_name(half.review)):
            break
        await asyncio.sleep(0.05)
    assert log.keys.is_destroyed(seal_name(half.review))
    done = {one.word: one for one in done_last(half.town.app.state.publisher.published.database)}
    for _ in range(200):
        if "keys of ballots" in done and done["keys of ballots"].removed:
            break
        await asyncio.sleep(0.05)
        done = {one.word: one for one in done_last(half.town.app.state.publisher.published.database)}
    assert done["keys of ballots"].removed == 1
    assert done["keys of ballots"].done_at >= datetime(2029, 8, 20, tzinfo=UTC)
    assert set(done) == {"contacts of the public", "keys of ballots", "reads"}
