"""Power, innocent leads and error of the examination on simulated counties.

    python -m benchmarks.fairness.measure [--report] [--counties 3] [--only power,clean,...]

Two disjoint ranges of seeds: TUNING seeds were looked at while thresholds and statistics were chosen; REPORT seeds were not, and only
they stand in docs/fairness-methods.md. Without `--report` the tuning seeds are used.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from benchmarks.fairness.counties import simulate
from services.evaluation.fairness import examination, fair_score, leads, tables

TUNING, REPORT = 100, 11000
KINDS: Mapping[str, tuple[str, ...]] = {
    "A1": ("late",), "A2": ("mismatch",), "B1": ("straight",), "B2": ("copy",), "B3": ("severe", "lenient"), "B4": ("erratic",),
    "B5": ("gang_target",), "C1": ("clique",), "C2": ("pair",), "C3": ("floatp",), "D1": ("override",), "D2": ("bunch",),
    "D3": ("floatc",), "D4": ("selffav",),
}  # fmt: skip
CLEAN: Mapping[str, Mapping[str, float]] = {
    "plain": {},
    "heavy tails (t3)": {"df": 3.0},
    "round numbers (9 in 10 raters)": {"p_round5": 0.6, "p_round10": 0.3},
    "gaps (a quarter missing)": {"p_missing": 0.25, "p_absent": 0.1},
    "friendships (rho 0.5, lasting)": {"rho": 0.5, "rel_share": 0.6},
    "ceiling (mean 90)": {"mean": 90.0},
    "diverse raters": {"sd_slope": 0.4, "sd_severity": 7.0, "sd_lognoise": 0.45},
    "noisy committee, many floating": {"p_floating": 0.4, "committee_noise": 6.0},
}
SAME_GROUP = 0.5  # a scanned group counts as found when it shares half of the union with the planted one


@dataclass
class Tally:
    """Planted, found, leads, innocent leads; Jaccard shares of groups found."""

    planted: int = 0
    found: int = 0
    leads: int = 0
    innocent: int = 0
    jaccard: list[float] = field(default_factory=list)


def examined(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The leads (look and formal) of a simulated county, by real ids."""
    found = examination.examine(tables.from_frames(frames))
    return leads.table(found.leads, found.county.branch_ids, found.county.member_ids).filter(pl.col("level") != "note")


def _keys(indicator: str, frame: pl.DataFrame, *, planted: bool) -> set[tuple[Any, ...]]:
    if indicator in ("B2", "C2"):
        pairs = [(min(a, b), max(a, b)) for a, b in zip(frame["entity"], frame["entity2"], strict=True)]
        return set(pairs) if indicator == "C2" else {(p, *ab) for p, ab in zip(frame["period"], pairs, strict=True)}
    column = "entity" if planted or indicator not in leads.OF_BRANCHES else "branch_id"
    return set(zip(frame["period"], frame[column], strict=True))


def _groups(tally: Tally, truth: pl.DataFrame, found: pl.DataFrame) -> None:
    planted: dict[int, set[int]] = defaultdict(set)
    for branch, member in zip(truth["branch_id"], truth["entity"], strict=True):
        planted[branch].add(member)
    seen = {b: set(m) for b, m in zip(found["branch_id"], found["members"], strict=True)}
    shares = {b: len(seen[b] & who) / len(seen[b] | who) for b, who in planted.items() if b in seen}
    hits = [s for s in shares.values() if s >= SAME_GROUP]
    tally.planted, tally.found, tally.leads = tally.planted + len(planted), tally.found + len(hits), tally.leads + len(seen)
    tally.innocent += sum(b not in planted for b in seen)
    tally.jaccard += hits


def count(tallies: dict[str, Tally], frames: Mapping[str, pl.DataFrame], found: pl.DataFrame) -> None:
    """Add one county to the tallies: by indicator, and B3 by severe and lenient too."""
    truth = frames["truth"]
    for indicator, kinds in KINDS.items():
        mine, theirs = found.filter(pl.col("indicator") == indicator), truth.filter(pl.col("kind").is_in(kinds))
        tally = tallies.setdefault(indicator, Tally())
        if indicator == "C1":
            _groups(tally, theirs, mine)
            continue
        planted, got = _keys(indicator, theirs, planted=True), _keys(indicator, mine, planted=False)
        _add(tally, planted, got)
        if len(kinds) > 1:
            for kind in kinds:
                _add(
                    tallies.setdefault(f"{indicator} {kind}", Tally()),
                    _keys(indicator, theirs.filter(pl.col("kind") == kind), planted=True),
                    got,
                    kind,
                )


def _add(tally: Tally, planted: set[Any], got: set[Any], part: str | None = None) -> None:
    tally.planted += len(planted)
    tally.found += len(planted & got)
    if part is None:
        tally.leads += len(got)
        tally.innocent += len(got - planted)


