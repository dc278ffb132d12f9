"""`xingqi key`: the verifier key of a service's log, for whoever checks it."""

from __future__ import annotations

import argparse

from shared.settings import SERVICES, read_settings
from xingqi.stores import store_of


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi key`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Print the C2SP verifier key of a service's log, one line: with it anybody can check the log's checkpoints. Hand it "
        "around by another way than the log itself: on paper, by telephone.",
    )
    made.add_argument("--service", choices=SERVICES, required=True, metavar="NAME", help=", ".join(SERVICES))
    made.add_argument("--witness", action="store_true", help="the key with which this service cosigns the logs of others")
    return made


def run(options: argparse.Namespace) -> int:
    """Print the key.

    Raises:
        Stop: there is no store yet, or it can't be opened.
    """
    with store_of(options.service, read_settings()) as store:
        print(store.publisher.witness.key.text if options.witness else store.publisher.key.text)
    return 0
