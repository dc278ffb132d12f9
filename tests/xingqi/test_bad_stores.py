"""A store that can't be started on is said in one plain sentence: another clock's, a full disk, a file for a folder; two starters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import SERVICES
from tests.faults.disk import small_disk
from tests.journeys.processes import database_settings, free_ports
from tests.xingqi.processes import MANUAL, Done, command, environment, is_alive, wait_until
from tests.xingqi.test_run import is_ready

URLS: dict[str, str] = {service: f"http://127.0.0.1:{port}" for port, service in enumerate(SERVICES, start=48_101)}
DATABASES = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


def refusal(done: Done) -> str:
    assert done.returncode in {1, 2}, done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr


@DATABASES
def test_a_store_of_a_manual_clock_is_refused_to_the_systems_clock(database: str, tmp_path: Path) -> None:
    settings = database_settings(database)
    with serving(tmp_path, settings, clock=MANUAL):
        pass
    said = refusal(command(tmp_path, URLS, "run", "--only", "roster", settings=settings))
    assert "this store was made under the manual clock and can't be opened under the system one" in said


@DATABASES
def test_of_two_starters_at_once_both_serve_one_store(database: str, tmp_path: Path) -> None:
    """On an empty folder and database, twice the same service at two addresses: one of them makes the store, the other finds it."""
    settings = database_settings(database)
    both = [serving(tmp_path, settings) for _ in range(2)]  # both are starting now
    with both[0], both[1]:
        pass
    done = command(tmp_path, URLS, "check", "--service", "roster", settings=settings)
    assert done.returncode == 0, done.stderr


def test_a_data_folder_that_is_a_file_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    said = refusal(command(tmp_path, URLS, "run"))
    assert f"the data folder {tmp_path / 'data'} can't be made" in said
    assert "Name another in XINGQI_DATA" in said


def test_a_full_disk_at_the_start_is_said_and_over_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path, "32m") as disk:
        settings = {"XINGQI_DATA": str(disk.path / "data")}
        disk.fill()
        said = refusal(command(tmp_path, URLS, "run", "--only", "roster", settings=settings))
        assert "No space left" in said or "full" in said, said
        disk.free()
        with serving(tmp_path, settings):
            pass


def test_a_read_only_data_folder_is_said_and_over_when_it_can_be_written(tmp_path: Path) -> None:
    with small_disk(tmp_path, "32m") as disk:
        settings = {"XINGQI_DATA": str(disk.path / "data")}
        with serving(tmp_path, settings):
            pass
        disk.remount("ro")
        said = refusal(command(tmp_path, URLS, "run", "--only", "roster", settings=settings))
        assert "Read-only file system" in said
        disk.remount("rw")
        with serving(tmp_path, settings):
            pass


class serving:  # noqa: N801 - read as `with serving(...)`
    """A roster, starting when this is made, ready inside the block, ended after it."""

    def __init__(self, folder: Path, settings: dict[str, str], clock: str = "system") -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        urls: dict[str, str] = dict.fromkeys(SERVICES, self.url)
        words = [sys.executable, "-m", "xingqi.serve", "roster"]
        variables = environment(folder, urls) | {"XINGQI_CLOCK": clock} | settings
        self.process = subprocess.Popen(words, env=variables, cwd=folder, stdin=subprocess.DEVNULL)

    def __enter__(self) -> None:
        wait_until(lambda: is_ready(self.url) or not is_alive(self.process.pid), "the service is not ready")
        assert is_ready(self.url)

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.mark.parametrize("words", [["account", "admin"], ["rotate", "master", "new.key"]])
def test_a_database_that_is_away_under_a_command_is_said_plainly(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "data").mkdir()
    for key in ("data/master.key", "new.key"):
        (tmp_path / key).write_bytes(bytes(32))
    nobody = f"postgresql://xingqi@127.0.0.1:{free_ports(1)[0]}/xingqi"
    said = refusal(command(tmp_path, URLS, *words, settings={"XINGQI_DATABASE_URL": nobody}))
    assert "the PostgreSQL server is not reached. Start it, or correct XINGQI_DATABASE_URL" in said
