"""Questions that are asked together: fewer looks, and no answer older than its question."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from shared.store.together import Together


class Far:
    """A database that is far away: it answers when it is told to, with what holds when it is asked."""

    def __init__(self) -> None:
        self.holds: dict[str, int] = {}
        self.asked: list[list[str]] = []
        self.may_answer = asyncio.Event()
        self.is_away = False

    async def look(self, names: Sequence[str]) -> dict[str, int]:
        self.asked.append(list(names))
        found = {name: self.holds[name] for name in names if name in self.holds}
        await self.may_answer.wait()
        if self.is_away:
            raise ConnectionError
        return found


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_all_that_ask_at_the_same_time_share_one_look() -> None:
    far = Far()
    far.holds = {"a": 1, "b": 2}
    far.may_answer.set()
    together = Together(far.look, 0)
    assert await asyncio.gather(*(together.find(name) for name in ("a", "b", "a", "c"))) == [1, 2, 1, 0]
    assert far.asked == [["a", "b", "c"]]


async def test_who_asks_while_a_look_is_on_its_way_gets_what_holds_after_the_question() -> None:
    far = Far()
    together = Together(far.look, 0)
    early = asyncio.create_task(together.find("a"))
    await turns()
    assert far.asked == [["a"]]
    far.holds = {"a": 7}
    late = [asyncio.create_task(together.find(name)) for name in ("a", "b")]
    await turns()
    far.may_answer.set()
    assert [await early, *[await one for one in late]] == [0, 7, 0]
    assert far.asked == [["a"], ["a", "b"]]


async def test_a_look_that_fails_fails_for_those_who_asked_in_it_alone() -> None:
    far = Far()
    far.is_away = True
    far.may_answer.set()
    together = Together(far.look, 0)
    with pytest.raises(ConnectionError):
        await together.find("a")
    far.is_away, far.holds = False, {"a": 3}
    assert await together.find("a") == 3


async def test_who_goes_away_takes_the_answer_from_nobody() -> None:
    far = Far()
    far.holds = {"a": 5}
    together = Together(far.look, 0)
    first, second = (asyncio.create_task(together.find("a")) for _ in range(2))
    await turns()
    first.cancel()
    await turns()
    far.may_answer.set()
    assert await second == 5
    assert first.cancelled()
