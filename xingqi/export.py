"""`xingqi export`: a service's log as files, laid out as it is served, for `xingqi verify` without a network."""

from __future__ import annotations

import argparse
from pathlib import Path

from shared.publisher import LogForked, Publisher
from shared.settings import SERVICES, read_settings
from shared.transparency.notes import Checkpoint
from shared.transparency.tiles import ENTRIES, Tile, tiles_of
from xingqi.stop import Stop
from xingqi.stores import store_of


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi export`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Write a service's log to a folder: its newest checkpoint, the tiles of hashes, and the entries. The entries hold "
        "scores of people (ballots stay sealed), no names: hand the folder to whoever audits, and to nobody else.",
    )
    made.add_argument(
        "--service", choices=SERVICES, default="evaluation", metavar="NAME", help=f"{', '.join(SERVICES)} (default: evaluation)"
    )
    made.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    return made


def run(options: argparse.Namespace) -> int:
    """Write the files.

    Raises:
        Stop: there is no store yet, its log is not signed any more, or the folder can't be written.
    """
    with store_of(options.service, read_settings()) as store:
        publisher = store.publisher
        try:
            publisher.check()
            publisher.publish()
            signed = write_log(publisher, options.out)
        except LogForked as error:
            raise Stop(f"{options.service}: {error}; its log is not exported. xingqi check says more.") from error
        except OSError as error:
            raise Stop(f"{options.out} can't be written: {error.strerror}.") from error
    print(f"{signed.size:,} events of {signed.origin} in {options.out}; short hash {signed.size}:{signed.short}")
    print(f"To check it: xingqi verify {options.out} --key '{publisher.key.text}'")
    return 0


def write_log(publisher: Publisher, folder: Path) -> Checkpoint:
    """Write the newest checkpoint and all that it covers, as it is served; returns it.

    Raises:
        LogForked: nothing has been signed.
        OSError: the folder can't be written.
    """
    published = publisher.published
    note, signed = published.note(), published.latest()
    if note is None or signed is None:
        raise LogForked("nothing has been signed yet")
    tiles = list(tiles_of(signed.size))
    tiles += [Tile(ENTRIES, tile.number, tile.width) for tile in tiles if tile.level == 0]
    for tile in tiles:
        path = folder / "tile" / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(published.tile(tile) or b"")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checkpoint").write_text(str(note), encoding="utf-8")
    return signed
