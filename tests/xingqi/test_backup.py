"""`xingqi backup` of services that run and are written to, `xingqi restore` of it, and every backup that is refused."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import httpx
import pytest

from shared.settings import SERVICES
from tests.journeys.processes import Cell, running
from xingqi.cli import main

FOUNDINGS = 40


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def xingqi(cell: Cell, *arguments: str, **settings: str) -> Done:
    """`xingqi ARGUMENTS` in this process, which starts nothing: a command that is refused, a copy or a look."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(cell.folder)
        for name, value in {**cell.environment(), **settings}.items():
            if name.startswith("XINGQI_"):
                patch.setenv(name, value)
        status = main(arguments)
    return Done(status, out.getvalue(), err.getvalue())


def found(cell: Cell, token: str, number: int) -> httpx.Response:
    body = {"kind": "county", "parent_id": None, "code": f"c{number}", "name": f"第{number}县"}
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{cell.urls['roster']}/organizations", json=body, headers=headers, timeout=20, trust_env=False)


def head(folder: Path, service: str) -> int:
    with closing(sqlite3.connect(folder / service / "events.db")) as events:
        return int(events.execute("SELECT coalesce(max(rowid), 0) FROM stored_events").fetchone()[0])


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Cell:
    """A cell that was backed up into `first` while a client wrote, and then again into `second`; its services are down."""
    folder = tmp_path_factory.mktemp("backup")
    with running(folder, "system") as cell:
        token = cell.token("admin")
        answers: list[int] = []
        writer = threading.Thread(target=lambda: answers.extend(found(cell, token, number).status_code for number in range(FOUNDINGS)))
        writer.start()
        cell.command("backup", "first")
        writer.join()
        assert set(answers) == {201}
        cell.command("backup", "second")
        refused = xingqi(cell, "restore", "first", XINGQI_DATA=str(folder / "data"))
        assert refused.returncode == 1
        assert "roster runs on" in refused.stderr
    return cell


@pytest.fixture
def backup(stopped: Cell, tmp_path: Path) -> Path:
    """A copy of the second backup that a test may spoil; its keys lie beside it."""
    for name in ("second", "second-keys"):
        shutil.copytree(stopped.folder / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    shutil.copy(stopped.folder / "data/master.key", tmp_path / "data/master.key")
    return tmp_path / "second"


def restored(cell: Cell, source: Path, *arguments: str, **settings: str) -> Done:
    return xingqi(cell, "restore", str(source), *arguments, **{"XINGQI_DATA": str(source.parent / "data"), **settings})


def refusal(done: Done) -> str:
    assert done.returncode in {1, 2}, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_backup_holds_one_instant_without_master_key_and_views(stopped: Cell) -> None:
    for name in ("first", "second"):
        data, keys = stopped.folder / name, stopped.folder / f"{name}-keys"
        assert {path.name for path in data.rglob("*.db")} == {"accounts.db", "events.db", "log.db", "reads.db"}
        assert {path.name for path in keys.rglob("*.db")} == {"keys.db"}
        everything = [path for folder in (data, keys) for path in folder.rglob("*") if path.is_file()]
        master = (stopped.folder / "data/master.key").read_bytes()
        assert not [path for path in everything if master in path.read_bytes()]
        said = json.loads((data / "manifest.json").read_bytes())
        assert {service: said["services"][service]["position"] for service in SERVICES} == {one: head(data, one) for one in SERVICES}
        assert said["services"]["evaluation"]["followed"].get("roster", 0) <= said["services"]["roster"]["position"]
        assert json.loads((keys / "manifest.json").read_bytes())["made_at"] == said["made_at"]
    assert head(stopped.folder / "second", "roster") >= FOUNDINGS


def test_what_was_restored_starts_and_agrees_with_its_log(stopped: Cell, backup: Path) -> None:
    done = restored(stopped, backup)
    assert done.returncode == 0, done.stderr
    with running(backup.parent, "system") as cell:
        assert f"events: {head(backup, 'roster'):,}," in cell.command("check", "--service", "roster")
        assert found(cell, cell.token("admin"), FOUNDINGS).status_code == 201
    assert "there is no store" not in xingqi(stopped, "key", "--service", "roster", XINGQI_DATA=str(backup.parent / "data")).stderr


def test_one_service_of_yesterday_is_restored_and_what_is_lost_is_named(stopped: Cell, backup: Path) -> None:
    assert restored(stopped, backup).returncode == 0
    events = backup.parent / "data/evaluation/events.db"
    with closing(sqlite3.connect(events)) as connection:
        connection.execute(
            "INSERT INTO tracking VALUES ('roster', 1000) ON CONFLICT (application_name) DO UPDATE SET notification_id = 1000"
        )
        connection.commit()
    shutil.rmtree(backup.parent / "data/roster")
    done = restored(stopped, backup, "--service", "roster")
    assert done.returncode == 1
    assert f"evaluation has taken in position 1,000 of roster, whose log now ends at {head(backup, 'roster')}" in done.stdout


def test_a_store_that_is_there_is_never_overwritten(stopped: Cell, backup: Path) -> None:
    assert restored(stopped, backup).returncode == 0
    assert "holds a store already: move it away" in refusal(restored(stopped, backup))


def test_a_half_restored_folder_does_not_start_and_is_restored_anew(stopped: Cell, backup: Path) -> None:
    data = backup.parent / "data"
    (data / ".restoring").touch()
    (data / "roster").mkdir()
    (data / "roster/events.db").write_bytes(b"half")
    for arguments in (("run",), ("check",), ("backup", "third")):
        assert "is half restored: run xingqi restore again" in refusal(xingqi(stopped, *arguments, XINGQI_DATA=str(data)))
    assert restored(stopped, backup).returncode == 0
    assert xingqi(stopped, "check", XINGQI_DATA=str(data)).returncode == 0


def test_a_backup_that_was_broken_off_changed_or_cut_is_refused(stopped: Cell, backup: Path) -> None:
    manifest = backup / "manifest.json"
    whole = manifest.read_text()
    with (backup / "notice/events.db").open("ab") as file:
        file.write(b"x")
    assert "notice/events.db is not what was backed up" in refusal(restored(stopped, backup))
    (backup / "notice/events.db").unlink()
    assert "notice/events.db is missing" in refusal(restored(stopped, backup))
    manifest.write_text(whole[:100])
    assert "is no manifest that this release can read" in refusal(restored(stopped, backup))
    manifest.unlink()
    assert "one that did not come to its end" in refusal(restored(stopped, backup))
    assert not (backup.parent / "data/roster").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"xingqi": "9.0.0"}, "was made by Xingqi 9.0.0, this is"),
        ({"format": 2}, "Restore it with that release, then upgrade"),
        ({"county": "gaotai"}, "is of the county gaotai, not local"),
        ({"kind": "keys"}, "is a backup of the keys, where one of the data is needed"),
        ({"made_at": "2999-01-01T00:00:00Z"}, "are older than the data"),
        ({"files": {"../../etc/passwd": "0"}}, "outside of the backup"),
    ],
)
def test_a_backup_of_something_else_is_refused(stopped: Cell, backup: Path, change: dict[str, object], sentence: str) -> None:
    manifest = backup / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    assert sentence in refusal(restored(stopped, backup))


