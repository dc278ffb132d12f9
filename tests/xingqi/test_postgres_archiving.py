"""PostgreSQL's own continuous archiving under a cell at work, as docs/operate.md says: the server is lost, and recovered."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.faults.postgres_server import OwnServer, own_server
from tests.house.files import ROOT
from tests.journeys.processes import SERVICES, Cell, free_ports, running
from tests.xingqi.documented import documented, put_in
from tests.xingqi.test_backup import found, xingqi
from tests.xingqi.test_postgres_backup import HEAD, value, wait_until_followed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
BACKUPS, SCRIPTS, DATA = "/var/backups/xingqi", "/usr/local/bin", "/var/lib/postgresql/15/main"
EACH = 4
POINT = "before-the-import"
ARCHIVED = "SELECT count(*) FROM pg_stat_archiver WHERE last_archived_wal >= '{}'"
TODAY = datetime.now(UTC).date().isoformat()
INSTALL, SETTINGS, WEEKLY = range(3)
"""The blocks of the page about archiving."""


@dataclass
class Lost:
    """A server that is gone, its archive in `home`, and what the stopped cell on it had been told: ids of organisations, and when."""

    server: OwnServer
    cell: Cell
    told: list[str] = field(default_factory=list)
    told_by_then: int = 0
    head_then: int = 0

    @property
    def home(self) -> Path:
        return self.server.folder.parent

    def shell(self, lines: str) -> str:
        """Run lines of the page as the user of the server, with the programs of its version."""
        path = f"{self.home}:{self.server.programs}:{os.environ['PATH']}"
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", lines], capture_output=True, text=True, check=False, user=self.server.user, cwd="/",
            env={"PATH": path, "LC_ALL": "C"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def take_base_backup(self) -> str:
        """The line of cron."""
        places = {"archiver@127.0.0.1:5432": f"postgres@127.0.0.1:{self.server.port}", BACKUPS: str(self.home)}
        return self.shell(put_in(documented("Continuous archiving")[WEEKLY], places))

    def wait_until_archived(self) -> None:
        """Return when all that was written is in the archive, as it is a minute later by itself."""
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        until = time.monotonic() + 30
        while not value(self.server.url, ARCHIVED.format(row[0] if row else "")):
            assert time.monotonic() < until, "the archive does not take the last piece"
            time.sleep(0.1)

    def wait_until_signed(self) -> None:
        """Return when the file beside the database has seen all that was acknowledged."""
        head, until = value(self.server.url, HEAD.format("roster")), time.monotonic() + 20
        while int((self.cell.folder / "data/roster/checkpoint").read_text().splitlines()[1]) < head:
            assert time.monotonic() < until, "the roster does not sign"
            time.sleep(0.1)


def configured(home: Path) -> str:
    """The settings of the page; archive and base backups lie in `home`."""
    for script in ("archive-wal", "base-backup"):
        shutil.copy(ROOT / "deploy/postgresql" / script, home)
    for folder in ("wal", "base"):
        (home / folder).mkdir()
        if os.geteuid() == 0:
            shutil.copystat(home / "data", home / folder)
            os.chown(home / folder, (home / "data").stat().st_uid, (home / "data").stat().st_gid)
    return put_in(documented("Continuous archiving")[SETTINGS], {SCRIPTS: str(home), BACKUPS: str(home)})


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lost]:
    folder = tmp_path_factory.mktemp("archived")
    with own_server(configured) as server:
        with running(folder, "system", XINGQI_DATABASE_URL=server.url) as cell:
            made, token = Lost(server, cell), cell.token("admin")
            work(made, token)
            made.take_base_backup()
            work(made, token)
            wait_until_followed(server.url)
            made.told_by_then, made.head_then = len(made.told), value(server.url, HEAD.format("roster"))
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("SELECT pg_create_restore_point(%s)", (POINT,))
            work(made, token)
            wait_until_followed(server.url)
            made.wait_until_signed()
            made.wait_until_archived()
            server.end(signal.SIGKILL)
            empty(server.folder)
        yield made


def empty(folder: Path) -> None:
    """Nothing of the server's data is left; the folder itself is, as where a disk is mounted."""
    for one in folder.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()


def work(made: Lost, token: str) -> None:
    for number in range(len(made.told), len(made.told) + EACH):
        answer = found(made.cell, token, number)
        assert answer.status_code == 201, answer.text
        made.told.append(answer.json()["id"])


