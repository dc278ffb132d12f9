"""The machine's clock jumps: back by two hours, forward by more than a day, and to the right time again, while a client works.

Nothing acknowledged is lost or done twice, the log's order and its instants go on, and all is well by itself when the time is right again.
"""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.book import Book, Client
from tests.faults.killing import Rounds
from tests.faults.wrong_clock import WronglySet, town_with_a_clock
from tests.journeys.processes import SERVICES, database_settings
from tests.journeys.rest import Json
from tests.journeys.stories import Branch, Town, names

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]
BACK, AHEAD, RIGHT = timedelta(hours=-2), timedelta(hours=30), timedelta()
HEALED_WITHIN = 30.0


@pytest.mark.parametrize(("database", "workers"), [("sqlite", 1), ("postgresql", 2)])
def test_the_clock_jumps_under_load(database: str, workers: int, tmp_path: Path) -> None:
    settings = {**database_settings(database), "XINGQI_WORKERS": str(workers)}
    with town_with_a_clock(tmp_path, **settings) as (town, cell):
        shown = town.published(town.branch(names(4)))
        branch = town.branch(names(6))
        town.open(branch)
        town.to(branch, "peer_review")
        rounds = Rounds(town, branch, None, random.Random(7))  # noqa: S311 - a lot that can be drawn again
        (half_a_day,) = cell.issue(["admin"], None, [], hours="12")
        for wrong_by, answer in ((BACK, 401), (RIGHT, 200), (AHEAD, 401), (RIGHT, 200)):
            work_across(rounds, cell, wrong_by)
            service = "roster" if wrong_by == RIGHT else "notice"  # it forgets whose tokens it took, and asks since when it was away
            cell.stop(service, kill=True)
            cell.start(service)
            readable_everywhere(town, shown)
            assert publicity(town, shown)["state"] == ("waiting" if wrong_by == BACK else "running")
            assert town.call("GET", f"roster/organizations/{town.id}", half_a_day).status_code == answer, (
                f"{wrong_by} beside the right time"
            )
        no_outage_is_still_to_come(town, cell)
        assert publicity(town, shown)["ends_on"] == "2026-07-09"
        rounds.check()
        for service in SERVICES:
            assert_in_order(town, service)


def work_across(rounds: Rounds, cell: WronglySet, wrong_by: timedelta) -> None:
    """The client works, the clock jumps in the midst of it, the client works on; then the books are held against each other."""
    client = Client(rounds.town, rounds.branch, rounds.book, rounds.lot)
    client.start()
    time.sleep(1)
    cell.set_clock(wrong_by)
    told = len(rounds.book.deeds)
    time.sleep(2)
    client.stop()
    assert acknowledged_since(rounds.book, told) > 0, f"{wrong_by} beside the right time no command was taken"
    rounds.reckoning.settle()
    rounds.reckoning.hold()
    rounds.refuse_faults()
    signed_on(rounds)


def acknowledged_since(book: Book, told: int) -> int:
    """How many of the deeds that were begun after the first `told` have an answer."""
    return sum(deed.position is not None for deed in book.deeds[told:])


def readable_everywhere(town: Town, shown: Branch) -> None:
    """Every service says that it is ready; boards and the register are read."""
    for service in SERVICES:
        assert eventually(town, f"{service}/health/ready", town.admin)
    assert eventually(town, f"notice/boards/{shown.id}", None)
    assert eventually(town, "notice/register", None, organization_id=shown.id, year=2026)


def publicity(town: Town, shown: Branch) -> dict[str, Any]:
    """Where the publicity period of the branch's result stands."""
    (notice,) = eventually(town, "notice/notices", None, kind="result", organization_id=shown.id)["items"]
    found: dict[str, Any] = eventually(town, f"notice/notices/{notice['id']}/publicity", None)
    return found


def eventually(town: Town, place: str, by: str | None, **query: str | int) -> Json:
    """What is read there; in between nothing but a 503 that says when to come back."""
    until = time.monotonic() + HEALED_WITHIN
    while (answer := town.send("GET", place, by, headers={"Accept": "application/json"}, query=query)).status_code != 200:
        assert answer.status_code == 503, f"{place}: {answer.status_code} {answer.text[:300]}"
        assert "retry-after" in answer.headers, place
        assert time.monotonic() < until, f"{place} did not heal: {answer.text[:300]}"
        time.sleep(0.2)
    return answer.json()


def signed_on(rounds: Rounds) -> None:
    """Within seconds a signed checkpoint covers every acknowledged event, and it never shrinks."""
    for service in ("roster", "evaluation"):
        acknowledged = max(deed.position or 0 for deed in rounds.book.deeds if deed.service == service)
        until = time.monotonic() + HEALED_WITHIN
        while signed_size(rounds.town, service) < acknowledged:
            assert time.monotonic() < until, f"{service} does not sign any more"
            time.sleep(0.1)


def signed_size(town: Town, service: str) -> int:
    """How many events the newest checkpoint covers."""
    return int(town.send("GET", f"{service}/log/checkpoint").text.splitlines()[1])


def told(town: Town, service: str) -> list[dict[str, Any]]:
    """All that a service tells, in order."""
    found: list[dict[str, Any]] = []
    while (page := eventually(town, f"{service}/events", town.admin, after=found[-1]["id"] if found else 0, limit=1000))["items"]:
        found += page["items"]
    return found


def assert_in_order(town: Town, service: str) -> None:
    """Positions 1, 2, 3, ...; instants that never run backwards, whatever the clock did."""
    items = told(town, service)
    assert [int(item["id"]) for item in items] == list(range(1, len(items) + 1))
    instants = [datetime.fromisoformat(item["time"]) for item in items]
    assert instants == sorted(instants)


def no_outage_is_still_to_come(town: Town, cell: WronglySet) -> None:
    """What the service took for an outage, because the clock was ahead, ends at the latest now that it is right."""
    until = time.monotonic() + HEALED_WITHIN
    while True:
        events = [item["data"] for item in told(town, "notice") if item["type"].startswith("outages.")]
        assert events, "the clock was ahead by more than a day, and no outage was recorded"
        if datetime.fromisoformat(events[-1]["end"]) <= cell.right_now():
            return
        assert time.monotonic() < until, f"outages that are still to come: {events}"
        time.sleep(0.5)
