"""GET /metrics of a service with several workers: whichever is asked answers for all, also after one of them has ended."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.faults.killing import Killable
from tests.journeys.processes import free_ports

WORKERS = 2
ASKED = 12
MANY = 24
"""So many answers, each to a call of its own, come from both workers."""


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Killable]:
    urls = {service: f"http://127.0.0.1:{port}" for service, port in zip(("roster", "evaluation", "notice"), free_ports(3), strict=True)}
    made = Killable(tmp_path, "system", urls, settings={"XINGQI_WORKERS": str(WORKERS)})
    try:
        made.start("roster")
        yield made
    finally:
        made.stop()


def get(cell: Killable, path: str, token: str | None = None) -> httpx.Response:
    """By a connection of its own, which any worker may take."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(cell.urls["roster"] + path, headers=headers, timeout=10, trust_env=False)


def figures(cell: Killable, name: str) -> set[float]:
    """What both workers say of one figure."""
    pattern = re.compile(rf"^{re.escape(name)} (\S+)$", re.MULTILINE)
    return {float(value) for _ in range(MANY) for value in pattern.findall(get(cell, "/metrics").text)}


def test_all_answer_for_all_and_nothing_is_forgotten_when_one_ends(cell: Killable) -> None:
    clock = 'xingqi_http_requests_total{method="GET",route="/clock",status="200"}'
    token = cell.token("admin")
    assert {get(cell, "/clock", token).status_code for _ in range(ASKED)} == {200}
    assert figures(cell, clock) == {ASKED}
    both = figures(cell, "process_resident_memory_bytes")
    assert min(both) > 60_000_000 * WORKERS, "of both together"

    cell.kill_one_worker("roster")
    time.sleep(0.5)
    cell.wait_until_ready("roster")
    assert get(cell, "/clock", token).status_code == 200
    assert figures(cell, clock) == {ASKED + 1}, "what the one that ended had counted is still told"


def test_a_log_that_was_cut_shows_whichever_worker_had_seen_more(cell: Killable) -> None:
    token = cell.token("admin")
    body = {"kind": "county", "parent_id": None, "code": "c1", "name": "第一县"}
    founded = httpx.post(
        f"{cell.urls['roster']}/organizations", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10, trust_env=False
    )
    head = int(founded.headers["event-position"])
    assert figures(cell, "xingqi_log_position") == {head}
    with closing(sqlite3.connect(cell.folder / "data/roster/events.db")) as events:
        for (name,) in events.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            events.execute(f"DROP TRIGGER {name}")
        events.execute("DELETE FROM stored_events WHERE rowid = ?", (head,))
        events.commit()
    assert figures(cell, "xingqi_log_position") == {head - 1}
