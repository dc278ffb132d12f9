"""`make bench`: the main ways, each figure beside its reference in alternating runs, as a ratio with its goal.

    python -m benchmarks [--quick | --county] [--database URL] [entry ballot evening board feed append log rebuild]

`--database`: an empty PostgreSQL database; without it SQLite. `--quick` shows that it runs; its figures mean nothing.
`--county`: in a county of 600 branches and 29,400 members (an evening of ten minutes) instead of a town of 12.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

from benchmarks import append, board, evening, published, rebuild, requests
from benchmarks.ratios import COUNTY, FULL, HEAD, QUICK, Figure, Plan, machine
from benchmarks.town import running_town

IN_A_TOWN = {"entry": requests.entry, "ballot": requests.ballot, "evening": evening.evening, "board": board.board, "feed": requests.feed}
ALONE = {"append": append.figures, "log": published.figures, "rebuild": rebuild.figures}
WAYS = ("entry", "ballot", "evening", "board", "feed", "append", "log", "rebuild")


def figures(ways: list[str], plan: Plan) -> Iterator[Figure]:
    """The figures of these ways: first those that need a running town, then those of the store alone."""
    if IN_A_TOWN.keys() & set(ways):
        with running_town(plan.branches, plan.database) as town:
            for way in WAYS:
                if way in ways and way in IN_A_TOWN:
                    yield from IN_A_TOWN[way](plan, town)
    for way in WAYS:
        if way in ways and way in ALONE:
            yield from ALONE[way](plan)


def main() -> None:
    """Measure what was named, or all, and print a table in Markdown as it grows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of these alone: {', '.join(WAYS)}")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="plan", action="store_const", const=QUICK, default=FULL, help="only show that it runs")
    size.add_argument("--county", dest="plan", action="store_const", const=COUNTY, help="in a county of 600 branches")
    parser.add_argument("--database", metavar="URL", help="an empty PostgreSQL database instead of SQLite")
    asked = parser.parse_args()
    if wrong := sorted(set(asked.ways) - set(WAYS)):
        parser.error(f"there is no {', '.join(wrong)} to measure; name some of {', '.join(WAYS)}")
    plan = replace(asked.plan, database=asked.database)
    print(f"{machine()}, {'PostgreSQL' if plan.database else 'SQLite'}\n\n{HEAD}", flush=True)
    for figure in figures(asked.ways or list(WAYS), plan):
        print(figure.line(), flush=True)


if __name__ == "__main__":
    main()
