"""What a simulated county hides: the plan of anomalies of a branch, how each distorts scores, and the truth that is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

if TYPE_CHECKING:
    from benchmarks.fairness.counties import Branch

Array = NDArray[Any]
SMALLEST_GANG = 5
LEAST = 4


@dataclass(frozen=True)
class Plan:
    """One planted anomaly: its kind and the members (by column) in it; of a gang the first is the target."""

    kind: str
    who: Array


@dataclass
class Truth:
    """The truth of one branch and half-year. `entity` is a member id; a branch id where `level` is branch, or the rule is `late`."""

    SCHEMA: ClassVar[Mapping[str, Any]] = {
        "period": pl.Int64, "kind": pl.String, "level": pl.String, "branch_id": pl.Int64,
        "entity": pl.Int64, "entity2": pl.Int64, "group": pl.Int64, "magnitude": pl.Float64,
    }  # fmt: skip
    period: int
    branch: int
    base: int
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, kind: str, level: str, entity: int, entity2: int = -1, group: int = -1, magnitude: float = 0.0) -> None:
        """Write one row down."""
        self.rows.append((self.period, kind, level, self.branch, int(entity), int(entity2), group, float(magnitude)))

    def forget(self, absent: Iterable[int]) -> None:
        """A rater who sent no ballot can't be an anomalous rater."""
        gone = set(absent)
        self.rows[:] = [
            r for r in self.rows if not ((r[2] in ("rater", "pair") and r[4] in gone) or (r[1] in ("pair", "copy") and r[5] in gone))
        ]


def plan(rng: np.random.Generator, size: int, p: Mapping[str, float], scale: float) -> list[Plan]:
    """Draw a branch's anomalies; single raters, copies, pairs, groups and gangs share no member."""
    planned: list[Plan] = []
    free = list(rng.permutation(size))

    def hit(kind: str) -> bool:
        return bool(rng.random() < min(1.0, p[f"{kind}_branch_p"] * scale))

    def take(count: int) -> Array:
        return np.array(sorted(free.pop() for _ in range(min(count, len(free)))), dtype=int)

    for kind in ("severe", "lenient", "straight", "erratic"):
        for i in take(rng.binomial(size, min(1, p[f"{kind}_p"] * scale))):
            planned.append(Plan(kind, np.array([i])))
    if hit("copy"):
        planned.append(Plan("copy", take(int(rng.integers(p["copy_lo"], p["copy_hi"] + 1)))))
    if hit("pair"):
        for _ in range(int(rng.integers(1, 3))):
            planned.append(Plan("pair", take(2)))
    if hit("clique"):
        planned.append(Plan("clique", take(int(rng.integers(p["clique_lo"], p["clique_hi"] + 1)))))
    planned = [a for a in planned if a.kind != "pair" or len(a.who) == 2]  # a tiny branch may run out of members
    if hit("gang"):
        who = take(int(rng.integers(p["gang_lo"], p["gang_hi"] + 1)) + 1)
        if len(who) >= SMALLEST_GANG:
            planned.append(Plan("gang", rng.permutation(who)))
    if hit("override"):
        for i in rng.choice(size, int(rng.integers(1, 3)), replace=False):
            planned.append(Plan("override", np.array([i, rng.choice([-1, 1])])))
    for kind in ("bunch", "floatc", "floatp", "selffav", "late"):
        if hit(kind):
            planned.append(Plan(kind, np.arange(0)))
    return planned


