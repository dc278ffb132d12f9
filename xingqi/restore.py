"""`xingqi restore`: a backup put back into an empty place, whole or not at all; what then doesn't fit together is named."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.settings import SERVICES, ServiceName, Settings, read_settings
from shared.store.keys import Keys, WrongMasterKey, master_key
from shared.store.sql import SqliteFile
from xingqi import manifest
from xingqi.backup import keys_folder, refuse_postgresql
from xingqi.gaps import gaps
from xingqi.manifest import Manifest
from xingqi.occupied import HALF_RESTORED, restoring
from xingqi.stop import Stop


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi restore`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Put a backup of the data and one of the keys, of the same instant or later, into XINGQI_DATA, where the services "
        "that are restored have no store. The services must be down and the master key in its place. Names what the services know of each "
        "other that the restored logs don't hold; the status is 1 then. Views are made anew at the next start.",
    )
    made.add_argument("source", metavar="SOURCE", type=Path, help="the folder of the data, as xingqi backup made it")
    made.add_argument("--keys", metavar="FOLDER", type=Path, help="the folder of the keys; default: SOURCE with -keys at its end")
    made.add_argument("--service", choices=SERVICES, action="append", metavar="NAME", help=f"this one alone: {', '.join(SERVICES)}")
    return made


def run(options: argparse.Namespace) -> int:
    """Restore; prints where each service stands. Status 1 where the logs don't fit together.

    Raises:
        Stop: the backup can't be used, a service runs or has a store already, or the master key is another.
    """
    settings = read_settings()
    refuse_postgresql(settings, "pg_restore, or its recovery to a point in time")
    services: Sequence[ServiceName] = options.service or SERVICES
    source, keys = options.source, keys_folder(options)
    of_data, of_keys = manifest.read(source, "data", settings), manifest.read(keys, "keys", settings)
    if of_keys.made_at < of_data.made_at:
        raise Stop(f"the keys in {keys} are older than the data in {source}: some of it could not be read. Take keys of then or later.")
    _refuse_other_master(settings, keys, services)
    with restoring(settings, services):
        _refuse_store(settings, services)
        try:
            _put_back(settings, services, (source, of_data), (keys, of_keys))
        except OSError as error:
            raise Stop(f"the restore broke off: {error.strerror}. Free what it lacks and run it again; it begins anew.") from None
    for service in services:
        print(f"{service:12}position {of_data.services[service].position:,} of {of_data.made_at:%Y-%m-%d %H:%M:%S} UTC")
    differences = list(gaps(settings))
    for difference in differences:
        print(difference)
    return 1 if differences else 0


def _refuse_other_master(settings: Settings, keys: Path, services: Sequence[ServiceName]) -> None:
    if not settings.master_key_path.is_file():
        raise Stop(f"the master key {settings.master_key_path} is missing: put it back first; without it the keys open nothing.")
    with TemporaryDirectory() as folder:  # a copy: opening a database writes beside it, and a backup stays as it is
        for service in services:
            database = SqliteFile(Path(shutil.copy(keys / service / "keys.db", Path(folder) / f"{service}.db")))
            try:
                Keys(database, master_key(settings.master_key_path))
            except WrongMasterKey:
                raise Stop(
                    f"the master key {settings.master_key_path} is not that of the keys in {keys}. Put the right one back."
                ) from None
            finally:
                database.close()


def _refuse_store(settings: Settings, services: Sequence[ServiceName]) -> None:
    if (settings.data / HALF_RESTORED).exists():
        return  # what lies there is the rest of a restore that broke off
    for service in services:
        folder = settings.data / service
        if folder.exists() and any(folder.iterdir()):
            raise Stop(f"{folder} holds a store already: move it away (it may be all that is left of some events), then restore.")


def _put_back(settings: Settings, services: Sequence[ServiceName], data: tuple[Path, Manifest], keys: tuple[Path, Manifest]) -> None:
    mark = settings.data / HALF_RESTORED
    mark.touch()
    for service in services:
        shutil.rmtree(settings.data / service, ignore_errors=True)
    for folder, of in (data, keys):
        for name in of.files:
            first = name.partition("/")[0]
            target = settings.data / name
            if first in services or (first == settings.issuer_folder.name and not target.exists()):
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                shutil.copy2(folder / name, target)
    os.sync()
    mark.unlink()
