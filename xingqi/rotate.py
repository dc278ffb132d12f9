"""`xingqi rotate`: another key of the local issuer, or all keys of the services wrapped by another master key."""

from __future__ import annotations

import argparse
from pathlib import Path

from shared.settings import SERVICES, Settings, read_settings
from shared.store.keys import KEY_BYTES, Keys, WrongMasterKey, master_key
from shared.store.opening import storage_of
from shared.web.signing import KeyFolder
from xingqi.occupied import refuse_half_restored, restoring
from xingqi.stop import Stop


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi rotate`."""
    made = argparse.ArgumentParser(prog=prog, description="Replace a key by a new one.")
    kinds = made.add_subparsers(dest="kind", required=True, metavar="KEY")
    kinds.add_parser("issuer", help="make a further signing key of the local issuer; it signs when the services are started again")
    master = kinds.add_parser(
        "master",
        help="wrap the keys of all services by another master key; the services must be down",
        description="Wrap the keys of all services by the master key in FILE (made when missing). Put it in the place of the old "
        "one afterwards. If it breaks off, run it again: it goes on with what is still wrapped by the old one.",
    )
    master.add_argument("file", metavar="FILE", type=Path)
    return made


def run(options: argparse.Namespace) -> int:
    """Rotate; prints what is to be done next.

    Raises:
        Stop: a service runs, another issuer is trusted, or a key store was made with neither master key.
    """
    settings = read_settings()
    refuse_half_restored(settings)
    if options.kind == "issuer":
        if settings.issuer:
            raise Stop(f"this cell trusts {settings.issuer}; its keys are rotated there.")
        print(f"{KeyFolder(settings.issuer_folder).add_key()} signs when the services have been started again.")
        return 0
    with restoring(settings, SERVICES):
        _rotate_master(settings, options.file)
    print(f"Now put {options.file} in the place of {settings.master_key_path}, and keep the old one as long as backups of the keys.")
    return 0


def _rotate_master(settings: Settings, file: Path) -> None:
    if not settings.master_key_path.is_file() or file.resolve() == settings.master_key_path.resolve():
        raise Stop(f"name another file than the present master key, which must be at {settings.master_key_path}.")
    try:
        old, new = master_key(settings.master_key_path), master_key(file)
    except (OSError, ValueError) as error:
        raise Stop(f"{file} can't be the master key: {error}. It must be a file of {KEY_BYTES} bytes.") from None
    for service in SERVICES:
        if settings.database is None and not (settings.data / service / "keys.db").is_file():
            continue
        database = storage_of(settings, service).database("keys")
        try:
            print(f"{service:12}{Keys.wrap_anew(database, old, new):,} keys wrapped anew")
        except WrongMasterKey as error:
            raise Stop(f"{service}: {error}.") from None
        finally:
            database.close()