def test_without_the_master_key_of_these_keys_nothing_is_restored(stopped: Cell, backup: Path) -> None:
    key = backup.parent / "data/master.key"
    key.write_bytes(bytes(32))
    assert "is not that of the keys in" in refusal(restored(stopped, backup))
    key.unlink()
    assert "is missing: put it back first" in refusal(restored(stopped, backup))


def test_a_backup_needs_a_new_folder_and_a_store(stopped: Cell, tmp_path: Path) -> None:
    assert "first can't be made: File exists" in refusal(xingqi(stopped, "backup", "first"))
    assert "there is no store of roster" in refusal(xingqi(stopped, "backup", "third", XINGQI_DATA=str(tmp_path)))
    url = "postgresql://nobody@127.0.0.1:1/x"
    assert "use pg_dump" in refusal(xingqi(stopped, "backup", "third", XINGQI_DATABASE_URL=url))
    assert not (stopped.folder / "third").exists()


def test_another_master_key_wraps_all_keys_and_a_backup_of_before_needs_the_old_one(stopped: Cell, backup: Path) -> None:
    assert restored(stopped, backup).returncode == 0
    data = backup.parent / "data"
    new = backup.parent / "new.key"
    for wrapped in (True, False):  # the second time nothing is left to do, as after one that broke off at its end
        done = xingqi(stopped, "rotate", "master", str(new), XINGQI_DATA=str(data))
        assert done.returncode == 0, done.stderr
        assert ("roster      0 keys wrapped anew" not in done.stdout) is wrapped
    assert "is not the master key" in refusal(xingqi(stopped, "check", XINGQI_DATA=str(data)))
    assert xingqi(stopped, "check", XINGQI_DATA=str(data), XINGQI_MASTER_KEY_FILE=str(new)).returncode == 0
    assert "is not that of the keys in" in refusal(restored(stopped, backup, XINGQI_MASTER_KEY_FILE=str(new)))


def test_the_issuer_signs_with_a_further_key_and_the_older_one_stays(stopped: Cell, backup: Path) -> None:
    data = str(backup.parent / "data")
    assert restored(stopped, backup).returncode == 0
    done = xingqi(stopped, "rotate", "issuer", XINGQI_DATA=data)
    assert done.stdout.endswith("signs when the services have been started again.\n")
    assert {path.name for path in (backup.parent / "data/issuer").glob("*.jwk")} == {"000001.jwk", "000002.jwk"}


@pytest.mark.spec("8.11")
def test_where_a_restore_lost_events_for_good_a_new_log_is_begun_that_says_so(stopped: Cell, tmp_path: Path) -> None:
    for name in ("first", "first-keys"):
        shutil.copytree(stopped.folder / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    shutil.copy(stopped.folder / "data/master.key", tmp_path / "data/master.key")
    data = {"XINGQI_DATA": str(tmp_path / "data")}
    assert restored(stopped, tmp_path / "first").returncode == 0
    fine = xingqi(stopped, "new-log", "--service", "roster", "--cause", "events_lost", **data)
    assert "nothing to begin anew" in fine.stderr, "a log that can be signed on is not given up"
    shutil.copy(stopped.folder / "second/roster/checkpoint", tmp_path / "data/roster/checkpoint")
    known = int((tmp_path / "data/roster/checkpoint").read_text().split("\n")[1])
    lost = head(tmp_path / "data", "roster")
    assert lost < known
    broken = xingqi(stopped, "check", "--service", "roster", **data)
    assert (broken.returncode, f"position {lost + 1} is missing" in broken.stdout) == (1, True), broken.stdout
    begun = xingqi(stopped, "new-log", "--service", "roster", "--cause", "events_lost", **data)
    assert begun.returncode == 0, begun.stderr
    assert f"The old log xingqi/roster/local ended with {known} events" in begun.stdout
    assert "The new log is xingqi/roster/local-2; its key: xingqi/roster/local-2+" in begun.stdout
    whole = xingqi(stopped, "check", "--service", "roster", **data)
    assert whole.returncode == 0, whole.stdout
    assert head(tmp_path / "data", "roster") == lost + 1
    assert "xingqi/roster/local-2+" in xingqi(stopped, "key", "--service", "roster", **data).stdout
