"""Streams that are kept decoded: never staler than the database, no more than their bound, read anew where they disagree with it."""

from __future__ import annotations

import asyncio

import pytest

from shared.store import Log, Stale, Storage, Write
from shared.store.leaf import Row
from shared.store.log import recorded_of
from shared.store.remembered import LONGEST_TAIL, OF_A_STREAM, Remembered
from tests.shared.facts import MASTER, BookLent

LENT = BookLent(book="b", days=3)
STATE = '{"book":"b","days":3}'


class Rows:
    """A database of one row in each of the streams that were named, and how many rows were read of it."""

    reads_take_time = False

    def __init__(self, *streams: str) -> None:
        self.streams = {
            name: [Row(position, name, 1, LENT.topic, STATE, "2026-05-20T02:00:00.000000Z", "salt")]
            for position, name in enumerate(streams, start=1)
        }
        self.read = 0

    async def stream(self, stream: str, after: int = 0) -> list[Row]:
        found = self.streams[stream][after:]
        self.read += len(found)
        return found

    async def tail(self, after: int, limit: int) -> list[Row]:
        rows = sorted((row for rows in self.streams.values() for row in rows), key=lambda row: row.position)
        return [row for row in rows if row.position > after][:limit]

    def head(self) -> int:
        return max((row.position for rows in self.streams.values() for row in rows), default=0)


async def test_what_another_process_wrote_is_seen_at_the_next_look(storage: Storage) -> None:
    here, there = Log(storage, MASTER), Log(storage, MASTER)
    for version in range(4):
        assert len(await here.history("shelf/a")) == version
        await there.append([Write("shelf/a", version, [LENT])])
    assert [one.version for one in await here.history("shelf/a")] == [1, 2, 3, 4]
    here.close()
    there.close()


async def test_a_row_is_read_and_decoded_once() -> None:
    rows = Rows("a")
    remembered = Remembered(rows, recorded_of, rows.head)
    for _ in range(3):
        assert [one.event for one in await remembered.history("a")] == [LENT]
    assert rows.read == 1


async def test_beyond_the_bound_those_used_longest_ago_are_read_again() -> None:
    rows = Rows("a", "b", "c")
    remembered = Remembered(rows, recorded_of, rows.head, most=2 * (OF_A_STREAM + len(STATE)))
    for name in ("a", "b", "a", "c"):  # c takes the place of b
        await remembered.history(name)
    rows.read = 0
    await remembered.history("a")
    assert rows.read == 0
    await remembered.history("b")
    assert rows.read == 1


async def test_a_stream_that_lost_its_tail_is_read_anew_after_the_refusal() -> None:
    rows = Rows("a")
    remembered = Remembered(rows, recorded_of, rows.head)
    await remembered.history("a")
    rows.streams["a"].clear()  # a database restored to yesterday beneath a running process
    remembered.forget(["a", "never seen"])
    assert await remembered.history("a") == ()


async def test_a_refusal_makes_the_log_read_its_streams_anew(log: Log) -> None:
    await log.append([Write("shelf/a", 0, [LENT])])
    known = await log.history("shelf/a")
    assert await log.history("shelf/a") is known
    with pytest.raises(Stale):
        await log.append([Write("shelf/b", 0, [LENT])], guards=[(await log.load("shelf/a", 0, lambda n, _: n)).guard._replace(version=7)])
    assert await log.history("shelf/a") is not known


async def test_what_was_committed_here_is_not_read_again(log: Log) -> None:
    assert await log.history("shelf/a") == ()
    await log.append([Write("shelf/a", 0, [LENT])])
    known = await log.history("shelf/a")
    assert [one.version for one in known] == [1]
    assert await log.history("shelf/a") is known


async def test_a_long_tail_of_another_process_is_not_decoded_but_forgotten(storage: Storage) -> None:
    here, there = Log(storage, MASTER), Log(storage, MASTER)
    assert await here.history("shelf/a") == ()
    for start in range(0, LONGEST_TAIL + 500, 500):
        await there.append([Write("shelf/b", start, [LENT] * 500)])
    await there.append([Write("shelf/a", 0, [LENT])])
    assert [one.version for one in await here.history("shelf/a")] == [1]
    here.close()
    there.close()


async def test_many_who_write_in_two_processes_always_see_what_was_acknowledged(storage: Storage) -> None:
    here, there = Log(storage, MASTER), Log(storage, MASTER)
    acknowledged = dict.fromkeys((f"shelf/{number}" for number in range(8)), 0)

    async def write(name: str, log: Log, other: Log) -> None:
        for version in range(12):
            await log.append([Write(name, version, [LENT])])
            acknowledged[name] = version + 1
            await asyncio.sleep(0)
            for seen in acknowledged:
                least = acknowledged[seen]
                assert len(await other.history(seen)) >= least

    await asyncio.gather(*(write(name, *((here, there) if number % 2 else (there, here))) for number, name in enumerate(acknowledged)))
    for log in (here, there):
        assert [len(await log.history(name)) for name in acknowledged] == [12] * 8
        log.close()


async def test_a_database_restored_beneath_a_running_process_is_seen() -> None:
    rows = Rows("a", "b")
    remembered = Remembered(rows, recorded_of, rows.head)
    third = Row(3, "b", 2, LENT.topic, STATE, "2026-05-20T02:00:00.000000Z", "salt")
    rows.streams["b"].append(third)
    assert [len(await remembered.history(name)) for name in ("a", "b")] == [1, 2]
    rows.streams["b"].pop()
    rows.streams["a"].append(third._replace(stream="a"))
    await asyncio.sleep(0)
    assert [len(await remembered.history(name)) for name in ("a", "b")] == [2, 1]
