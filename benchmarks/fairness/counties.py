"""Simulated counties with planted anomalies and the truth about them: the generator behind every measured figure.

    python -m benchmarks.fairness.counties --seed 1 --branches 600 --size 50 --out county
    python -m benchmarks.fairness.counties --seed 1 --branches 600 --anomaly-scale 0 --set df=3 --out clean

Every branch has its own random stream, so branch k is the same however many there are. A score is

    y_ij = clip(round_i(mean + b + slope_i merit_j + severity_i + noise_i t_df)),   corr(e_ij, e_ji) = rho

with a share `rel_share` of the noise the same in every half-year, and raters who round to 5 or 10. A committee's score is `lead` times the
peers' robust mean plus its own view; the final score is the committee's mean to one decimal. `truth` has (period, kind, level, branch_id,
entity, entity2, group, magnitude), `truth_params` the latent merit of each member.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.fairness.planted import Plan, Truth, distort, plan, push, spoil

Array = NDArray[Any]
DEFAULTS: Mapping[str, float] = {
    "mean": 81.0, "sd_branch": 1.5, "sd_merit": 6.5, "low_tail": 0.05, "low_shift": -12.0,
    "sd_severity": 4.5, "sd_slope": 0.20, "noise": 6.0, "sd_lognoise": 0.25, "df": 6.0, "rho": 0.15, "rel_share": 0.25,
    "p_round5": 0.35, "p_round10": 0.05, "p_missing": 0.03, "p_absent": 0.015, "p_floating": 0.20,
    "lead": 0.7, "sd_committee_severity": 2.0, "committee_noise": 3.0,
    "severe_p": 0.010, "severe_d": -20.0, "lenient_p": 0.010, "lenient_d": 14.0,
    "straight_p": 0.015, "straight_jitter": 0.05, "erratic_p": 0.010, "erratic_sd": 18.0,
    "copy_branch_p": 0.04, "copy_lo": 3, "copy_hi": 6, "copy_noise": 0.2,
    "pair_branch_p": 0.20, "pair_d": 20.0, "clique_branch_p": 0.06, "clique_lo": 4, "clique_hi": 7, "clique_d": 13.0,
    "gang_branch_p": 0.04, "gang_lo": 6, "gang_hi": 12, "gang_d": -22.0,
    "override_branch_p": 0.06, "override_d": 10.0, "bunch_branch_p": 0.06, "bunch_reach": 3.0, "bunch_prob": 0.8,
    "floatc_branch_p": 0.07, "floatc_d": -5.0, "floatp_branch_p": 0.05, "floatp_share": 0.5, "floatp_d": -9.0,
    "selffav_branch_p": 0.05, "selffav_d": 6.0, "late_branch_p": 0.05, "mismatch_p": 0.0005, "persist": 0.9,
}  # fmt: skip
LINES = (60.0, 70.0, 90.0)
TOWN = 20


@dataclass
class Branch:
    """The latent people of one branch. `rng` is its stream; members are numbered from `base`."""

    number: int
    base: int
    rng: np.random.Generator
    floating: Array
    committee: Array
    shift: float
    merit: Array
    severity: Array
    slope: Array
    noise: Array
    step: Array
    committee_severity: Array
    friendship: Array | float = 0.0
    planned: list[Plan] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Members."""
        return len(self.merit)


def _people(seed: int, number: int, size: int, base: int, p: Mapping[str, float]) -> Branch:
    rng = np.random.default_rng(np.random.SeedSequence([seed, number]))
    draw = rng.random(size)
    floating = draw < p["p_floating"] * rng.uniform(0.3, 1.7)
    seats = int(min(size, rng.integers(5, 8)))
    committee = np.zeros(size, dtype=bool)
    committee[rng.choice(size, seats, replace=False)] = True
    shift = rng.normal(0, p["sd_branch"])
    merit = rng.normal(0, p["sd_merit"], size) + np.where(rng.random(size) < p["low_tail"], p["low_shift"], 0)
    severity, slope = rng.normal(0, p["sd_severity"], size), np.exp(rng.normal(0, p["sd_slope"], size))
    noise, draw = p["noise"] * np.exp(rng.normal(0, p["sd_lognoise"], size)), rng.random(size)
    step = np.where(draw < p["p_round10"], 10, np.where(draw < p["p_round10"] + p["p_round5"], 5, 1))
    own = rng.normal(0, p["sd_committee_severity"], seats)
    return Branch(number, base, rng, floating, committee, shift, merit, severity, slope, noise, step, own)