def show(title: str, tallies: Mapping[str, Tally]) -> None:
    """Print a table in Markdown."""
    print(f"\n### {title}\n\n| | planted | found | power | leads | innocent | share |\n|---|---|---|---|---|---|---|")
    for name, t in tallies.items():
        share = f"{t.innocent / t.leads:.3f}" if t.leads else "-"
        power = f"{t.found / t.planted:.3f}" if t.planted else "-"
        extra = f" (Jaccard {np.mean(t.jaccard):.3f})" if t.jaccard else ""
        print(f"| {name} | {t.planted} | {t.found} | {power}{extra} | {t.leads} | {t.innocent} | {share} |", flush=True)


def power(first: int, counties: int, only: set[int] | None = None) -> None:
    """Power and innocent leads, seeds first, first + 1, ... for each shape of county."""
    shapes: dict[str, dict[str, Any]] = {
        "600 branches of 50": {"size": 50},
        "600 branches of 20 to 60": {"sizes": (20, 60)},
        "600 branches of 50, two half-years": {"size": 50, "periods": 2},
        "600 branches of 50, four half-years": {"size": 50, "periods": 4},
    }
    for k, (title, shape) in enumerate(shapes.items()):
        if only is not None and k not in only:
            continue
        tallies: dict[str, Tally] = {}
        seeds = range(first + 20 * k, first + 20 * k + counties)
        for seed in seeds:
            frames = simulate(seed, **shape)
            count(tallies, frames, examined(frames))
        show(f"{title}, seeds {seeds[0]} to {seeds[-1]}", tallies)


def clean(first: int, counties: int) -> None:
    """Innocent leads of clean counties of each kind."""
    print(
        f"\n### Clean counties, 600 branches of 20 to 60, {counties} seeds each from {first}\n\n"
        "| kind | innocent leads per county | by indicator |\n|---|---|---|"
    )
    for k, (kind, changed) in enumerate(CLEAN.items()):
        numbers, where = [], []
        for seed in range(first + 20 * k, first + 20 * k + counties):
            found = examined(simulate(seed, sizes=(20, 60), anomaly_scale=0.0, params=changed))
            numbers.append(len(found))
            where += found["indicator"].to_list()
        print(f"| {kind} | {', '.join(map(str, numbers))} (mean {np.mean(numbers):.2f}) | {' '.join(sorted(where)) or '-'} |", flush=True)


def small(first: int, counties: int) -> None:
    """Leads on persons below the minimum sample: branches of 4 to 9 members, everything planted."""
    total = 0
    for seed in range(first, first + counties):
        found = examined(simulate(seed, sizes=(4, 9), anomaly_scale=3.0))
        total += found.filter(pl.col("indicator").is_in(["B1", "B2", "B3", "B4", "B5", "C1", "C2", "C3"])).height
    print(f"\nBranches of 4 to 9, seeds from {first}: {total} leads of B and C")


def accuracy(first: int, counties: int) -> None:
    """Error of the fair score beside the plain mean, and the cover of its interval."""
    print("\n### Fair score\n\n| county | RMSE | plain mean | ratio | cover of 95 % |\n|---|---|---|---|---|")
    kinds: dict[str, dict[str, Any]] = {
        "with anomalies": {"size": 50},
        "with anomalies, 20 to 60": {"sizes": (20, 60)},
        **{f"clean, {kind}": {"anomaly_scale": 0.0, "sizes": (20, 60), "params": changed} for kind, changed in CLEAN.items()},
    }
    for k, (kind, shape) in enumerate(kinds.items()):
        parts = [_errors(simulate(seed, **shape)) for seed in range(first + 20 * k, first + 20 * k + counties)]
        fair, plain, inside = (np.concatenate(p) for p in zip(*parts, strict=True))
        rmse = [float(np.sqrt(np.mean(e**2))) for e in (fair, plain)]
        print(f"| {kind} | {rmse[0]:.3f} | {rmse[1]:.3f} | {rmse[0] / rmse[1]:.3f} | {inside.mean():.3f} |", flush=True)


def _errors(frames: Mapping[str, pl.DataFrame]) -> tuple[Any, Any, Any]:
    scores = fair_score.of_county(tables.from_frames(frames)).join(
        frames["truth_params"].select("period", pl.col("member_id"), "merit"), on=["period", "member_id"]
    )
    plain = scores["plain_mean"] - scores["merit"]
    error = scores["fair_score"] - scores["merit"]
    return error.to_numpy(), plain.to_numpy(), (error.abs() <= scores["margin"]).to_numpy()


def _parts() -> Iterator[tuple[str, Any, int]]:
    yield from (("power", power, 0), ("clean", clean, 200), ("small", small, 500), ("accuracy", accuracy, 600))


def main() -> None:
    """The command above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--counties", type=int, default=3)
    parser.add_argument("--only", default="power,clean,small,accuracy")
    o = parser.parse_args()
    for name, part, offset in _parts():
        if name in o.only.split(","):
            part((REPORT if o.report else TUNING) + offset, o.counties)


if __name__ == "__main__":
    main()
