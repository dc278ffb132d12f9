"""Random towns live a year by REST; every figure must agree with the independent reckoning.

`TOWNS=20` lives more of them, `TOWN_SEED=1234` begins with another seed. The same seed lives the same.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from tests.journeys import half_year
from tests.journeys.comparison import differences
from tests.journeys.processes import Cell, CellSettings, running
from tests.journeys.rest import Rest
from tests.journeys.towns import Town, World
from tests.journeys.year_comparison import differences_of_the_year

TOWNS = int(os.environ.get("TOWNS", "1"))
FIRST_SEED = int(os.environ.get("TOWN_SEED", "341"))
BRANCHES = 5


@pytest.mark.timeout(120 + 90 * TOWNS)
def test_every_figure_agrees_with_the_independent_reckoning(cell_settings: CellSettings, tmp_path: Path) -> None:
    seeds = range(FIRST_SEED, FIRST_SEED + TOWNS)
    sys.stdout.write(f"towns of seeds {FIRST_SEED} to {seeds[-1]}\n")
    with running(tmp_path, **cell_settings()) as cell:
        found = asyncio.run(_live(cell, seeds))
    assert not found, "\n".join(found[:40])


async def _live(cell: Cell, seeds: Sequence[int]) -> list[str]:
    async def tokens(roles: Sequence[str], organization: str | None, members: Sequence[str]) -> list[str]:
        return await asyncio.to_thread(cell.tokens, roles, organization, members)

    async def switch(is_on: bool) -> None:
        await asyncio.to_thread(cell.start if is_on else cell.stop, "notice")

    async with httpx.AsyncClient(timeout=30) as client:
        rest = Rest(cell.urls, client)
        started = time.monotonic()
        world = await World.make(rest, tokens, switch, seeds[0])
        towns = [Town.drawn(world, seed, BRANCHES) for seed in seeds]
        await world.timeline.together(*(town.live(half_year.live) for town in towns))
        found = [difference for town in towns for difference in [*await differences(town), *await differences_of_the_year(town)]]
        sys.stdout.write(f"{sum(len(town.people) for town in towns)} members, {rest.calls} calls, {time.monotonic() - started:.0f} s\n")
        return found
