"""`xingqi rebuild-views`: the views made anew from the log, beside the old ones, then swapped."""

from __future__ import annotations

import argparse
import time

from shared.settings import SERVICES, read_settings
from xingqi.stores import store_of


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi rebuild-views`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Make the views anew from the log and put them in the place of the old ones. Nothing is lost by it: views hold "
        "nothing that the log does not. The services may be up; they answer from the old rows until the swap.",
    )
    made.add_argument("--service", choices=SERVICES, action="append", metavar="NAME", help=f"of this one alone: {', '.join(SERVICES)}")
    return made


def run(options: argparse.Namespace) -> int:
    """Rebuild, one service after the other; prints what each view now stands for.

    Raises:
        Stop: a store is missing or can't be opened.
    """
    settings = read_settings()
    for service in options.service or SERVICES:
        with store_of(service, settings) as store:
            started = time.monotonic()
            positions = store.views.rebuild()
            seconds = time.monotonic() - started
        for name, position in positions.items():
            print(f"{service:12}{name:20}rebuilt up to position {position:,}")
        print(f"{service:12}{len(positions)} views in {seconds:.1f} s", flush=True)
    return 0
