"""Under the system's clock: a sign of life every ten seconds, and what lies between two of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.notice.commands.beside import SIDE_TABLES, last_presence
from services.notice.commands.presence import note_presence
from services.notice.domain import outages
from services.notice.domain.spells import Spell
from services.notice.follower.presence import Presence
from shared.errors import Unavailable
from shared.store import Log
from shared.store.storage import Files

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
pytestmark = pytest.mark.anyio


def opened(folder: Path, clock: datetime | None = None) -> Log:
    return Log(Files(folder), b"m" * 32, clock, SIDE_TABLES)


async def nobody_answers() -> datetime:
    raise Unavailable


async def moved(log: Log, to: datetime) -> tuple[Spell, ...]:
    """The outages of a service that starts on this store while no neighbour answers, and whose manual clock is then moved."""
    presence = Presence(log, [nobody_answers], [])
    await presence.arrive()
    await presence.before_clock_moves(to)
    log.clock.move_to(to)
    await presence.leave()
    return (await log.load(outages.STREAM, outages.NONE, outages.evolve)).state


async def test_a_manual_clock_moved_before_a_neighbour_answered_is_an_outage_to_an_old_store_alone(tmp_path: Path) -> None:
    log, days = opened(tmp_path, NOW), timedelta(days=8)
    assert await moved(log, NOW + days) == ()
    await note_presence(log, NOW, NOW + days)  # something stands in the log by now
    log.close()
    log = opened(tmp_path, NOW)
    assert (await moved(log, NOW + 2 * days))[1:] == (Spell(NOW + days, NOW + 2 * days, "service_away"),)
    log.close()


async def test_a_new_store_has_missed_nothing(tmp_path: Path) -> None:
    log = opened(tmp_path)
    await note_presence(log, last_presence(log), NOW)
    assert (log.head(), last_presence(log)) == (0, NOW)
    log.close()


async def test_signs_of_life_in_time_leave_no_trace_in_the_log(tmp_path: Path) -> None:
    log = opened(tmp_path)
    for second in (0, 10, 20, 75):
        await note_presence(log, last_presence(log), NOW + timedelta(seconds=second))
    assert log.head() == 0
    log.close()


async def test_a_store_opened_again_after_an_hour_records_the_outage_once(tmp_path: Path) -> None:
    log = opened(tmp_path)
    await note_presence(log, last_presence(log), NOW)
    log.close()
    log, later = opened(tmp_path), NOW + timedelta(hours=1)
    for moment in (later, later + timedelta(seconds=10)):
        await note_presence(log, last_presence(log), moment)
    loaded = await log.load(outages.STREAM, outages.NONE, outages.evolve)
    assert loaded.state == (Spell(NOW, later, "service_away"),)
    log.close()


@pytest.mark.parametrize("is_started_anew", [False, True])
async def test_when_a_clock_that_was_ahead_is_set_back_the_outage_that_it_made_up_ends(tmp_path: Path, is_started_anew: bool) -> None:
    log, back = opened(tmp_path), NOW + timedelta(minutes=1)
    await note_presence(log, last_presence(log), NOW)
    await note_presence(log, last_presence(log), NOW + timedelta(days=400))
    if is_started_anew:
        log.close()
        log = opened(tmp_path)
    for second in (0, 10):
        await note_presence(log, last_presence(log), back + timedelta(seconds=second))
    loaded = await log.load(outages.STREAM, outages.NONE, outages.evolve)
    assert loaded.state == (Spell(NOW, back, "service_away"),)
    assert log.head() == 2
    log.close()
