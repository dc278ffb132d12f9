"""`xingqi new-log`: a new log, under a name and a key of its own, where the old one can't be signed on."""

from __future__ import annotations

import argparse

from shared.origins import NothingIsWrong, begin_origin
from shared.settings import SERVICES, read_settings
from xingqi.occupied import restoring
from xingqi.stop import Stop
from xingqi.stores import store_of


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi new-log`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Begin a new log of a service that signs no more: its events end before a checkpoint that was signed, or its signing "
        "key is lost. Only when they are really gone: a backup that has them is always better. The new log has the name of the old one "
        "with -2 (-3, ...) at its end and a key of its own; its first event names the old log's last known checkpoint, so that nothing is "
        "hidden. The service must be down. Refused where nothing is wrong.",
    )
    made.add_argument("--service", choices=SERVICES, required=True, metavar="NAME", help=", ".join(SERVICES))
    made.add_argument("--cause", choices=("events_lost", "key_lost"), required=True, help="what the first event says of it")
    return made


def run(options: argparse.Namespace) -> int:
    """Begin it; prints what was wrong, the old checkpoint, and the new key.

    Raises:
        Stop: the service runs, there is no store, or its log can be signed on.
    """
    settings = read_settings()
    with restoring(settings, [options.service]):
        with store_of(options.service, settings) as store:
            try:
                begun, wrong = begin_origin(store.log, store.publisher, options.cause)
            except NothingIsWrong:
                raise Stop(f"{options.service}: its log can be signed on; there is nothing to begin anew.") from None
        print(f"What was wrong: {wrong}")
        print(f"The old log {begun.old_origin} ended with {begun.old_size:,} events, short hash {begun.old_size}:{begun.old_root[:16]}")
        with store_of(options.service, settings) as store:
            store.publisher.publish()
            print(f"The new log is {begun.origin}; its key: {store.publisher.key.text}")
    print("Hand the new key to the witnesses and auditors with the reason. Keep the old key, and every checkpoint of the old log.")
    return 0
