"""A county's evening: 30,000 ballots in 10 minutes, asked for at their own time whether the last ones were answered or not."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator
from time import perf_counter

from benchmarks.client import answer, rate
from benchmarks.ratios import Figure, Plan
from benchmarks.town import Town

BALLOTS_A_SECOND = 30_000 / 600
CONNECTIONS = 64
GOAL_P99, GOAL_CEILING = 0.250, 4.0


def evening(plan: Plan, town: Town) -> Iterator[Figure]:
    """The 99th percentile of the time to answer at that rate, in seconds; then how many times that rate one process takes at most."""
    latencies = asyncio.run(_steady(town, plan.evening))
    worst = statistics.quantiles(latencies, n=100)[98]
    middle = statistics.median(latencies)
    what = f"a county's evening, {BALLOTS_A_SECOND:.0f} ballots a second for {plan.evening:.0f} s"
    print(
        f"| {what}: half within {1000 * middle:.0f} ms, "
        f"99 % within {1000 * worst:.0f} ms | {len(latencies) / (plan.evening):,.0f} | | | {1000 * GOAL_P99:.0f} ms: "
        f"{'met' if worst <= GOAL_P99 else 'MISSED'} |",
        flush=True,
    )
    most = [rate(town.port, town.ballot_requests(), 32, plan.seconds) for _ in range(plan.pairs)]
    ratios = sorted(one / BALLOTS_A_SECOND for one in most)
    middle_ratio = statistics.median(ratios)
    rates = statistics.median(most), BALLOTS_A_SECOND
    yield Figure("ballots at most, of the evening's rate", *rates, middle_ratio, ratios[0], ratios[-1], GOAL_CEILING)


async def _steady(town: Town, seconds: float) -> list[float]:
    """Seconds from the moment at which each ballot was due to its answer."""
    lines: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        lines.put_nowait(await asyncio.open_connection("127.0.0.1", town.port))
    begun, latencies, requests = perf_counter(), [], town.evening_requests()

    async def cast(due: float, request: bytes) -> None:
        reader, writer = await lines.get()
        writer.write(request)
        await answer(reader)
        latencies.append(perf_counter() - due)
        lines.put_nowait((reader, writer))

    async with asyncio.TaskGroup() as tasks:
        for number in range(round(seconds * BALLOTS_A_SECOND)):
            due = begun + number / BALLOTS_A_SECOND
            await asyncio.sleep(max(0.0, due - perf_counter()))
            tasks.create_task(cast(due, next(requests)))
    while not lines.empty():
        lines.get_nowait()[1].close()
    return latencies
