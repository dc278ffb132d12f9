"""Streams that are kept decoded: never staler than the database, no more than their bound, read anew where they disagree with it."""

from __future__ import annotations

import pytest

from shared.store import Log, Stale, Storage, Write
from shared.store.leaf import Row
from shared.store.log import recorded_of
from shared.store.remembered import Remembered
from tests.shared.facts import MASTER, BookLent

LENT = BookLent(book="b", days=3)
STATE = '{"book":"b","days":3}'


class Rows:
    """A database of one row in each of the streams that were named, and how many rows were read of it."""

    def __init__(self, *streams: str) -> None:
        self.streams = {name: [Row(1, name, 1, LENT.topic, STATE, "2026-05-20T02:00:00.000000Z", "salt")] for name in streams}
        self.read = 0

    async def stream(self, name: str, after: int) -> list[Row]:
        found = self.streams[name][after:]
        self.read += len(found)
        return found


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
    remembered = Remembered(rows.stream, recorded_of)
    for _ in range(3):
        assert [one.event for one in await remembered.history("a")] == [LENT]
    assert rows.read == 1


async def test_beyond_the_bound_those_used_longest_ago_are_read_again() -> None:
    rows = Rows("a", "b", "c")
    remembered = Remembered(rows.stream, recorded_of, most=2 * len(STATE))
    for name in ("a", "b", "a", "c"):  # c takes the place of b
        await remembered.history(name)
    rows.read = 0
    await remembered.history("a")
    assert rows.read == 0
    await remembered.history("b")
    assert rows.read == 1


async def test_a_stream_that_lost_its_tail_is_read_anew_after_the_refusal() -> None:
    rows = Rows("a")
    remembered = Remembered(rows.stream, recorded_of)
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
