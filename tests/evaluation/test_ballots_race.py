"""A ballot that was acknowledged is counted; one that comes too late is refused (spec, section 6): eight threads, a real port."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from threading import Event

import httpx
import pytest
import uvicorn

from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.scoring import aggregate
from services.evaluation.events.reviews import PeerReviewClosed
from tests.evaluation.builders_review import Half, members, running_half

THREADS = 8
RATERS = 16
ROUNDS = ("2023-H1", "2023-H2", "2024-H1", "2024-H2", "2025-H1")


@dataclass
class Tally:
    """What one thread was told: the newest acknowledged ballot of each of its raters, and why others were refused."""

    newest: dict[str, tuple[int, int]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


@asynccontextmanager
async def served(half: Half) -> AsyncIterator[str]:
    """The service's address on a port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(half.town.app, lifespan="off", log_level="error"))
        task = asyncio.create_task(server.serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


def vote_until_refused(url: str, half: Half, raters: list[str], start: Event) -> Tally:
    """One thread: its raters vote in turn, again and again with other scores, until each was refused once."""
    tally, waiting = Tally(), list(raters)
    lot = random.Random(f"{half.review} {raters}")  # noqa: S311 - made-up scores
    start.wait()
    with httpx.Client(base_url=url) as client:
        while waiting:
            rater = lot.choice(waiting)
            points = lot.randint(0, 20)
            answer = client.put(
                f"{half.path}/ballots/{half.id(rater)}",
                json=half.ballot(rater, points),
                headers={"Authorization": f"Bearer {half.of(rater)}"},
            )
            if answer.status_code == 200:
                tally.newest[half.id(rater)] = (answer.json()["number"], points)
            else:
                tally.refused.append(f"{answer.status_code} {answer.json()['code']}")
                waiting.remove(rater)
    return tally


@pytest.mark.spec("6.34", "6.33a", "6.33b")
async def test_no_acknowledged_ballot_is_lost_and_no_late_one_counts(tmp_path: Path) -> None:
    async with running_half(tmp_path, RATERS) as half, served(half) as url:
        for period in ROUNDS:
            await half.open(period=period)
            await half.to("peer_review")
            await _race(half, url)


async def _everybody_voted(half: Half) -> None:
    while (await half.do("GET", ""))["turnout"]["cast"] < RATERS:  # noqa: ASYNC110 - nobody tells: the turnout is what a secretary sees
        await asyncio.sleep(0.01)


async def _race(half: Half, url: str) -> None:
    raters, start = members(RATERS), Event()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(THREADS) as pool:  # of its own: the loop's has fewer threads on a small machine
        voting = [loop.run_in_executor(pool, vote_until_refused, url, half, raters[number::THREADS], start) for number in range(THREADS)]
        start.set()
        async with asyncio.timeout(60):
            await _everybody_voted(half)
        await half.to("committee_review")
        tallies = await asyncio.gather(*voting)

    newest = {rater: ballot for tally in tallies for rater, ballot in tally.newest.items()}
    (closed,) = [
        recorded.event
        for recorded in await half.town.app.state.service.log.history(f"phase/{half.review}")
        if isinstance(recorded.event, PeerReviewClosed)
    ]
    assert {refusal for tally in tallies for refusal in tally.refused} == {"409 wrong_phase"}
    assert {one.rater_id: one.number for one in closed.counted} == {rater: number for rater, (number, _) in newest.items()}
    for score in closed.scores:
        sums = [Fraction(points * 5) for rater, (_, points) in newest.items() if rater != score.member_id]
        assert score.aggregate == str(aggregate(sums, DEFAULT_RULES.peer))
