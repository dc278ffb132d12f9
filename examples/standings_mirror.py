"""Mirrors the standings that a platform may read into its own SQLite file, and may be killed at any moment.

    EVALUATION=http://127.0.0.1:8002 TOKEN=... python examples/standings_mirror.py standings.db

It follows `GET /events` by position: what a page of events changed, and the position after it, are written in one transaction.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from typing import Any

import httpx

SCHEMA = """
CREATE TABLE IF NOT EXISTS standings
  (branch TEXT, period TEXT, member TEXT, stars INTEGER, flags INTEGER, PRIMARY KEY (branch, period, member));
CREATE TABLE IF NOT EXISTS place (position INTEGER);
INSERT INTO place SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM place);
"""


def look(api: httpx.Client, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON of any shape
    """A read; what is away or busy for the moment (429, 503) is asked again after the time that it names."""
    while True:
        answer = api.get(path, params=query)
        if answer.status_code not in {429, 503}:
            return answer.raise_for_status().json()
        time.sleep(int(answer.headers.get("Retry-After", 2)))


def take_page(api: httpx.Client, mirror: sqlite3.Connection) -> bool:
    """Take in one page of events; whether there was anything new."""
    (position,) = mirror.execute("SELECT position FROM place").fetchone()
    page = look(api, "/events", after=position, types="reviews.*", limit=500)
    changed = {(e["data"]["branch_id"], e["data"]["period"]) for e in page["items"] if {"branch_id", "period"} <= e["data"].keys()}
    rows: list[tuple[str, str, str, int | None, int]] = []
    for branch, period in sorted(changed):
        shown = look(api, f"/branches/{branch}/standings", period=period, min_position=page["next"])["items"]
        rows += [(branch, period, row["member_id"], row["stars"], row["flags"]) for row in shown]
    with mirror:  # all of it or nothing: after a crash the same page is taken again
        mirror.executemany("DELETE FROM standings WHERE branch = ? AND period = ?", sorted(changed))
        mirror.executemany("INSERT INTO standings VALUES (?, ?, ?, ?, ?)", rows)
        mirror.execute("UPDATE place SET position = ?", (page["next"],))
    return bool(page["next"] > position)


if __name__ == "__main__":
    file = sqlite3.connect(sys.argv[1])
    file.executescript(SCHEMA)
    with httpx.Client(base_url=os.environ["EVALUATION"], headers={"Authorization": f"Bearer {os.environ['TOKEN']}"}, timeout=30) as api:
        while True:
            try:
                is_news = take_page(api, file)
            except httpx.TransportError:
                is_news = False
            if not is_news:
                time.sleep(1)