def distort(
    latent: Array, active: Sequence[Plan], branch: Branch, truth: Truth, p: Mapping[str, float], effect: float, flat: Array
) -> None:
    """Change the latent scores (rater x ratee) in place; `flat` is each rater's score for anybody when it doesn't look."""
    base, rng, n = branch.base, branch.rng, branch.size
    for group, a in enumerate(active):
        who, d = a.who, p.get(f"{a.kind}_d", 0.0) * effect
        match a.kind:
            case "severe" | "lenient":
                latent[who[0]] += d
                truth.add(a.kind, "rater", base + who[0], magnitude=d)
            case "straight":
                truth.add(a.kind, "rater", base + who[0])
            case "erratic":
                spread = p["erratic_sd"] * effect
                latent[who[0]] = flat[who[0]] + spread * rng.standard_normal(n)
                truth.add(a.kind, "rater", base + who[0], magnitude=spread)
            case "pair":
                latent[who[0], who[1]] += d
                latent[who[1], who[0]] += d
                truth.add(a.kind, "pair", base + who[0], base + who[1], group, d)
            case "clique":
                latent[np.ix_(who, who)] += d
                for i in who:
                    truth.add(a.kind, "member", base + i, group=group, magnitude=d)
            case "gang":
                latent[who[1:], who[0]] += d
                truth.add("gang_target", "member", base + who[0], group=group, magnitude=d)
                for i in who[1:]:
                    truth.add(a.kind, "rater", base + i, base + who[0], group, d)
            case "floatp":
                raters = np.flatnonzero(~branch.floating & (rng.random(n) < p["floatp_share"]))
                if branch.floating.sum() >= LEAST and len(raters) >= LEAST:
                    latent[np.ix_(raters, np.flatnonzero(branch.floating))] += d
                    truth.add(a.kind, "branch", branch.number, magnitude=d)


def spoil(scores: Array, active: Sequence[Plan], rng: np.random.Generator, truth: Truth, p: Mapping[str, float]) -> None:
    """Straight lines and copies, on the scores as written (in place)."""
    n = scores.shape[1]
    for a in active:
        if a.kind == "straight":
            i = a.who[0]
            scores[i] = rng.choice([80, 85, 90, 95])
            moved = rng.random(n) < p["straight_jitter"]
            scores[i, moved] += rng.integers(-3, 4, moved.sum())
    for group, a in enumerate(active):
        if a.kind == "copy":
            for k, i in enumerate(a.who[1:], start=1):
                scores[i] = scores[a.who[0]]
                moved = rng.random(n) < p["copy_noise"]
                scores[i, moved] += rng.integers(-2, 3, moved.sum())
                for other in a.who[:k]:
                    truth.add("copy", "pair", truth.base + other, truth.base + i, group)


def push(
    committee: Array, active: Sequence[Plan], branch: Branch, truth: Truth, p: Mapping[str, float], effect: float, lines: Sequence[float]
) -> Array:
    """The committee's scores (scorer x ratee): overrides, a group marked down, its own favoured; rounded; then pushed over lines."""
    seats, rng = len(committee), branch.rng
    for group, a in enumerate(active):
        d = p.get(f"{a.kind}_d", 0.0) * effect
        if a.kind == "override":
            committee[:, a.who[0]] += d * a.who[1]
            truth.add(a.kind, "member", branch.base + a.who[0], group=group, magnitude=d * a.who[1])
        if a.kind == "floatc" and branch.floating.sum() >= LEAST - 1:
            committee[:, branch.floating] += d
            truth.add(a.kind, "branch", branch.number, magnitude=d)
        if a.kind == "selffav":
            committee[:, branch.committee] += d
            truth.add(a.kind, "branch", branch.number, magnitude=d)
    committee = np.clip(np.round(committee), 0, 100)
    if any(a.kind == "bunch" for a in active):
        before, moved = committee.mean(axis=0), 0
        for line in lines:
            near = (before >= line - p["bunch_reach"] * effect) & (before < line) & (rng.random(committee.shape[1]) < p["bunch_prob"])
            for j in np.flatnonzero(near):
                need = int(np.ceil((line - before[j]) * seats - 1e-9)) + int(rng.integers(0, 3))
                committee[:, j] += need // seats
                committee[: need % seats, j] += 1
                moved += 1
        truth.add("bunch", "branch", branch.number, magnitude=float(moved))
    return np.clip(committee, 0, 100)
