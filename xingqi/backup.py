"""`xingqi backup`: the three services as they stood at one instant, while they run; keys apart from the data."""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shared.settings import SERVICES, ServiceName, Settings, read_settings
from xingqi import manifest
from xingqi.manifest import Position
from xingqi.occupied import refuse_half_restored
from xingqi.stop import Stop

DATA = ("events", "log", "reads", "accounts")
KEYS = ("keys",)
"""Databases of a service that are backed up, where it has them; views are not: they are made anew from the log."""
CHECKPOINT = "checkpoint"
BUSY_SECONDS = 30


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi backup`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Copy the data of the three services into the new folder TARGET and their keys into another, as all stood at one "
        "instant; the services may be up. Data backups may be kept for ever, those of keys 30 days at most: that is how long an erasure "
        "takes to reach them. The master key is in neither: keep a copy of it apart. For the embedded default; on PostgreSQL use its own.",
    )
    made.add_argument("target", metavar="TARGET", type=Path, help="a folder that isn't there yet")
    made.add_argument("--keys", metavar="FOLDER", type=Path, help="where the keys go; default: TARGET with -keys at its end")
    return made


def run(options: argparse.Namespace) -> int:
    """Back up; prints where each service stood.

    Raises:
        Stop: a folder is there already or can't be written, or a store is missing.
    """
    settings = read_settings()
    refuse_postgresql(settings, "pg_dump, or its continuous archiving")
    refuse_half_restored(settings)
    target, keys = options.target, keys_folder(options)
    _refuse_incomplete(settings)
    for folder in (target, keys):
        _make(folder)
    try:
        made_at, positions = _copy(settings, target, keys)
        manifest.write(target, "data", settings.county, made_at, positions)
        manifest.write(keys, "keys", settings.county, made_at, positions)
    except sqlite3.Error as error:
        raise Stop(f"the backup broke off: {error}. What is in {target} and {keys} is none; remove it.") from None
    except OSError as error:
        raise Stop(f"the backup broke off: {error.strerror}. What is in {target} and {keys} is none; remove it.") from None
    for service, position in positions.items():
        print(f"{service:12}position {position.position:,}")
    print(f"Data in {target}, keys in {keys} (remove these after 30 days). The master key {settings.master_key_path} is in neither.")
    return 0


def refuse_postgresql(settings: Settings, instead: str) -> None:
    """Raise Stop where the data lie on PostgreSQL, which has means of its own."""
    if settings.database is not None:
        raise Stop(f"XINGQI_DATABASE_URL names a PostgreSQL server: use {instead} (docs/operate.md says how).", status=2)


def keys_folder(options: argparse.Namespace) -> Path:
    """The folder of the keys that belongs to the one of the data."""
    named: Path | None = options.keys
    folder: Path = options.target if "target" in options else options.source
    return named or folder.with_name(f"{folder.name}-keys")


def _refuse_incomplete(settings: Settings) -> None:
    for service in SERVICES:
        if not (settings.data / service / "events.db").is_file():
            raise Stop(f"there is no store of {service} in {settings.data}. Name the folder in XINGQI_DATA.")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise Stop(f"{folder} can't be made: {error.strerror}. Name a folder that isn't there yet, in a place that is yours.") from None


def _copy(settings: Settings, target: Path, keys: Path) -> tuple[datetime, dict[ServiceName, Position]]:
    with ExitStack() as stack:
        opened: dict[tuple[ServiceName, str], sqlite3.Connection] = {}
        for service in SERVICES:
            _copy_checkpoint(settings.data / service, target / service)  # first: it is never ahead of the tree that is copied
            for name in (*DATA, *KEYS):
                path = settings.data / service / f"{name}.db"
                if path.is_file():
                    opened[service, name] = stack.enter_context(closing(_reader(path)))
        with _nobody_writes(settings):
            made_at = datetime.now(UTC)
            for connection in opened.values():  # from here on each of them reads what it holds at this instant
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        for (service, name), connection in opened.items():
            _copy_database(connection, (keys if name in KEYS else target) / service / f"{name}.db")
        positions = {service: _position(opened[service, "events"]) for service in SERVICES}
    if settings.issuer_folder.is_dir():
        shutil.copytree(settings.issuer_folder, keys / settings.issuer_folder.name)
    return made_at, positions


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)


@contextmanager
def _nobody_writes(settings: Settings) -> Iterator[None]:
    """Inside, no service stores an event: the three logs stand at one instant. It lasts milliseconds."""
    with ExitStack() as stack:
        for service in SERVICES:
            connection = stack.enter_context(closing(_reader(settings.data / service / "events.db")))
            connection.execute("BEGIN IMMEDIATE")
            stack.callback(connection.execute, "ROLLBACK")
        yield


def _copy_checkpoint(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    if (source / CHECKPOINT).is_file():
        shutil.copyfile(source / CHECKPOINT, target / CHECKPOINT)


def _copy_database(source: sqlite3.Connection, path: Path) -> None:
    """A copy of what `source` sees in its transaction, by SQLite's own means, on the disk when this returns."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
    path.chmod(0o600)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _position(events: sqlite3.Connection) -> Position:
    followed = dict(events.execute("SELECT application_name, notification_id FROM tracking").fetchall())
    return Position(int(events.execute("SELECT coalesce(max(rowid), 0) FROM stored_events").fetchone()[0]), followed)
