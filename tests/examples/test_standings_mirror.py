"""The worked example of a platform: a client of the roster mirrors standings, is killed again and again, and agrees in the end."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from tests.house.files import ROOT
from tests.journeys.stories import Branch, Town, names, story_town

pytestmark = pytest.mark.timeout(180)
LIVES = 6


def platform_token(town: Town, branch: Branch) -> str:
    """As another platform gets it: a client with its grants, and a token for its secret."""
    grants = [{"organization_id": branch.id, "types": ["reviews.*", "standings"]}]
    client = town.do("POST", "roster/clients", town.admin, {"name": "县党建平台", "grants": grants})
    form = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["client_secret"]}
    token: str = httpx.post(f"{town.cell.urls['roster']}/token", data=form, trust_env=False).raise_for_status().json()["access_token"]
    return token


def mirrored(path: Path) -> list[tuple[str, int, int]]:
    with closing(sqlite3.connect(path)) as mirror, suppress(sqlite3.OperationalError):
        return mirror.execute("SELECT member, stars, flags FROM standings ORDER BY member").fetchall()
    return []


def start(town: Town, token: str, path: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "EVALUATION": town.cell.urls["evaluation"], "TOKEN": token}
    return subprocess.Popen([sys.executable, str(ROOT / "examples" / "standings_mirror.py"), str(path)], env=environment)


def test_the_mirror_agrees_however_often_it_was_killed(tmp_path: Path) -> None:
    with story_town(tmp_path) as town:
        branch, other = town.branch(names(6)), town.branch(names(6))
        token, path, dice = platform_token(town, branch), tmp_path / "standings.db", random.Random(341)  # noqa: S311 - when to kill
        town.published(branch)
        town.published(other)
        town.now("2026-07-20T02:00:00Z")
        town.to(branch, "confirmed")
        town.to(other, "confirmed")
        for _ in range(LIVES):
            process = start(town, token, path)
            time.sleep(dice.uniform(0.1, 0.9))
            process.kill()
            process.wait()
        process = start(town, token, path)
        try:
            shown = town.read(f"evaluation/branches/{branch.id}/standings", branch.secretary, min_position=town.position("evaluation"))
            expected = sorted((row["member_id"], row["stars"], row["flags"]) for row in shown["items"])
            assert len(expected) == 6
            until = time.monotonic() + 20
            while mirrored(path) != expected:
                assert time.monotonic() < until, (mirrored(path), expected)
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
        forbidden = httpx.get(
            f"{town.cell.urls['evaluation']}/branches/{other.id}/standings", headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )
        assert forbidden.status_code == 403
