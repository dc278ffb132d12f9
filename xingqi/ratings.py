"""`xingqi ratings`: the two-way random-effects model over any table of ratings, as a statistician would fit it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from xingqi.audit import write
from xingqi.stop import Stop

READERS: dict[str, Callable[[Path], pl.DataFrame]] = {".parquet": pl.read_parquet, ".csv": pl.read_csv}


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi ratings`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Fit score ~ 1 + (1 | rater) + (1 | ratee) by restricted maximum likelihood to FILE (parquet or csv) and write "
        "fit.json (variances, REML criterion, intercept) and effects.parquet (id, side, blup, sd) to a folder.",
    )
    made.add_argument("file", type=Path, metavar="FILE")
    for column in ("rater", "ratee", "score"):
        made.add_argument(f"--{column}", required=True, metavar="COL", help=f"the column of the {column}")
    made.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    return made


def run(options: argparse.Namespace) -> int:
    """Fit and write.

    Raises:
        Stop: FILE can't be read, lacks a column, or its scores can't be fitted.
    """
    from services.evaluation.fairness import reml  # noqa: PLC0415 - no other command waits for scipy

    frame = _read(options.file, (options.rater, options.ratee, options.score))
    scores = frame[options.score].cast(pl.Float64, strict=False)
    if scores.null_count():
        raise Stop(f"{options.file}: the column {options.score} has {scores.null_count()} cells that are no number")
    ids, codes = [], []
    for column in (options.rater, options.ratee):
        if frame[column].null_count():
            raise Stop(f"{options.file}: the column {column} has gaps")
        known, code = np.unique(frame[column].to_numpy(), return_inverse=True)
        ids.append(pl.Series("id", known, dtype=frame[column].dtype))
        codes.append(code.astype(np.int64))
    try:
        fit = reml.fit(codes[0], codes[1], scores.to_numpy())
    except ValueError as error:
        raise Stop(f"{options.file}: {error}") from error
    sides = [
        pl.DataFrame({"id": known, "side": side, "blup": fit.effects[side].blup, "sd": fit.effects[side].sd})
        for side, known in zip(("rater", "ratee"), ids, strict=True)
    ]
    write(pl.concat(sides, how="vertical_relaxed"), options.out / "effects.parquet")
    answer = {"variances": fit.variances, "reml": fit.reml, "intercept": fit.intercept, "intercept_se": fit.intercept_se}
    (options.out / "fit.json").write_text(json.dumps(answer, indent=2) + "\n", encoding="utf-8")
    said = ", ".join(f"{name} {value:.6g}" for name, value in fit.variances.items())
    print(f"{len(scores):,} scores; variances: {said}; REML {fit.reml:.6f}; written to {options.out}")
    return 0


def _read(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Stop(f"{path} is neither .parquet nor .csv", 2)
    try:
        frame = reader(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise Stop(f"{path} can't be read: {error}") from error
    if missing := [column for column in columns if column not in frame.columns]:
        raise Stop(f"{path} has no column {missing[0]}; it has {', '.join(frame.columns)}")
    return frame
