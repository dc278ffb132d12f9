from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import msgspec
import pytest

from shared.errors import Unavailable
from shared.feed import CloudEvent, FeedPage, Follower, SourceIsBehind, look, written
from shared.store import Files, Followed, Log, Write
from tests.shared.facts import BookLent, FeePaid, insert_row, paid

SOURCE = "http://roster.test"


def page(log: Log, source: str, *, after: int, limit: int, types: Sequence[str] = ()) -> bytes:
    return written(source, *look(log, after, limit, types))


def feed(log: Log, after: int = 0, limit: int = 100, types: Sequence[str] = ()) -> FeedPage:
    return msgspec.json.decode(page(log, SOURCE, after=after, limit=limit, types=types), type=FeedPage)


def test_an_event_is_told_as_a_cloud_event_with_its_stored_text(log: Log) -> None:
    log.save(Write("shelf/a", 0, [BookLent(book="b", days=3)]))
    (item,) = json.loads(page(log, SOURCE, after=0, limit=10))["items"]
    time = item.pop("time")
    assert time.endswith("Z")
    assert item == {
        "specversion": "1.0", "id": "1", "sequence": "1", "source": SOURCE, "type": "shelf.book-lent.v2", "subject": "shelf/a",
        "datacontenttype": "application/json", "data": {"book": "b", "days": 3},
    }  # fmt: skip


def test_sealed_fields_never_leave_and_are_marked(log: Log) -> None:
    log.save(Write("fees/a", 0, [FeePaid(reader="a", fee="1", card="4000-1234")]))  # type: ignore[arg-type]
    text = page(log, SOURCE, after=0, limit=10)
    (item,) = json.loads(text)["items"]
    assert b"4000" not in text
    assert (item["sealed"], set(item["data"])) == (["card"], {"reader", "fee"})


def test_pages_follow_one_another_and_an_empty_one_moves_on(log: Log) -> None:
    for number in range(7):
        log.save(Write(f"s/{number}", 0, [BookLent(book="b", days=1) if number % 2 else paid("a", "1")]))
    first = feed(log, limit=3)
    assert ([e.position for e in first.items], first.next) == ([1, 2, 3], 3)
    lent = feed(log, after=2, types=["shelf.book-lent.v2"])
    assert ([e.position for e in lent.items], lent.next) == ([4, 6], 7)
    nothing = feed(log, after=6, types=["shelf.book-lent.v2"])
    assert (nothing.items, nothing.next) == ((), 7)
    assert (feed(log, after=7).items, feed(log, after=7).next) == ((), 7)


def test_an_earlier_shape_is_told_in_the_present_one(log: Log) -> None:
    insert_row(log, 1, "s", "shelf.book-lent.v1", '{"book":"b","weeks":2}')
    for types in ([], ["shelf.book-lent.v2"]):
        (item,) = feed(log, types=types).items
        assert (item.type, item.data) == ("shelf.book-lent.v2", {"book": "b", "days": 14})


async def until_it_fails(follower: Follower) -> None:
    while True:
        await follower.catch_up()


class Neighbour:
    """A neighbour's feed that stumbles: every second call fails."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.calls = 0

    async def fetch(self, after: int) -> FeedPage:
        self.calls += 1
        if self.calls % 2:
            raise Unavailable
        return feed(self.log, after, limit=3)


async def test_a_follower_takes_everything_once_and_in_order_whatever_fails(log: Log, tmp_path_factory: pytest.TempPathFactory) -> None:
    mine = Log(Files(tmp_path_factory.mktemp("mine")), b"m" * 32)
    neighbour = Neighbour(log)
    taken: list[int] = []

    async def take(events: Sequence[CloudEvent], position: int) -> None:
        taken.extend(event.position for event in events)
        await mine.append([], followed=Followed("roster", position))

    follower = Follower("roster", neighbour.fetch, lambda: mine.followed("roster"), take)
    for number in range(10):
        log.save(Write(f"s/{number}", 0, [BookLent(book="b", days=1)]))
        with pytest.raises(Unavailable):
            await until_it_fails(follower)
    follower.start()
    while len(taken) < 10:
        follower.ring()
        await asyncio.sleep(0.01)
    await follower.close()
    assert taken == list(range(1, 11))
    mine.close()


async def test_a_neighbour_that_lost_events_is_noticed_and_nothing_is_papered_over(log: Log) -> None:
    """As after a restore from yesterday: what its log holds from then on under the same positions is other than what we know."""

    async def take(events: Sequence[CloudEvent], position: int) -> None:
        raise AssertionError((events, position))

    async def fetch(after: int) -> FeedPage:
        return feed(log, after)

    for number in range(6):
        log.save(Write(f"s/{number}", 0, [BookLent(book="b", days=1)]))
    with pytest.raises(SourceIsBehind, match="The log of roster ends at 6, and 9 was taken in here"):
        await Follower("roster", fetch, lambda: 9, take).catch_up()
    await Follower("roster", fetch, lambda: 6, take).catch_up()
