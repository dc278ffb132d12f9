"""`xingqi check`: the stores held against their logs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain

from shared.retention import done_last
from shared.settings import SERVICES, Settings, read_settings
from shared.store.postgres.migrating import may_change_events
from xingqi.findings import Findings, look_at_log, look_at_texts, look_at_tree, look_at_views
from xingqi.gaps import gaps
from xingqi.stores import Store, store_of

MOST_SHOWN = 20


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi check`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Read every event of every log and hold the store against it: positions and versions without a hole, instants in "
        "order, every event readable; every row the one that was published in the log's tree; every text the one that its event "
        "names; every view equal to a fresh replay; no service ahead of the neighbour that it follows. "
        "Names each difference with its position. Status 0 if there is none, 1 otherwise. "
        "The services may be up.",
    )
    made.add_argument("--service", choices=SERVICES, action="append", metavar="NAME", help=f"of this one alone: {', '.join(SERVICES)}")
    return made


def run(options: argparse.Namespace) -> int:
    """Check, one service after the other; status 1 if anything differs.

    Raises:
        Stop: a store is missing or can't be opened.
    """
    settings = read_settings()
    has_faults = False
    for service in options.service or SERVICES:
        with store_of(service, settings) as store:
            findings = Findings()
            for fault in _shown(_faults(store, findings)):
                print(f"{service:12}{fault}", flush=True)
                has_faults = True
            print(f"{service:12}{findings}{_protection(store, settings)}", flush=True)
            for line in _duties(store):
                print(f"{service:12}{line}", flush=True)
    for gap in gaps(settings, options.service or SERVICES):
        print(gap)
        has_faults = True
    return 1 if has_faults else 0


def _duties(store: Store) -> Iterator[str]:
    """When each thing that has an end (docs/privacy.md) was looked for last, and how much was removed so far."""
    for one in done_last(store.publisher.published.database):
        yield f"removes {one.word}: looked last at {one.done_at:%Y-%m-%d %H:%M} UTC, removed so far: {one.removed:,}"


def _protection(store: Store, settings: Settings) -> str:
    """On PostgreSQL: what keeps the services' own role from changing events."""
    if settings.database is None:
        return ""
    if may_change_events(store.log.connection()):
        return "; this role owns its events, and the trigger alone protects them: run xingqi migrate"
    return "; no role of the services may change events"


def _faults(store: Store, findings: Findings) -> Iterator[str]:
    return chain(
        look_at_log(store.log, findings),
        look_at_tree(store.publisher),
        look_at_texts(store.log, findings),
        look_at_views(store.views, findings),
    )


def _shown(faults: Iterator[str]) -> Iterator[str]:
    """The first of them, and how many more there are."""
    more = 0
    for number, fault in enumerate(faults, start=1):
        if number <= MOST_SHOWN:
            yield fault
        else:
            more += 1
    if more:
        yield f"and {more:,} more"
