"""The five tables of a folder as columns (fairness.md, "The command, its table and its words"). The only file here that reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]
WHOLE, REAL = pl.Int64, pl.Float64
SHAPES: Mapping[str, Mapping[str, type[pl.DataType]]] = {
    "branches": {"branch_id": WHOLE, "period": WHOLE, "deadline_day": WHOLE, "published_day": WHOLE},
    "members": {"member_id": WHOLE, "branch_id": WHOLE, "floating": WHOLE, "committee": WHOLE},
    "peer_scores": {"period": WHOLE, "branch_id": WHOLE, "rater_id": WHOLE, "ratee_id": WHOLE, "score": REAL},
    "results": {"period": WHOLE, "branch_id": WHOLE, "member_id": WHOLE, "peer_mean": REAL, "final_score": REAL, "stars": REAL},
}


@dataclass(frozen=True, slots=True)
class Tables:
    """What the examination reads: numpy columns by name. Committee members' single scores are not needed: `results` has what they made."""

    branches: Columns
    members: Columns
    peer_scores: Columns
    results: Columns


def columns(frame: pl.DataFrame | None, name: str) -> Columns:
    """The columns of a table, typed; an absent table is an empty one. Raises ValueError naming a column that is missing or unfit."""
    shape = SHAPES[name]
    if frame is None:
        frame = pl.DataFrame(schema=dict(shape))
    if missing := sorted(set(shape) - set(frame.columns)):
        raise ValueError(f"{name} lacks the column {missing[0]}")
    typed: dict[str, NDArray[Any]] = {}
    for column, kind in shape.items():
        try:
            series = frame[column].cast(kind)
        except pl.exceptions.PolarsError as error:
            raise ValueError(f"{name}.{column} can't be read as numbers") from error
        if kind is WHOLE and series.null_count():
            raise ValueError(f"{name}.{column} has gaps")
        typed[column] = np.asarray(series.to_numpy())
    return typed


def from_frames(frames: Mapping[str, pl.DataFrame]) -> Tables:
    """The same from data frames by name; absent ones are empty, others are passed over. Raises ValueError as `columns` says."""
    return Tables(**{name: columns(frames.get(name), name) for name in SHAPES})


def read(folder: Path) -> Tables:
    """Read a folder's parquet files; absent ones are empty. Raises ValueError as `columns` says."""
    frames: dict[str, Columns] = {}
    for name, shape in SHAPES.items():
        path = folder / f"{name}.parquet"
        present = path.exists()
        available = pl.read_parquet_schema(path) if present else {}
        wanted = [column for column in shape if column in available]
        frames[name] = columns(pl.read_parquet(path, columns=wanted) if present else None, name)
    return Tables(**frames)
