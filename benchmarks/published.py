"""The transparency log on against off: what its publisher's thread costs a command through REST, and the store alone (design: log.md)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from benchmarks.append import Recorded
from benchmarks.client import rate
from benchmarks.ratios import FULL, Figure, Plan, compare
from benchmarks.town import running_town
from shared.publisher import Publisher
from shared.store import Files, Log, Postgres, Write

AT_ONCE = 50
CLIENTS = 32
GOAL_REST, GOAL_STORE = 0.95, 0.85


def figures(plan: Plan = FULL) -> Iterator[Figure]:
    """A command through REST, then appends by 50 through the store."""
    with ExitStack() as stack:
        branches = max(1, plan.branches // 4)
        databases = [stack.enter_context(_beside(plan.database, name)) for name in ("on", "off")]
        on = stack.enter_context(running_town(branches, databases[0]))
        off = stack.enter_context(running_town(branches, databases[1], is_published=False))
        ours, theirs = (partial(rate, town.port, town.entry_requests(), CLIENTS, plan.seconds) for town in (on, off))
        yield compare(f"log on and off: POST /entries, {CLIENTS} clients", ours, theirs, pairs=plan.pairs, goal=GOAL_REST)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        logs = {name: _log(plan, Path(folder), name) for name in ("on", "off")}
        publisher = Publisher(logs["on"], "xingqi/bench/on", Path(folder))
        publisher.start()
        stack.callback(logs["off"].close)
        stack.callback(logs["on"].close)
        stack.callback(publisher.close)
        ours, theirs = (partial(_append, logs[name], plan.seconds) for name in ("on", "off"))
        yield compare(f"log on and off: append by {AT_ONCE}", ours, theirs, pairs=plan.pairs, goal=GOAL_STORE)


@contextmanager
def _beside(database: str | None, name: str) -> Iterator[str | None]:
    """The URL of a further database on the server of this one, for as long as it is needed; None on SQLite."""
    if database is None:
        yield None
        return
    own = str(conninfo_to_dict(database)["dbname"])
    place = sql.Identifier(f"{own}_{name}")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(place))
        try:
            yield urlsplit(database)._replace(path=f"/{own}_{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(place))


def _log(plan: Plan, folder: Path, name: str) -> Log:
    return Log(Postgres(plan.database, "local", f"bench_{name}") if plan.database else Files(folder / name), b"b" * 32)


def _append(log: Log, seconds: float) -> float:
    """Events a second, in transactions of 50."""
    count, begun = 0, perf_counter()
    while perf_counter() < begun + seconds:
        entry = log.new_id()
        event = Recorded(entry_id=entry, member_id=entry, item="study", points=5)
        log.save(Write(f"ledger/{entry}", 0, [event] * AT_ONCE))
        count += AT_ONCE
    return count / (perf_counter() - begun)
