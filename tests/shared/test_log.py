from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
import pytest

from shared.errors import TooLarge, Unavailable
from shared.store import Followed, Guard, KeyReused, Log, Reply, Stale, Storage, Stored, Write, again_when_stale
from shared.store.clock import ClockRefused, WrongClock
from tests.shared.facts import MASTER, BookLent, FeePaid, insert_row, paid, total_days

LENT = BookLent(book="b", days=3)


async def lend(log: Log, shelf: str, event: BookLent = LENT) -> Stored:
    loaded = await log.load(f"shelf/{shelf}", 0, total_days)
    return await log.append([loaded.then(event)])


async def test_positions_are_given_without_a_hole_whatever_is_refused(log: Log) -> None:
    for number in range(5):
        await lend(log, f"{number}")
        with pytest.raises(Stale):
            await log.append([Write(f"shelf/{number}", 0, [LENT])])
    assert [row.position for row in log.page(0, 100)] == [1, 2, 3, 4, 5]


async def test_a_stale_request_is_refused_alone_among_those_that_arrive_together(log: Log) -> None:
    writes = [Write("shelf/a", 0, [LENT]), Write("shelf/a", 0, [LENT]), Write("shelf/b", 0, [LENT])]
    outcomes = await asyncio.gather(*(log.append([write]) for write in writes), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Stored, Stale, Stored]
    assert log.head() == 2


async def test_a_guard_keeps_out_what_rested_on_an_older_version(log: Log) -> None:
    phase = await log.load("phase/r", 0, total_days)
    await lend(log, "unrelated")
    await log.append([Write("ballot/r/1", 0, [LENT])], guards=[phase.guard])
    await log.append([phase.then(LENT)])
    with pytest.raises(Stale):
        await log.append([Write("ballot/r/2", 0, [LENT])], guards=[phase.guard])
    assert await log.version("ballot/r/2") == 0


async def test_a_guard_of_an_empty_stream_fails_once_it_is_begun(log: Log) -> None:
    await log.append([Write("phase/r", 0, [LENT])])
    with pytest.raises(Stale):
        await log.append([Write("x", 0, [LENT])], guards=[Guard("phase/r", 0)])


async def test_an_append_to_several_streams_is_all_or_none(log: Log) -> None:
    await lend(log, "b")
    with pytest.raises(Stale):
        await log.append([Write("shelf/a", 0, [LENT]), Write("shelf/b", 0, [LENT])])
    assert await log.version("shelf/a") == 0


async def test_a_command_that_met_another_is_loaded_and_decided_again(log: Log) -> None:
    command = again_when_stale(lend)
    await asyncio.gather(command(log, "a"), command(log, "a"), command(log, "a"))
    assert (await log.load("shelf/a", 0, total_days)).state == 9


async def test_the_same_key_with_the_same_body_is_answered_as_the_first_time_and_stores_nothing(log: Log) -> None:
    reply = Reply(201, lambda stored: {"position": stored.position}, key_id="k", body_mac="body")
    first = await log.append([Write("shelf/a", 0, [LENT])], reply=reply)
    again = await log.append([Write("shelf/a", 0, [LENT])], reply=reply)
    assert (again.answer, again.status, again.position) == (first.answer, 201, first.position) == (b'{"position":1}', 201, 1)
    assert log.head() == 1


async def test_the_same_key_twice_in_one_batch_is_stored_once(log: Log) -> None:
    reply = Reply(201, lambda stored: {"position": stored.position}, key_id="k", body_mac="body")
    both = await asyncio.gather(*(log.append([Write("shelf/a", 0, [LENT])], reply=reply) for _ in range(2)))
    assert both[0].answer == both[1].answer
    assert log.head() == 1


async def test_the_same_key_with_another_body_is_refused(log: Log) -> None:
    await log.append([Write("shelf/a", 0, [LENT])], reply=Reply(201, lambda _: {}, "k", "one"))
    with pytest.raises(KeyReused):
        await log.append([Write("shelf/b", 0, [LENT])], reply=Reply(201, lambda _: {}, "k", "other"))


async def test_a_refused_command_keeps_no_answer(log: Log) -> None:
    await lend(log, "a")
    with pytest.raises(Stale):
        await log.append([Write("shelf/a", 0, [LENT])], reply=Reply(201, lambda _: {}, "k", "body"))
    assert await log.known_answer("k") is None


async def test_an_answer_that_can_t_be_made_refuses_its_own_request_and_no_other(log: Log) -> None:
    broken = Reply(201, lambda _: 1 / 0)
    outcomes = await asyncio.gather(
        log.append([Write("shelf/a", 0, [LENT])], reply=broken), log.append([Write("shelf/b", 0, [LENT])]), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [ZeroDivisionError, Stored]
    assert [row.stream for row in log.page(0, 10)] == ["shelf/b"]


async def test_what_a_neighbour_told_is_taken_once(log: Log) -> None:
    for _ in range(2):
        await log.append([Write("notice/1", 0, [LENT])], followed=Followed("evaluation", 7))
    assert (log.head(), log.followed("evaluation")) == (1, 7)


async def test_a_neighbours_position_moves_on_without_an_event(log: Log) -> None:
    await log.append([], followed=Followed("evaluation", 12))
    assert (log.head(), log.followed("evaluation")) == (0, 12)


@pytest.mark.spec("3.2", "5.2")
@pytest.mark.parametrize("statement", ["UPDATE stored_events SET topic='x'", "DELETE FROM stored_events"])
async def test_an_event_is_never_changed_or_removed(log: Log, statement: str) -> None:
    await lend(log, "a")
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.IntegrityError), match="never"):
        log.connection().execute(statement)
    assert log.head() == 1