def _pair_noise(rng: np.random.Generator, size: int, p: Mapping[str, float]) -> Array:
    z = rng.standard_t(p["df"], (size, size)) / np.sqrt(p["df"] / (p["df"] - 2))
    low, rho = np.tril_indices(size, -1), p["rho"]
    z[low] = rho * z.T[low] + np.sqrt(1 - rho * rho) * z[low]
    return z


def _half_year(branch: Branch, t: int, p: Mapping[str, float], effect: float, scale: float) -> dict[str, Any]:
    """One half-year: peers score, some of them dishonestly; the committee scores; stars are given; the truth is written down."""
    rng, n = branch.rng, branch.size
    active = [a for a in branch.planned if t == 0 or rng.random() < p["persist"]]
    merit = branch.merit + (rng.normal(0, 2.0, n) if t else 0)
    severity = branch.severity + (rng.normal(0, 1.0, n) if t else 0)
    z = np.sqrt(p["rel_share"]) * branch.friendship + np.sqrt(1 - p["rel_share"]) * _pair_noise(rng, n, p)
    level = p["mean"] + branch.shift
    latent = level + branch.slope[:, None] * merit[None, :] + severity[:, None] + branch.noise[:, None] * z
    truth = Truth(t, branch.number, branch.base)
    distort(latent, active, branch, truth, p, effect, level + severity)
    scores = np.clip(np.round(latent / branch.step[:, None]) * branch.step[:, None], 0, 100)
    spoil(scores, active, rng, truth, p)
    scores = np.clip(scores, 0, 100)
    given = rng.random((n, n)) >= p["p_missing"]
    absent = rng.random(n) < p["p_absent"]
    given[absent] = False
    np.fill_diagonal(given, val=False)
    truth.forget(set((np.flatnonzero(absent) + branch.base).tolist()))
    count = given.sum(axis=0)
    peer_mean = np.where(count > 0, np.where(given, scores, 0.0).sum(axis=0) / np.maximum(count, 1), p["mean"])
    own_view = level + merit + rng.normal(0, 2.5, n)
    seats = int(branch.committee.sum())
    committee = p["lead"] * peer_mean + (1 - p["lead"]) * own_view + branch.committee_severity[:, None]
    committee = push(committee + rng.normal(0, p["committee_noise"], (seats, n)), active, branch, truth, p, effect, LINES)
    final = np.round(committee.mean(axis=0), 1)
    stars = np.sum([final >= line for line in LINES], axis=0)
    for j in np.flatnonzero(rng.random(n) < p["mismatch_p"] * scale):
        stars[j] = stars[j] + 1 if stars[j] < len(LINES) else 2
        truth.add("mismatch", "rule", branch.base + j)
    deadline, is_late = 180 * (t + 1), any(a.kind == "late" for a in active)
    published = deadline + int(rng.integers(1, 21)) if is_late else deadline - int(rng.integers(0, 10))
    if is_late:
        truth.add("late", "rule", branch.number, magnitude=float(published - deadline))
    return {
        "given": given, "scores": scores, "peer_mean": peer_mean, "committee": committee, "final": final, "stars": stars,
        "deadline": deadline, "published": published, "merit": level + merit, "severity": severity, "truth": truth.rows,
    }  # fmt: skip


