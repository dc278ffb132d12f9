"""Durable append through the store, of as many raw SQLite writers that commit one event a transaction (synchronous=FULL)."""

from __future__ import annotations

import itertools
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.ratios import Figure, compare
from shared.events import Event, event
from shared.store import Files, Log, Write
from shared.store.sql import connect

SECONDS = 0.6
GOALS = {1: 0.5, 8: 1.2, 32: 2.2}


@event("bench.entry-recorded.v1")
class Recorded(Event, frozen=True, kw_only=True):
    """About as large as an entry of points."""

    entry_id: str
    member_id: str
    item: str
    points: int


def figures() -> Iterator[Figure]:
    """One figure for each number of threads."""
    with tempfile.TemporaryDirectory() as folder:
        log = Log(Files(Path(folder) / "log"), b"b" * 32)
        raw = str(Path(folder) / "raw.db")
        connect(raw).execute(
            "CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT, version INTEGER, topic TEXT, state TEXT,"
            " UNIQUE (stream, version))"
        )
        for threads, goal in GOALS.items():
            yield compare(
                f"append, {threads} threads", lambda n=threads: _rate(n, _saver(log)), lambda n=threads: _rate(n, _raw(raw)), goal=goal
            )
        log.close()


def _saver(log: Log) -> Callable[[], Callable[[], None]]:
    def make() -> Callable[[], None]:
        def save() -> None:
            entry = log.new_id()
            log.save(Write(f"ledger/{entry}", 0, [Recorded(entry_id=entry, member_id=entry, item="study", points=5)]))

        return save

    return make


def _raw(path: str) -> Callable[[], Callable[[], None]]:
    def make() -> Callable[[], None]:
        connection, numbers = connect(path), itertools.count()

        def save() -> None:
            entry = Log.new_id()
            state = f'{{"entry_id":"{entry}","member_id":"{entry}","item":"study","points":5,"n":{next(numbers)}}}'
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO events (stream, version, topic, state) VALUES (?, 1, 'bench.entry-recorded.v1', ?)", (f"ledger/{entry}", state)
            )
            connection.execute("COMMIT")

        return save

    return make


def _rate(threads: int, make: Callable[[], Callable[[], None]]) -> float:
    counts = [0] * threads
    start = threading.Barrier(threads + 1)

    def work(number: int) -> None:
        save = make()
        start.wait()
        end = perf_counter() + SECONDS
        while perf_counter() < end:
            save()
            counts[number] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    begun = perf_counter()
    for worker in workers:
        worker.join()
    return sum(counts) / (perf_counter() - begun)
