"""SIGKILL at random moments, on each database: every acknowledged command is there once, every other at most once, all heals by itself.

One round here; `make faults` runs 300 on each database. A run is repeated with FAULT_SEED, which every run prints.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.faults.killing import under_attack
from tests.journeys.processes import DATABASES

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.timeout(240 + ROUNDS * 60)
def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(database: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    with under_attack(tmp_path, database, seed, XINGQI_WORKERS="2") as rounds:
        for _ in range(ROUNDS):
            rounds.one()
        rounds.check()
        print(rounds)  # noqa: T201
