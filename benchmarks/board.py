"""The board of a branch, read by somebody who has it already (ETag, 304), against a no-op that answers the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from time import perf_counter, sleep

import httpx

from benchmarks.client import rate, reading
from benchmarks.ratios import Figure, Plan, compare
from benchmarks.town import Town

GOAL = 0.5
NOT_MODIFIED = 304
STILL_SECONDS = 3.0
CLIENTS = 32


def board(plan: Plan, town: Town) -> Iterator[Figure]:
    """Looks at the board by readers who have its present state, and whole boards drawn anew."""
    with town.notice() as port:
        path = f"/boards/{next(iter(town.branches))}"
        known = reading(path, etag=_settled(f"http://127.0.0.1:{port}{path}"))
        nothing = reading(f"/no-op{path}", etag='"x"')
        measured, reference = (partial(rate, port, itertools.repeat(one), CLIENTS, plan.seconds) for one in (known, nothing))
        yield compare(f"board by ETag, {CLIENTS} clients", measured, reference, pairs=plan.pairs, goal=GOAL)
        whole = partial(rate, port, itertools.repeat(reading(path)), CLIENTS, plan.seconds)
        yield compare(f"board drawn, {CLIENTS} clients", whole, reference, pairs=plan.pairs)


def _settled(url: str) -> str:
    """The board's ETag once it has been the same for `STILL_SECONDS`: what happened in the town has arrived, and is signed."""
    tag, since = "", perf_counter()
    with httpx.Client(trust_env=False) as http:
        while perf_counter() - since < STILL_SECONDS:
            answer = http.get(url, headers={"Accept": "text/html", "If-None-Match": tag})
            if answer.status_code != NOT_MODIFIED:
                tag, since = answer.headers["etag"], perf_counter()
            sleep(0.2)
    return tag
