"""Requests against a no-op of the same body in the same app, over a socket; and the feed against a raw SELECT of its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter

import msgspec

from benchmarks.client import answer, rate, request
from benchmarks.ratios import Figure, Plan, compare
from benchmarks.town import Town
from shared.store import storage_of

PAGE = 1000
SECONDS_OF_ENTRIES = 3


class _FeedPage(msgspec.Struct):
    items: list[msgspec.Raw]
    next: int


def entry(plan: Plan, town: Town) -> Iterator[Figure]:
    """One entry, its ledger and rules loaded, recorded and answered."""
    return _requests(plan, town, "POST /entries", town.entry_requests, plan.goal(0.45, 0.30))


def ballot(plan: Plan, town: Town) -> Iterator[Figure]:
    """One ballot of 48 scores in five dimensions, checked, sealed and stored; its no-op checks the body with pydantic."""
    return _requests(plan, town, "PUT ballot of 48 scores", town.ballot_requests, plan.goal(0.65, 0.60))


def _requests(plan: Plan, town: Town, name: str, make: Callable[[str], Iterator[bytes]], goal: float) -> Iterator[Figure]:
    real, nothing = make(""), make("/no-op")
    for clients in (1, 32):
        measured, reference = (partial(rate, town.port, source, clients, plan.seconds) for source in (real, nothing))
        yield compare(f"{name}, {clients} clients", measured, reference, pairs=plan.pairs, goal=goal if clients > 1 else None)


def feed(plan: Plan, town: Town) -> Iterator[Figure]:
    """Events a second that a neighbour reads page by page, beside the same rows read by SELECT."""
    rate(town.port, town.entry_requests(), 32, SECONDS_OF_ENTRIES * plan.seconds)
    read, select = partial(_read, plan, town, town.issuer.token(["service"])), partial(_selected, plan, town)
    yield compare(f"feed, pages of {PAGE}", lambda: asyncio.run(read()), select, pairs=plan.pairs, goal_a_second=20_000)


async def _read(plan: Plan, town: Town, token: str) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", town.port, limit=2**24)
    count, after, begun = 0, 0, perf_counter()
    while perf_counter() < begun + plan.seconds:
        writer.write(request("GET", f"/events?after={after}&limit={PAGE}", token))
        page = msgspec.json.decode(await answer(reader), type=_FeedPage)
        count, after = count + len(page.items), page.next if page.items else 0
    elapsed = perf_counter() - begun
    writer.close()
    return count / elapsed


def _selected(plan: Plan, town: Town) -> float:
    events = storage_of(town.settings, "evaluation").events()
    position = "notification_id" if plan.database else "rowid"
    columns = f"{position}, originator_id, originator_version, topic, state, recorded_at, salt"
    statement = f"SELECT {columns} FROM stored_events WHERE {position} > ? ORDER BY {position} LIMIT {PAGE}"  # noqa: S608 - names of ours
    count, after, begun = 0, 0, perf_counter()
    while perf_counter() < begun + plan.seconds:
        rows = events.connection().execute(statement, (after,)).fetchall()
        count, after = count + len(rows), rows[-1][0] if rows else 0
    elapsed = perf_counter() - begun
    events.close()
    return count / elapsed
