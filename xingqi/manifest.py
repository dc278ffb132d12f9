"""What a backup says about itself: `manifest.json` in the folder of the data and in that of the keys, written last of all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

import msgspec

from shared.settings import ServiceName, Settings
from xingqi import __version__
from xingqi.stop import Stop

NAME = "manifest.json"
FORMAT = 1


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a service stood: the last position of its log, and how far it had taken in the logs of its neighbours."""

    position: int
    followed: dict[str, int]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`kind`: data or keys. `files`: path within the folder -> SHA-256 in hex. `made_at`: UTC, the instant of the cut."""

    format: int
    kind: str
    xingqi: str
    county: str
    made_at: datetime
    services: dict[ServiceName, Position]
    files: dict[str, str]


def digest(path: Path) -> str:
    """SHA-256 of the file, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def write(folder: Path, kind: str, county: str, made_at: datetime, services: dict[ServiceName, Position]) -> Manifest:
    """Describe all files of `folder`; the manifest appears whole or not at all."""
    files = {path.relative_to(folder).as_posix(): digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    manifest = Manifest(FORMAT, kind, __version__, county, made_at, services, files)
    made = folder / f".{NAME}"
    with made.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    made.replace(folder / NAME)
    return manifest


def read(folder: Path, kind: str, settings: Settings) -> Manifest:
    """The manifest of the backup in `folder`, held against its files.

    Raises:
        Stop: there is none, as of a backup that was broken off; it is another release's or county's; a file is missing or was changed.
    """
    try:
        manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except OSError:
        raise Stop(f"{folder} has no {NAME}: it is no backup, or one that did not come to its end. Take another.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Stop(f"{folder / NAME} is no manifest that this release can read ({error}). Take another backup.") from None
    if manifest.kind != kind:
        raise Stop(f"{folder} is a backup of the {manifest.kind}, where one of the {kind} is needed.")
    if (manifest.format, manifest.xingqi) != (FORMAT, __version__):
        raise Stop(f"{folder} was made by Xingqi {manifest.xingqi}, this is {__version__}. Restore it with that release, then upgrade.")
    if manifest.county != settings.county:
        raise Stop(f"{folder} is of the county {manifest.county}, not {settings.county}. Name its county in XINGQI_COUNTY.")
    _hold(folder, manifest.files.items())
    return manifest


def _hold(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    for name, expected in files:
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Stop(f"{NAME} names {name}, outside of the backup. Take another backup.")
        if not path.is_file():
            raise Stop(f"{name} is missing in {folder}. Take another backup.")
        if digest(path) != expected:
            raise Stop(f"{path} is not what was backed up: its bytes were changed. Take another backup.")