@contextmanager
def recovered(lost: Lost, folder: Path, blocks: int) -> Iterator[Cell]:
    """A server recovered by so many blocks of the page, and a cell on it that has kept XINGQI_DATA; its services are not up."""
    places = {f"{BACKUPS}/base/2026-11-22": f"{BACKUPS}/base/{TODAY}", BACKUPS: str(lost.home), DATA: str(lost.server.folder)}
    for block in documented("Recovery from the archive")[:blocks]:
        lost.shell(put_in(block, {place: own for place, own in places.items() if place in block}))
    lost.server.start()
    try:
        until = time.monotonic() + 30
        while value(lost.server.url, "SELECT pg_is_in_recovery()::int"):
            assert time.monotonic() < until, "it does not come to the end of its recovery"
            time.sleep(0.1)
        shutil.copytree(lost.cell.folder / "data", folder / "data")
        urls = {service: f"http://127.0.0.1:{port}" for service, port in zip(SERVICES, free_ports(3), strict=True)}
        yield Cell(folder, "system", urls, settings={"XINGQI_DATABASE_URL": lost.server.url})
    finally:
        lost.server.end()
        empty(lost.server.folder)


@contextmanager
def serving(cell: Cell) -> Iterator[str]:
    """The cell's services, up; an administrator's token."""
    try:
        cell.start()
        yield cell.token("admin")
    finally:
        cell.stop()


def known(cell: Cell, token: str, organization: str) -> int:
    place = f"{cell.urls['roster']}/organizations/{organization}"
    return httpx.get(place, headers={"Authorization": f"Bearer {token}"}, timeout=20, trust_env=False).status_code


def test_recovered_to_the_end_all_that_was_acknowledged_and_archived_is_there(lost: Lost, tmp_path: Path) -> None:
    with recovered(lost, tmp_path, blocks=1) as cell:
        done = xingqi(cell, "check")
        assert done.returncode == 0, done.stdout
        with serving(cell) as token:
            assert {known(cell, token, organization) for organization in lost.told} == {200}
            assert found(cell, token, len(lost.told)).status_code == 201
            wait_until_followed(lost.server.url)
        done = xingqi(cell, "check")
        assert done.returncode == 0, done.stdout


def test_recovered_to_an_earlier_point_what_is_lost_is_named(lost: Lost, tmp_path: Path) -> None:
    with recovered(lost, tmp_path, blocks=2) as cell:
        assert value(lost.server.url, HEAD.format("roster")) == lost.head_then
        done = xingqi(cell, "check")
        assert done.returncode == 1, done.stdout
        assert f"{lost.head_then + 1:,}" in done.stdout, "the first position that is lost"
        assert "has taken in position" not in done.stdout, "the three are of one instant"
        with serving(cell) as token:
            answers = [known(cell, token, organization) for organization in lost.told]
            assert answers == [200] * lost.told_by_then + [404] * (len(lost.told) - lost.told_by_then)


def test_what_could_open_an_erased_key_goes_within_thirty_days(lost: Lost) -> None:
    """Base backups of weeks ago, and the pieces of the log before the oldest that is left."""
    base, wal = lost.home / "base", lost.home / "wal"
    day = datetime.now(UTC).date()
    kept, gone = (f"{base}/{(day - timedelta(days=ago)).isoformat()}" for ago in (21, 23))
    pieces = sorted(piece.name for piece in wal.iterdir() if len(piece.name) == len("000000010000000000000001"))
    for place, first in ((gone, pieces[0]), (kept, pieces[1])):
        lost.shell(f"cp -a {base}/{TODAY} {place} && echo 'START WAL LOCATION: 0/0 (file {first})' > {place}/backup_label")

    lost.take_base_backup()

    assert sorted(place.name for place in base.iterdir()) == [Path(kept).name, TODAY]
    assert sorted(piece.name for piece in wal.iterdir() if piece.name in pieces) == pieces[1:]


def test_a_piece_of_another_server_is_never_overwritten(lost: Lost, tmp_path: Path) -> None:
    own, archive = tmp_path / "own", tmp_path / "archive"
    own.write_bytes(b"one")
    archive.mkdir()
    command = [str(lost.home / "archive-wal"), str(own), str(archive / "0001")]
    for content, status in ((b"one", 0), (b"one", 0), (b"two", 1)):
        own.write_bytes(content)
        assert subprocess.run(command, check=False, capture_output=True).returncode == status
    assert [(file.name, file.read_bytes()) for file in archive.iterdir()] == [("0001", b"one")]
