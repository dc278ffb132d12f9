"""One entry, and one ballot of 48 scores, by REST: each against a handler that does nothing, in the same frame, with the same body."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from benchmarks.load import rate
from benchmarks.ratios import Figure, compare

SECONDS = 0.7
GOALS = {("entry", 32): 0.45, ("ballot", 32): 0.65}
DIMENSIONS = ("conviction", "discipline", "contribution", "morality", "conduct")


@contextmanager
def serving() -> Iterator[dict[str, Any]]:
    """The process under load, and what it said."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.serving", folder]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        said = Path(folder) / "said.json"
        while not said.exists():
            if process.poll() is not None:
                raise RuntimeError("the process under load did not start; what it said stands above")
            sleep(0.05)
        try:
            yield json.loads(said.read_text())
        finally:
            process.communicate(timeout=30)  # closes its input, by which it ends


def entries(town: dict[str, Any]) -> Callable[[], tuple[str, str, object, str]]:
    """Each call another entry: a member, an item and a day that were not together before."""
    days = [(date(2026, 1, 1) + timedelta(days=number)).isoformat() for number in range(170)]
    combined = ((member, item, day) for day, item, member in itertools.product(days, ("study", "meeting"), town["members"]))

    def make() -> tuple[str, str, object, str]:
        member, item, day = next(combined)
        return "POST", "/entries", {"member_id": member, "item": item, "occurred_on": day}, town["secretary"]

    return make


def ballots(town: dict[str, Any]) -> Callable[[], tuple[str, str, object, str]]:
    """Each call the whole ballot of the next rater, with other scores."""
    raters = itertools.cycle(town["raters"].items())
    lot = random.Random(1)

    def make() -> tuple[str, str, object, str]:
        rater, token = next(raters)
        scores = {one: {code: lot.randint(0, 20) for code in DIMENSIONS} for one in town["raters"] if one != rater}
        return "PUT", f"/reviews/{town['review']}/ballots/{rater}", {"scores": scores}, token

    return make


def figures(kinds: tuple[str, ...] = ("entry", "ballot")) -> Iterator[Figure]:
    """With 32 clients at once, and with one."""
    with serving() as town:
        real, nothing = town["ports"]
        for kind in kinds:
            make = {"entry": entries, "ballot": ballots}[kind](town)
            for clients in (32, 1):
                yield compare(
                    f"one {kind} by REST, {clients} clients" if clients > 1 else f"one {kind} by REST, one client",
                    lambda n=clients, m=make: rate(real, n, m, SECONDS),
                    lambda n=clients, m=make: rate(nothing, n, m, SECONDS),
                    goal=GOALS.get((kind, clients)),
                )