def simulate(
    seed: int = 1, branches: int = 600, size: int | None = None, sizes: tuple[int, int] = (40, 60), periods: int = 1,
    anomaly_scale: float = 1.0, effect: float = 1.0, params: Mapping[str, float] | None = None,
) -> dict[str, pl.DataFrame]:  # fmt: skip
    """All tables of a county by name. `anomaly_scale` 0 is a clean county; `effect` scales the magnitude of what is planted."""
    if unknown := sorted(set(params or {}) - set(DEFAULTS)):
        raise ValueError(f"unknown parameter {unknown[0]}; known: {', '.join(DEFAULTS)}")
    p = {**DEFAULTS, **(params or {})}
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("branches", "members", "peer_scores", "committee_scores", "results", "truth_params")
    }
    truth: list[tuple[Any, ...]] = []
    base = 0
    for number in range(branches):
        n = size or int(np.random.default_rng(np.random.SeedSequence([seed, number, 7])).integers(sizes[0], sizes[1] + 1))
        branch = _people(seed, number, n, base, p)
        branch.planned = plan(branch.rng, n, p, anomaly_scale)
        if p["rel_share"] > 0:
            branch.friendship = _pair_noise(np.random.default_rng(np.random.SeedSequence([seed, number, 11])), n, p)
        ids = np.arange(base, base + n)
        rows["members"].append({"member_id": ids, "branch_id": number, "floating": branch.floating, "committee": branch.committee})
        for t in range(periods):
            h = _half_year(branch, t, p, effect, anomaly_scale)
            truth += h["truth"]
            for name, columns in _rows(branch, t, h, ids).items():
                rows[name].append(columns)
        base += n
    tables = {name: _frame(parts) for name, parts in rows.items()}
    tables["truth"] = pl.DataFrame(truth, schema=Truth.SCHEMA, orient="row")
    return tables


def _rows(branch: Branch, t: int, h: Mapping[str, Any], ids: Array) -> dict[str, dict[str, Any]]:
    key = {"period": t, "branch_id": branch.number}
    i, j = np.nonzero(h["given"])
    scorer, scored = np.nonzero(np.ones(h["committee"].shape, dtype=bool))
    days = {"deadline_day": h["deadline"], "published_day": h["published"]}
    means = {"peer_mean": h["peer_mean"].round(4), "committee_mean": h["committee"].mean(axis=0).round(4)}
    latent = {"merit": h["merit"].round(4), "severity": h["severity"].round(4), "slope": branch.slope, "noise_sd": branch.noise}
    return {
        "branches": {
            "branch_id": np.array([branch.number]), "town_id": branch.number // TOWN, "n_members": branch.size, "period": t, **days
        },
        "peer_scores": {**key, "rater_id": ids[i], "ratee_id": ids[j], "score": h["scores"][i, j].astype(np.int16)},
        "committee_scores": {
            **key, "scorer_id": ids[branch.committee][scorer], "ratee_id": ids[scored], "score": h["committee"].ravel().astype(np.int16)
        },
        "results": {**key, "member_id": ids, **means, "final_score": h["final"], "stars": h["stars"].astype(np.int8)},
        "truth_params": {"period": t, "member_id": ids, **latent},
    }  # fmt: skip


def _frame(parts: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """One table from many pieces; a single value stands for a whole piece."""
    parts = list(parts)
    lengths = [max(len(v) for v in part.values() if isinstance(v, np.ndarray)) for part in parts]
    return pl.DataFrame(
        {name: np.concatenate([np.broadcast_to(part[name], k) for part, k in zip(parts, lengths, strict=True)]) for name in parts[0]}
    )


def write(tables: Mapping[str, pl.DataFrame], folder: Path) -> None:
    """Write each table as parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")


def main() -> None:
    """The command above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--branches", type=int, default=600)
    parser.add_argument("--size", type=int)
    parser.add_argument("--sizes", type=int, nargs=2, default=(40, 60))
    parser.add_argument("--periods", type=int, default=1)
    parser.add_argument("--anomaly-scale", type=float, default=1.0)
    parser.add_argument("--effect", type=float, default=1.0)
    parser.add_argument("--set", nargs="*", default=[], metavar="name=value")
    parser.add_argument("--out", type=Path, required=True)
    o = parser.parse_args()
    changed = {name: float(value) for name, _, value in (pair.partition("=") for pair in o.set)}
    write(simulate(o.seed, o.branches, o.size, tuple(o.sizes), o.periods, o.anomaly_scale, o.effect, changed), o.out)


if __name__ == "__main__":
    main()
