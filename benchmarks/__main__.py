"""`make bench`: the main ways, each figure beside its reference in alternating runs, as a ratio with its goal.

`python -m benchmarks entry append` measures those alone; the names are those of WAYS.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from benchmarks import append, rebuild, rest
from benchmarks.ratios import HEAD, Figure, machine

WAYS: dict[str, Callable[[], Iterator[Figure]]] = {
    "entry": lambda: rest.figures(("entry",)),
    "ballot": lambda: rest.figures(("ballot",)),
    "append": append.figures,
    "rebuild": rebuild.figures,
}


def main() -> None:
    """Measure what was named, or all, and print a table in Markdown as it grows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("ways", nargs="*", choices=[*WAYS, []], metavar="WAY", help=f"of these alone: {', '.join(WAYS)}")
    chosen = parser.parse_args().ways or list(WAYS)
    print(f"{machine()}\n\n{HEAD}", flush=True)
    for way in chosen:
        for figure in WAYS[way]():
            print(figure.line(), flush=True)


if __name__ == "__main__":
    main()
