"""`xingqi verify` and software that is not ours over an exported log: both accept it, and each finds every kind of change.

The verifier is run as an auditor runs it: the one file, copied alone into an empty folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.publisher import Publisher
from shared.store import Files, Log
from shared.transparency import verify
from shared.transparency.notes import LOG_KEY, Signer, checkpoint_of, note_of
from shared.transparency.tiles import bundle
from tests.shared.facts import MASTER
from tests.shared.transparency.reading import leaves_in
from tests.shared.transparency.test_publisher import ORIGIN, lend
from xingqi.export import write_log

GO_PACKAGES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")


@dataclass(frozen=True)
class Exported:
    folder: Path
    key: str
    older: Path


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A log of 600 events, and its checkpoint as it stood at 300."""
    folder = tmp_path_factory.mktemp("verify")
    log = Log(Files(folder / "service"), MASTER)
    publisher = Publisher(log, ORIGIN, folder)
    lend(log, 300)
    publisher.publish()
    (folder / "older").write_text(str(publisher.published.note()))
    lend(log, 300)
    publisher.publish()
    write_log(publisher, folder / "log")
    key = publisher.key.text
    publisher.close()
    log.close()
    shutil.copy(str(verify.__file__), folder / "verify.py")
    return Exported(folder / "log", key, folder / "older")


def verified(exported: Exported, *more: str, folder: Path | None = None) -> tuple[int, str]:
    """Status and report of the verifier, which sees nothing of the product."""
    command = [sys.executable, "-I", "../verify.py", str(folder or exported.folder), "--key", exported.key, *more]
    place = exported.older.parent / "empty"
    place.mkdir(exist_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, cwd=place, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.mark.spec("11.4")
def test_an_exported_log_verifies_with_its_older_checkpoint_and_the_short_hash_on_paper(exported: Exported) -> None:
    old = checkpoint_of(note_of(exported.older.read_text()).text)
    status, report = verified(exported, "--older", str(exported.older), "--short", f"{old.size}:{old.short}")
    assert status == 0
    assert "Checkpoint of 600 events" in report
    assert "extends the older checkpoint of 300" in report
    assert "agrees with the short hash" in report


Change = Callable[[list[bytes]], list[bytes]]
CHANGES: dict[str, tuple[Change, str]] = {
    "altered": (lambda leaves: [*leaves[:7], leaves[7].replace(b"b7", b"b8"), *leaves[8:]], "position 8 was altered"),
    "removed": (lambda leaves: [*leaves[:11], *leaves[12:]], "position 12 holds another row"),
    "inserted": (lambda leaves: [*leaves[:11], leaves[3], *leaves[11:-1]], "position 12 holds another row"),
    "reordered": (lambda leaves: [*leaves[:4], leaves[5], leaves[4], *leaves[6:]], "position 5 holds another row"),
    "emptied": (lambda leaves: [*leaves[:4], b"", *leaves[5:]], "position 5 holds another row"),
}


@pytest.mark.spec("8.11")
@pytest.mark.parametrize("change", CHANGES)
def test_each_kind_of_change_to_entries_is_named_with_its_position(exported: Exported, tmp_path: Path, change: str) -> None:
    alter, said = CHANGES[change]
    folder = shutil.copytree(exported.folder, tmp_path / "log")
    bundle_path = folder / "tile/entries/000"
    leaves = alter(leaves_in(bundle_path.read_bytes()))
    bundle_path.write_bytes(bundle([*leaves, *leaves[-1:]][:256]))
    status, report = verified(exported, folder=folder)
    assert status == 1
    assert said in report


def _cut_back(folder: Path) -> None:
    (folder / "tile/entries/002.p/88").write_bytes(b"")


def _alter_a_tile(folder: Path) -> None:
    path = folder / "tile/1/000.p/2"
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


def _sign_with_another_key(folder: Path) -> None:
    text = note_of((folder / "checkpoint").read_bytes()).text
    (folder / "checkpoint").write_text(f"{text}\n{Signer(ORIGIN, LOG_KEY, b'x' * 32).line(text)}")


def _claim_another_size(folder: Path) -> None:
    path = folder / "checkpoint"
    path.write_text(path.read_text().replace("\n600\n", "\n599\n"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_cut_back, "position 513 is cut off"),
        (_alter_a_tile, "tile 0 of level 1 is not that of the entries"),
        (_sign_with_another_key, "not signed by this key"),
        (_claim_another_size, "signature is not this key's"),
        (lambda folder: (folder / "checkpoint").unlink(), "there is no checkpoint"),
    ],
)
def test_a_log_cut_back_retiled_or_signed_anew_is_refused(
    exported: Exported, tmp_path: Path, change: Callable[[Path], None], said: str
) -> None:
    folder = shutil.copytree(exported.folder, tmp_path / "log")
    change(folder)
    status, report = verified(exported, folder=folder)
    assert status == 1
    assert said in report


def test_a_fork_signed_with_the_logs_own_key_is_found_by_whoever_kept_an_older_checkpoint(exported: Exported, tmp_path: Path) -> None:
    """Against who holds the key too, only what others have kept helps."""
    log = Log(Files(tmp_path / "service"), MASTER)
    publisher = Publisher(log, ORIGIN, tmp_path)
    publisher._signer = Signer(ORIGIN, LOG_KEY, _seed_of(exported))
    lend(log, 600)
    publisher.publish()
    write_log(publisher, tmp_path / "fork")
    publisher.close()
    log.close()
    assert verified(exported, folder=tmp_path / "fork")[0] == 0
    status, report = verified(exported, "--older", str(exported.older), folder=tmp_path / "fork")
    assert status == 1
    assert "does not extend the older checkpoint of 300" in report


def _seed_of(exported: Exported) -> bytes:
    log = Log(Files(exported.older.parent / "service"), MASTER)
    seed = log.keys.secret("log/signing")
    log.close()
    return seed


# Software that is not ours


@pytest.fixture(scope="module")
def independent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program on Go's own packages for transparency logs."""
    if shutil.which("go") is None or not GO_PACKAGES.is_dir():
        pytest.skip("Go and its package sumdb are not installed (make system-packages does it on Debian): no independent check of the log")
    made = tmp_path_factory.mktemp("go")
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(made / "cache"), "GOFLAGS": ""}
    source = Path(__file__).with_name("independent.go")
    subprocess.run(["go", "build", "-o", str(made / "independent"), str(source)], check=True, env=environment)  # noqa: S607
    return made / "independent"


def judged(independent: Path, folder: Path, key: str) -> tuple[int, str]:
    done = subprocess.run([str(independent), str(folder), key], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def test_software_that_is_not_ours_accepts_the_log(exported: Exported, independent: Path) -> None:
    assert judged(independent, exported.folder, exported.key) == (0, "ok 600")


@pytest.mark.parametrize("change", [*CHANGES, _alter_a_tile, _sign_with_another_key, _claim_another_size])
def test_software_that_is_not_ours_refuses_each_altered_copy(
    exported: Exported, independent: Path, tmp_path: Path, change: str | Callable[[Path], None]
) -> None:
    folder = shutil.copytree(exported.folder, tmp_path / "log")
    if callable(change):
        change(folder)
    else:
        path = folder / "tile/entries/000"
        leaves = CHANGES[change][0](leaves_in(path.read_bytes()))
        path.write_bytes(bundle([*leaves, *leaves[-1:]][:256]))
    assert judged(independent, folder, exported.key)[0] == 1
