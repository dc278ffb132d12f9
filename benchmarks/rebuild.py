"""Rebuild of the views of standings and of entries from 10^6 events, against one SQL aggregate over the same table."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.ratios import FULL, Figure, Plan, compare
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.events.points import EntryRecorded
from services.evaluation.events.results import Result, ResultsPublished, ReviewConfirmed
from services.evaluation.events.reviews import Eligible, ReviewOpened
from services.evaluation.projections.points import Entries
from services.evaluation.projections.standings import Standings
from shared.projections import Projection, Views
from shared.store import Files, Log, Postgres, Write

BRANCHES, MEMBERS = 600, 50
GOAL_A_SECOND = 25_000
AGGREGATE = "SELECT topic, count(*), sum(length(state)) FROM stored_events GROUP BY topic"


def figures(plan: Plan = FULL) -> Iterator[Figure]:
    """Each view, events a second; the reference reads the same rows by one statement."""
    with tempfile.TemporaryDirectory() as folder:
        log = Log(Postgres(plan.database, "local", "bench_rebuild") if plan.database else Files(Path(folder) / "evaluation"), b"b" * 32)
        fill(log, plan.events)
        print(f"| memory of this process before the rebuild, MB | {_most_memory():,.0f} | | | |", flush=True)
        for projection in (Standings(), Entries()):
            views = Views(log, [projection])
            yield compare(
                f"rebuild of {projection.name} with history, {plan.events:,} events",
                partial(_rebuilt, log, views, projection),
                partial(_aggregated, log),
                pairs=1 if isinstance(projection, Entries) else min(3, plan.pairs),
                goal_a_second=GOAL_A_SECOND,
                warm=False,
            )
            views.close()
        print(f"| the same at its highest, MB | {_most_memory():,.0f} | | | |", flush=True)
        log.close()


def _most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _rebuilt(log: Log, views: Views, projection: Projection) -> float:
    begun = perf_counter()
    views.rebuild(projection.name)
    return log.head() / (perf_counter() - begun)


def _aggregated(log: Log) -> float:
    begun = perf_counter()
    log.connection().execute(AGGREGATE).fetchall()
    return log.head() / (perf_counter() - begun)


def fill(log: Log, events: int) -> None:
    """Entries of 600 branches of 50, and in each half-year their results; `events` in all, or a few more."""
    period, stored = 0, 0
    while stored < events:
        half = f"{2020 + period // 2}-H{period % 2 + 1}"
        for branch in range(BRANCHES):
            stored += _branch(log, half, branch, date(2020 + period // 2, 1 + period % 2 * 6, 5), 26)
            if stored >= events:
                return
        period += 1


def _branch(log: Log, half: str, branch: int, day: date, entries: int) -> int:
    people = [f"m{branch}-{number}" for number in range(MEMBERS)]
    writes = []
    for member in people:
        recorded = [
            EntryRecorded(
                entry_id=f"{half}-{member}-{number}", member_id=member, branch_id=f"b{branch}", period=half, item="study", kind="base",
                points=Decimal(5), cap=Decimal(30), occurred_on=day + timedelta(days=number * 5), rulebook_id="r", version=1,
                recorded_by="s",
            )
            for number in range(entries)
        ]  # fmt: skip
        writes.append(Write(f"ledger/{member}/{half}", 0, recorded))
    review = f"{half}-{branch}"
    ids = {"review_id": review, "branch_id": f"b{branch}", "period": half, "recorded_by": "s"}
    opened = ReviewOpened(
        electorate_on=day, rulebook_id="r", version=1, rules=DEFAULT_RULES, committee=(), excused=(), circles=(),
        eligible=tuple(Eligible(member, None, "full", floating=False) for member in people), **ids,
    )  # fmt: skip
    results = tuple(Result(member, Decimal(80), 2) for member in people)
    published = ResultsPublished(working_days=5, raw_scores=False, without_peer_quorum=False, results=results, **ids)
    writes.append(Write(f"phase/{review}", 0, [opened, published, ReviewConfirmed(certificate=None, **ids)]))
    log.save(*writes)
    return MEMBERS * entries + 3
