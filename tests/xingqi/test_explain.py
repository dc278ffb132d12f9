"""`xingqi explain`: the way computed anew from the stores alone, opened to read, and whether the view agrees."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from services.evaluation.projections.roster import SIDE_TABLES, Mirror
from services.evaluation.projections.standings import RATINGS, Standings
from shared.calendar import HalfYear
from shared.projections import Views
from shared.reading import NoStore, StoreToRead
from shared.settings import Settings
from shared.store import Write, open_log
from tests.evaluation.builders import entry
from tests.evaluation.builders_review import Half, running_half
from tests.postgres import fresh_database
from xingqi.cli import main

NO_CERTIFICATE = {"working_days": 0}


@pytest.fixture
async def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Half]:
    """A confirmed half-year of six with an entry and a reversed one; the service is up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XINGQI_DATA", str(tmp_path))
    async with running_half(tmp_path, count=6, publicity=NO_CERTIFICATE) as half:
        await half.open()
        await half.town.record("m1", "study", "2026-03-02")
        wrong = await half.town.record("m1", "meeting", "2026-03-03")
        await half.town.do("POST", f"/entries/{wrong['id']}/reversal", {"reason": "记错"}, half.town.secretary)
        await half.published(91)
        yield half


async def explain(half: Half, name: str = "m1", period: str = "2026-H1") -> int:
    """The status of the command, in a thread of its own as if it were a process: the service's loop goes on."""
    await half.seen(f"/members/{half.id('m1')}/standing")
    return await asyncio.to_thread(main, ["explain", half.id(name), period])


@pytest.mark.spec("11.8")
async def test_the_way_goes_from_entries_and_ballots_to_stars_and_the_view_agrees(half: Half, capsys: pytest.CaptureFixture[str]) -> None:
    await half.to("confirmed")
    capsys.readouterr()
    assert await explain(half) == 0
    said = capsys.readouterr().out
    assert "2026-03-02  study 固定日集中学习  5 points, counted +5" in said
    assert "meeting 参加“三会一课”和组织生活会  5 points, reversed" in said
    assert "points     base 5 of at most 60 + bonus 0 of at most 40 - deductions 0 = 5" in said
    assert "6 counted again of 6 who may vote: a quorum; 5 score this member, aggregate 80" in said
    assert "peer       trimmed_mean of 5 scores, one highest and one lowest dropped: 80 = 80" in said
    assert "result     committee: 91 = 91, rounded 91, band from 90: 3 stars" in said
    assert "7 steps computed anew, each as it was recorded" in said
    assert "91, 3 stars, counts\n           the view agrees with the events" in said
    assert "王秀兰" not in said


async def test_results_that_do_not_count_yet_agree_as_such(half: Half, capsys: pytest.CaptureFixture[str]) -> None:
    assert await explain(half) == 0
    assert "91, 3 stars, does not count yet" in capsys.readouterr().out


async def test_a_view_that_says_something_else_is_found_out(half: Half, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await half.to("confirmed")
    await half.seen(f"/members/{half.id('m1')}/standing")
    with sqlite3.connect(tmp_path / "evaluation" / "views.db") as views:
        views.execute(f"UPDATE {RATINGS.name} SET stars = 2 WHERE member_id = ?", (half.id("m1"),))
    assert await explain(half) == 1
    assert "THE VIEW DIFFERS: the events make 91, 3 stars, counts" in capsys.readouterr().out
    assert await explain(half, "m2") == 0


async def test_a_member_in_no_review_is_explained_by_its_points(half: Half, capsys: pytest.CaptureFixture[str]) -> None:
    await half.town.mirror.catch_up_with_roster()
    assert await explain(half, period="2026-H2") == 0
    assert "review     none rates this member in this half-year" in capsys.readouterr().out


async def test_a_stranger_and_a_half_year_that_is_none_are_refused(half: Half, capsys: pytest.CaptureFixture[str]) -> None:
    half.town.members["nobody"] = "01995f00-0000-7000-8000-0000000000a1"
    assert await explain(half, "nobody") == 1
    assert "evaluation knows no such member yet" in capsys.readouterr().err
    for wrong in (["explain", half.id("m1"), "2026"], ["explain", "wang", "2026-H1"]):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2


async def test_a_store_is_opened_to_read_and_to_nothing_else(half: Half, tmp_path: Path) -> None:
    await half.seen(f"/members/{half.id('m1')}/standing")
    store = StoreToRead(Settings(data=tmp_path, _env_file=None), "evaluation")
    for connection in (store.log.connection(), store.views.connection()):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("CREATE TABLE written (one TEXT)")
    assert store.log.head() > 0
    store.close()


def test_where_there_is_no_store_the_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XINGQI_DATA", str(tmp_path / "none"))
    assert main(["explain", "01995f00-0000-7000-8000-0000000000a1", "2026-H1"]) == 1
    assert "XINGQI_DATA" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    with pytest.raises(NoStore):
        StoreToRead(Settings(data=tmp_path / "none", _env_file=None), "evaluation")


async def test_on_postgresql_too_the_store_is_read_and_not_written(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url=fresh_database(), clock="manual:2026-07-02T02:00:00Z", _env_file=None)
    log = open_log(settings, "evaluation", SIDE_TABLES)
    log.save(Write("ledger/m1/2026-H1", 0, [entry()]))
    views = Views(log, [Standings()])
    views.catch_up()
    store = StoreToRead(settings, "evaluation")
    assert [one.event for one in await store.log.history("ledger/m1/2026-H1")] == [entry()]
    assert (store.log.head(), store.views.position(Standings.name)) == (1, (Standings.version, 1))
    assert await store.log.up_to(0).history("ledger/m1/2026-H1") == ()
    assert Mirror(store.log).branch_on("m1", HalfYear(2026, 1).last_day) is None
    for connection in (store.log.connection(), store.views.connection()):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE written (one TEXT)")
    store.close()
    views.close()
    log.close()


async def test_a_service_that_was_stopped_is_explained_just_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XINGQI_DATA", str(tmp_path))
    async with running_half(tmp_path, count=6, publicity=NO_CERTIFICATE) as half:
        await half.open()
        await half.published(91)
        await half.seen(f"/members/{half.id('m1')}/standing")
        member = half.id("m1")
    capsys.readouterr()
    assert await asyncio.to_thread(main, ["explain", member, "2026-H1"]) == 0
    assert "the view agrees with the events" in capsys.readouterr().out
