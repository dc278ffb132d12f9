"""Durable append through the store, of as many raw writers that commit one event a transaction (SQLite: synchronous=FULL)."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter

import psycopg

from benchmarks.ratios import FULL, Figure, Plan, compare
from shared.events import Event, event
from shared.store import Files, Log, Postgres, Write
from shared.store.sql import connect

GOALS = {1: (0.5, 0.45), 8: (1.2, 0.5), 32: (2.2, 1.2)}
"""Threads -> the least ratio on SQLite and on PostgreSQL."""
Saver = Callable[[], Callable[[], None]]
TABLE = (
    "CREATE TABLE IF NOT EXISTS bench_raw (position {} PRIMARY KEY, stream TEXT, version INTEGER, topic TEXT, state TEXT,"
    " UNIQUE (stream, version))"
)
INSERT = "INSERT INTO bench_raw (stream, version, topic, state) VALUES ({0}, 1, 'bench.entry-recorded.v1', {0})"


@event("bench.entry-recorded.v1")
class Recorded(Event, frozen=True, kw_only=True):
    """About as large as an entry of points."""

    entry_id: str
    member_id: str
    item: str
    points: int


def figures(plan: Plan = FULL) -> Iterator[Figure]:
    """One figure for each number of threads."""
    with tempfile.TemporaryDirectory() as folder:
        log = Log(Postgres(plan.database, "local", "bench_append") if plan.database else Files(Path(folder) / "log"), b"b" * 32)
        raw = _raw_postgres(plan.database) if plan.database else _raw_sqlite(f"{folder}/raw.db")
        save = _saver(log)
        for threads, goals in GOALS.items():
            ours, theirs = partial(_rate, threads, save, plan.seconds * 0.6), partial(_rate, threads, raw, plan.seconds * 0.6)
            yield compare(f"durable append, {threads} threads", ours, theirs, pairs=plan.pairs, goal=plan.goal(*goals))
        log.close()


def _saver(log: Log) -> Saver:
    def make() -> Callable[[], None]:
        def save() -> None:
            entry = log.new_id()
            log.save(Write(f"ledger/{entry}", 0, [Recorded(entry_id=entry, member_id=entry, item="study", points=5)]))

        return save

    return make


def _raw_sqlite(path: str) -> Saver:
    connect(path).execute(TABLE.format("INTEGER"))

    def make() -> Callable[[], None]:
        connection = connect(path)

        def save() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(INSERT.format("?"), _raw_event())
            connection.execute("COMMIT")

        return save

    return make


def _raw_postgres(url: str) -> Saver:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE.format("BIGINT GENERATED ALWAYS AS IDENTITY").encode())

    def make() -> Callable[[], None]:
        connection, statement = psycopg.connect(url, autocommit=True), INSERT.format("%s").encode()

        def save() -> None:
            connection.execute(statement, _raw_event())

        return save

    return make


def _raw_event() -> tuple[str, str]:
    entry = Log.new_id()
    return f"ledger/{entry}", f'{{"entry_id":"{entry}","member_id":"{entry}","item":"study","points":5}}'


def _rate(threads: int, make: Saver, seconds: float) -> float:
    counts = [0] * threads
    start = threading.Barrier(threads + 1)

    def work(number: int) -> None:
        save = make()
        start.wait()
        end = perf_counter() + seconds
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
