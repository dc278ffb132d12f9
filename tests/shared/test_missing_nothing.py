"""A follower that only moves forward misses nothing, however many write at once; and the same follower does miss where the guard is gone.

The guard: the writer gives a position under its lock, so that positions are committed in their order (decision 2). Without it - positions
drawn before the lock, as a sequence draws them - a later one may be committed first, and who has passed it never sees the earlier one.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from shared.store import Log, Storage, Write
from tests.shared.facts import MASTER, BookLent, insert_row

WRITERS, EACH = 4, 12
ROUNDS = int(os.environ.get("FOLLOWER_ROUNDS", "8"))
MOST_ROUNDS_UNTIL_IT_MISSES = 60
LENT = BookLent(book="b", days=3)
Append = Callable[[Log, str], None]


@dataclass
class Follower:
    """Pages by position, never back: as the feed, the views and the neighbours read."""

    log: Log
    position: int = 0
    seen: list[int] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Follow until all was written, and then to the end."""
        while True:
            is_last = self.done.is_set()
            while rows := self.log.page(self.position, 7):
                self.seen += [row.position for row in rows]
                self.position = rows[-1].position
            if is_last:
                return


def in_order(log: Log, stream: str) -> None:
    """As every command does."""
    log.save(Write(stream, 0, [LENT]))


class DrawnBeforeTheLock:
    """The guard taken out: a position is drawn first, as from a sequence, and committed a moment later."""

    def __init__(self, start: int) -> None:
        self._numbers = itertools.count(start + 1)

    def __call__(self, log: Log, stream: str) -> None:
        position = next(self._numbers)
        if random.random() < 0.2:  # noqa: S311 - somebody else is let through in between
            threading.Event().wait(0.002)
        insert_row(log, position, stream, "shelf.book-lent.v2", '{"book":"b","days":3}')


@contextmanager
def workers(storage: Storage) -> Iterator[list[Log]]:
    """Several logs on one database, as the workers of a service open it; the last one is the follower's."""
    logs = [Log(storage, MASTER) for _ in range(WRITERS + 1)]
    try:
        yield logs
    finally:
        for log in logs:
            log.close()


def missed(logs: list[Log], append: Append, name: str) -> set[int]:
    """What a follower did not see of one round of `WRITERS` that write at once."""
    start = logs[-1].head()
    follower = Follower(logs[-1], start)

    def write(log: Log, number: int) -> None:
        for count in range(EACH):
            append(log, f"s/{name}/{number}/{count}")

    writing = [threading.Thread(target=write, args=(log, number)) for number, log in enumerate(logs[:-1])]
    following = threading.Thread(target=follower.run)
    for thread in (following, *writing):
        thread.start()
    for thread in writing:
        thread.join()
    follower.done.set()
    following.join()
    written = {row.position for row in logs[-1].page(start, 10_000)}
    assert len(written) == WRITERS * EACH
    assert follower.seen == sorted(set(follower.seen)), "something was told twice"
    return written - set(follower.seen)


def test_nothing_is_missed_round_after_round(storage: Storage) -> None:
    with workers(storage) as logs:
        for number in range(ROUNDS):
            assert missed(logs, in_order, str(number)) == set()
        assert [row.position for row in logs[0].page(0, 100_000)] == list(range(1, ROUNDS * WRITERS * EACH + 1)), "there is a hole"


def test_without_the_guard_the_same_follower_misses(storage: Storage) -> None:
    """So the test above would notice."""
    with workers(storage) as logs:
        for number in range(MOST_ROUNDS_UNTIL_IT_MISSES):
            if missed(logs, DrawnBeforeTheLock(logs[0].head()), str(number)):
                return
    pytest.fail(f"nothing was missed in {MOST_ROUNDS_UNTIL_IT_MISSES} rounds without the guard: this test can't see what it is for")
