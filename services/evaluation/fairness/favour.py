"""C1 groups of mutual favour, by a scan over sets of 4 to 8 members, and C2 pairs of mutual favour over half-years.

C1: W_ij = l(z_ij) + l(z_ji), l(z) = log t6(z - d_i) / t6(z), d_i = 12 points in rater i's standard deviations: what a member gains in
likelihood if the two favour each other. A set's value is the sum of W over its pairs less log C(n, m) for the sets it was chosen from
(scan statistic: Kulldorff 1997, Commun. Stat. 26, 1481-1496; dense subgraph by greedy growth from the 40 best pairs: Charikar 2000).
Null: a Gumbel law through the county's median and interquartile range of the branches' best sets.

C2: the two directions' standardised residuals over the half-years (`pair_values`); its null is its mirror image, mutual disfavour:
q = (mirror pairs above + 1) / (pairs above) (Barber and Candes 2015, Ann. Stat. 43, 2055-2085). So the county's own reciprocity is in
the null.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LEAST_MEMBERS, SMALLEST, LARGEST = 12, 4, 8
SEEDS = 40
GAIN = 12.0
PAIR_FLOOR = 8.0
FULL, CAP = 100.0, 4.0
PAUSE = 0.15


def uncensored(scores: Floats, expected: Floats, noise: Floats) -> Floats:
    """Standardised residuals; one of a score of 100 ("at least") is the expectation above 99.5, capped at 4 sd (Tobin 1958)."""
    z = (scores - expected) / noise[:, :, None]
    full = scores >= FULL
    if full.any():
        edge = ((FULL - 0.5 - expected) / noise[:, :, None])[full]
        z[full] = np.minimum(np.exp(-(edge**2) / 2 - np.log(np.sqrt(2 * np.pi)) - special.log_ndtr(-edge)), CAP)
    return z


def gains(z: Floats, noise: Floats) -> Floats:
    """W of a stack (b x n x n, symmetric, 0 on the diagonal and where a direction is missing)."""
    seen = np.isfinite(z)
    x, shift = np.where(seen, z, 0.0), np.clip(GAIN / noise, 1.0, 3.0)[:, :, None]
    one = np.where(seen, 3.5 * (np.log1p(x**2 / 4) - np.log1p((x - shift) ** 2 / 4)), 0.0)
    both = seen & np.swapaxes(seen, 1, 2)
    return np.asarray(np.where(both, one + np.swapaxes(one, 1, 2), 0.0))


@dataclass(frozen=True, slots=True)
class Sets:
    """The best set of each branch of a stack: its value, its size, its members (b x 8 columns, -1 = none)."""

    value: Floats
    members: Integers


def best_sets(gain: Floats, size: Integers) -> Sets:
    """Grow sets greedily from the 40 best pairs of each branch, to 8; keep the best of 4 or more. size (b): members of each branch."""
    b, n = gain.shape[:2]
    i, k = np.triu_indices(n, 1)
    flat = gain[:, i, k]
    seeds = min(SEEDS, flat.shape[1])
    top = np.argpartition(-flat, seeds - 1, axis=1)[:, :seeds]
    rows = np.arange(b)[:, None]
    chosen = np.stack([i[top], k[top]], axis=2)
    value = flat[rows, top]
    reach = gain[rows, chosen[:, :, 0]] + gain[rows, chosen[:, :, 1]]
    columns = np.arange(seeds)[None, :]
    absent = np.arange(n)[None, :] >= size[:, None]
    reach = np.where(absent[:, None, :], -np.inf, reach)
    for m in (0, 1):
        reach[rows, columns, chosen[:, :, m]] = -np.inf
    best, members = np.full(b, -np.inf), np.full((b, LARGEST), -1)
    for m in range(3, LARGEST + 1):
        new = reach.argmax(axis=2)
        value = value + reach[rows, columns, new]
        chosen = np.concatenate([chosen, new[:, :, None]], axis=2)
        reach = reach + gain[rows, new]
        reach[rows, columns, new] = -np.inf
        if m < SMALLEST:
            continue
        penalised = value - _log_choices(size, m)[:, None]
        at = penalised.argmax(axis=1)
        better = penalised[np.arange(b), at] > best
        best = np.where(better, penalised[np.arange(b), at], best)
        members[better] = -1
        members[better, :m] = chosen[better, at[better]]
    return Sets(best, members)


def best_over_time(gain: list[Floats], size: Integers) -> Sets:
    """The best set of each branch from all half-years: one W per half-year, in the same order of members.

    Candidates: the best set of each half-year alone, and of all with a pair's loss in a half-year bounded. A candidate's value is the sum
    over half-years of log(0.15 + 0.85 exp(V_t)), V_t = its pairs' W in that half-year: a group may pause. One half-year: V itself.
    """
    if len(gain) == 1:
        return best_sets(gain[0], size)
    together = np.zeros_like(gain[0])
    for g in gain:
        together += np.log(PAUSE + (1 - PAUSE) * np.exp(np.minimum(g, 50.0)))
    best = Sets(np.full(len(size), -np.inf), np.full((len(size), LARGEST), -1))
    for view in (together, *gain):
        found = best_sets(view, size).members
        inside = found >= 0
        pairs = inside[:, :, None] & inside[:, None, :]
        at = (np.arange(len(size))[:, None, None], found[:, :, None], found[:, None, :])
        value = np.zeros(len(size))
        for g in gain:
            within = np.where(pairs, g[at], 0.0).sum(axis=(1, 2)) / 2
            value += np.logaddexp(np.log(PAUSE), np.log(1 - PAUSE) + within)
        value -= _log_choices(size, inside.sum(axis=1))
        better = value > best.value
        best = Sets(np.where(better, value, best.value), np.where(better[:, None], found, best.members))
    return best


def pair_values(z: list[Floats]) -> Floats:
    """C2's statistic of each pair (b x n x n, symmetric): one z per half-year. A half-year not scored counts 0, which makes a pair modest.

    The mean of the middle half-years (a quarter, at least one of three, dropped at each end, so that one outburst isn't a relation)
    is taken of each direction and the smaller kept, and taken of the smaller of the two; the statistic is the sum of both.
    """
    mutual = [np.isfinite(x) & np.isfinite(np.swapaxes(x, 1, 2)) for x in z]
    known = np.stack([np.where(m, x, 0.0) for m, x in zip(mutual, z, strict=True)])
    direction = _middle_mean(known)
    smaller = _middle_mean(np.minimum(known, np.swapaxes(known, 2, 3)))
    return np.minimum(direction, np.swapaxes(direction, 1, 2)) + smaller


def _middle_mean(values: Floats) -> Floats:
    n = len(values)
    drop = max(1, n // 4) if n > 2 else 0  # noqa: PLR2004
    return np.asarray((np.sort(values, axis=0) if drop else values)[drop : n - drop].mean(axis=0))


def _log_choices(n: Integers, m: int | Integers) -> Floats:
    n = np.maximum(n, m)
    return np.asarray(special.gammaln(n + 1) - special.gammaln(m + 1) - special.gammaln(n - m + 1))


def mirrored_q(statistic: Floats, mirror: Floats) -> Floats:
    """The q of each pair from its mirror: the least (mirrors above + 1) / (pairs above) at or below its value."""
    order = np.argsort(-statistic, kind="stable")
    ordered = statistic[order]
    mirrors = np.sort(mirror)
    above = len(mirrors) - np.searchsorted(mirrors, ordered, side="left")
    pairs_above = np.searchsorted(-ordered, -ordered, side="right")
    rate = np.minimum((above + 1) / np.maximum(pairs_above, 1), 1.0)
    q = np.empty(len(statistic))
    q[order] = np.minimum.accumulate(rate[::-1])[::-1]
    return q
