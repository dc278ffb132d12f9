"""`xingqi audit`: the fairness examination over a folder of tables, without a service, for whoever holds scores from elsewhere."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import polars as pl

from xingqi.stop import Stop

LINES = (60.0, 70.0, 90.0)


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi audit`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Examine the scores of a county: read branches, members, peer_scores and results (parquet; absent ones are empty) "
        "from FOLDER and write one row per lead. A lead says where to look and why; it never says who is guilty.",
    )
    made.add_argument("folder", type=Path, metavar="FOLDER")
    made.add_argument("--out", type=Path, required=True, metavar="LEADS.parquet", help="where the leads are written")
    made.add_argument(
        "--lines",
        type=lines_of,
        default=LINES,
        metavar="60,70,90",
        help="the scores at which a star begins, as final_score stands (default 60,70,90; under half-up rounding 59.5,69.5,89.5)",
    )
    return made


def lines_of(text: str) -> tuple[float, ...]:
    """The star lines of `60,70,90`, rising. Raises ArgumentTypeError where they are none."""
    try:
        lines = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers such as 60,70,90") from None
    if not all(math.isfinite(line) for line in lines) or list(lines) != sorted(set(lines)):
        raise argparse.ArgumentTypeError(f"the lines {text} must be finite and rise from one to the next")
    return lines


def run(options: argparse.Namespace) -> int:
    """Examine, write, and say how many leads of each indicator there are.

    Raises:
        Stop: FOLDER is no folder, a table can't be read, or the leads can't be written.
    """
    # here, so that no other command waits for numpy and polars
    from services.evaluation.fairness import examination, leads, tables  # noqa: PLC0415

    if not options.folder.is_dir():
        raise Stop(f"{options.folder} is no folder; name the one that holds branches.parquet, members.parquet and the others", 2)
    try:
        found = examination.examine(tables.read(options.folder), options.lines)
    except (ValueError, OSError, pl.exceptions.PolarsError) as error:
        raise Stop(f"the tables of {options.folder} can't be examined: {error}") from error
    table = leads.table(found.leads, found.county.branch_ids, found.county.member_ids)
    write(table, options.out)
    counts = table.filter(pl.col("level") != "note").group_by("indicator").len().sort("indicator")
    said = ", ".join(f"{indicator} {count}" for indicator, count in counts.iter_rows()) or "none"
    print(f"{table.height} rows in {options.out}; leads by indicator: {said}")
    return 0


def write(table: pl.DataFrame, path: Path) -> None:
    """Write a table as parquet. Raises Stop where its place can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        table.write_parquet(path)
    except OSError as error:
        raise Stop(f"{path} can't be written: {error.strerror or error}") from error