async def test_positions_survive_vacuum(log: Log) -> None:
    for shelf in "abc":
        await lend(log, shelf)
    log.connection().execute("VACUUM")
    assert [(row.position, row.stream) for row in log.page(0, 9)] == [(1, "shelf/a"), (2, "shelf/b"), (3, "shelf/c")]


async def test_the_leaf_is_the_stored_row_and_its_hash_is_rfc_6962(log: Log) -> None:
    stored = await lend(log, "a")
    row = log.row(1)
    assert row is not None
    position, topic, stream, version, recorded_at, salt, state = json.loads(row.leaf())
    assert (position, topic, stream, version, state) == (1, "shelf.book-lent.v2", "shelf/a", 1, {"book": "b", "days": 3})
    assert len(bytes.fromhex(salt)) == 16
    assert datetime.fromisoformat(recorded_at) == stored.recorded[0].recorded_at
    assert stored.recorded[0].leaf_hash == sha256(b"\x00" + row.leaf()).hexdigest()


async def test_two_equal_events_have_different_leaves(log: Log) -> None:
    first, second = await lend(log, "a"), await lend(log, "b")
    assert first.recorded[0].leaf_hash != second.recorded[0].leaf_hash


async def test_an_event_larger_than_a_leaf_is_refused(log: Log) -> None:
    with pytest.raises(TooLarge):
        await lend(log, "a", BookLent(book="x" * 60_000, days=1))


async def test_an_earlier_shape_is_read_as_the_present_one(log: Log) -> None:
    insert_row(log, 1, "shelf/a", "shelf.book-lent.v1", '{"book":"b","weeks":2}')
    assert [recorded.event for recorded in await log.history("shelf/a")] == [BookLent(book="b", days=14)]


@pytest.mark.spec("3.31")
async def test_scores_are_exact_decimals_in_the_log(log: Log) -> None:
    await log.append([Write("fees/r", 0, [paid("r", "16.35")])])
    (recorded,) = await log.history("fees/r")
    assert str(recorded.event.fee) == "16.35"  # type: ignore[attr-defined]
    assert '"fee":16.35' in log.page(0, 1)[0].state


async def test_the_library_reads_and_writes_the_same_log(log: Log) -> None:
    stored = await lend(log, "a")
    application = log.application
    (mine,) = application.events.get("shelf/a")
    assert (mine.stream, mine.version, mine.event) == ("shelf/a", 1, LENT)  # type: ignore[attr-defined]
    follow_up = type(stored.recorded[0])(0, "shelf/a", 2, datetime.now(UTC), LENT)
    assert [r.notification.id for r in application.events.put([follow_up])] == [2]
    assert [n.id for n in application.notification_log.select(1, 10)] == [1, 2]
    assert log.row(2) is not None


async def test_instants_never_run_backwards_even_when_the_clock_does(storage: Storage) -> None:
    log = Log(storage, MASTER)
    instants = iter([datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)])
    log._writer._now = lambda: next(instants)
    recorded = [(await lend(log, shelf)).recorded[0].recorded_at for shelf in "abc"]
    assert recorded == sorted(recorded)
    assert log.position_at(datetime(2026, 5, 15, tzinfo=UTC)) == 2
    assert log.position_at(datetime(2026, 1, 1, tzinfo=UTC)) == 0
    log.close()


async def test_a_manual_clock_goes_forward_only_and_survives_a_restart(storage: Storage) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    log = Log(storage, MASTER, start)
    log.clock.move_to(start + timedelta(days=1))
    with pytest.raises(ClockRefused):
        log.clock.move_to(start)
    log.close()
    log = Log(storage, MASTER, start)
    assert log.now() == start + timedelta(days=1)
    assert (await lend(log, "a")).recorded[0].recorded_at == log.now()
    log.close()
    with pytest.raises(WrongClock):
        Log(storage, MASTER)


async def test_a_system_clock_is_not_moved(log: Log) -> None:
    with pytest.raises(ClockRefused):
        log.clock.move_to(datetime(2100, 1, 1, tzinfo=UTC))


async def test_a_batch_that_can_t_be_written_hears_unavailable_and_the_writer_heals(log: Log) -> None:
    await lend(log, "a")
    elsewhere = log.storage.events()
    other = elsewhere.connection()
    other.execute("ALTER TABLE answers RENAME TO away")
    with pytest.raises(Unavailable):
        await log.append([Write("shelf/b", 0, [LENT])], reply=Reply(201, lambda _: {}, "k", "m"))
    assert log.head() == 1
    other.execute("ALTER TABLE away RENAME TO answers")
    assert (await log.append([Write("shelf/b", 0, [LENT])], reply=Reply(201, lambda _: {}, "k", "m"))).position == 2
    elsewhere.close()


def follow(log: Log, seen: list[int], done: threading.Event) -> None:
    position = 0
    while True:
        is_last = done.is_set()
        for row in log.page(position, 100):
            position = row.position
            seen.append(position)
        if is_last:
            return


EACH = 25


def append_many(log: Log, name: int) -> None:
    for count in range(EACH):
        log.save(Write(f"s/{name}/{count}", 0, [LENT]))


def test_threads_and_processes_that_append_at_once_leave_no_hole_and_miss_nothing(storage: Storage) -> None:
    logs = [Log(storage, MASTER), Log(storage, MASTER)]  # as two workers of a service would open it
    seen: list[int] = []
    done = threading.Event()
    follower = threading.Thread(target=follow, args=(logs[0], seen, done))
    writers = [threading.Thread(target=append_many, args=(logs[number % 2], number)) for number in range(8)]
    for thread in [follower, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    follower.join()
    assert seen == list(range(1, 8 * EACH + 1))
    for log in logs:
        log.close()


def test_sealed_fields_are_declared_on_the_event() -> None:
    assert FeePaid.sealed == {"card"}
