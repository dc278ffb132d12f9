"""The robust additive fit: each score as merit of the scored seen through its rater's level, slope and precision.

    y_ij = c + a_i + s_i (m_j - c) + e_ij,   e_ij ~ sd_i,   s_i ~ N(1, 0.2^2),   sum over raters of psi(e_ij / sd_i) = 0 for each member

Source: additive two-way fit (Tukey 1977) with Huber's psi (k = 1.5) by iteratively reweighted least squares, scales by Huber's
proposal 2 (Huber and Ronchetti 2009, sections 7.7 and 7.8), shrunk to the branch's scale with the weight of 6 scores. A slope is a
rater's use of the scale; its prior is the only one that matters and keeps a rater with few scores from a wild slope. Slopes average 1 in
each branch, which fixes the scale of merit. A score of 100 says only "at least": it enters as its expectation above 99.5 (Tobin 1958; the
E step of EM), at most 0.8 sd above what is expected of it: a full expectation would believe every flatterer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
HUBER = 1.5
BETA = 0.7785  # E psi^2 of a standard normal at k = 1.5
SLOPE_SD = 0.2
SHRINKAGE = 6.0
ROUNDS = 10
TINY = 1e-12
FULL, CAP = 100.0, 0.8
LOG_ROOT_2_PI = 0.5 * float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True)
class Fit:
    """`centre` c (b); `merit` m_j - c, `level` a_i, `slope`, `noise` sd_i (b x n); `expected`, `weight` (b x n x n, 0 = no score)."""

    centre: Floats
    merit: Floats
    level: Floats
    slope: Floats
    noise: Floats
    expected: Floats
    weight: Floats


def middle(values: Floats, seen: Booleans) -> Floats:
    """The median over the last axis of what is seen; 0 where nothing is."""
    ordered = np.sort(np.where(seen, values, np.inf), axis=-1)
    count = seen.sum(axis=-1)
    ends = np.stack([np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[-1] - 1)], axis=-1)
    both = np.take_along_axis(ordered, ends, axis=-1)
    return np.where(count > 0, np.where(np.isfinite(both), both, 0.0).mean(axis=-1), 0.0)


def fit(scores: Floats) -> Fit:
    """Fit all branches of a stack at once: scores (b x rater x ratee), NaN where there is none."""
    seen = np.isfinite(scores)
    mask = seen.astype(float)
    given, got = mask.sum(axis=2), mask.sum(axis=1)
    y = np.where(seen, scores, 0.0)
    centre = y.sum(axis=(1, 2)) / np.maximum(given.sum(axis=1), 1)
    y = (y - centre[:, None, None]) * mask
    level = middle(y, seen)
    merit = (y - level[:, :, None] * mask).sum(axis=1) / np.maximum(got, 1)
    slope = np.ones_like(level)
    noise = np.full_like(level, 8.0)
    weight = mask / noise[:, :, None] ** 2
    expected = level[:, :, None] + merit[:, None, :]
    full = np.nonzero(scores >= FULL)
    for _ in range(ROUNDS):
        spread = _uncensor(y, full, expected, centre, noise)
        residual = (y - expected) * mask
        noise = _scales(residual, given, noise, spread)
        inverse = 1 / noise
        weight = mask * inverse[:, :, None] * np.minimum(inverse[:, :, None], HUBER / np.maximum(np.abs(residual), TINY))
        level, slope = _raters(y, weight, merit)
        slope /= ((slope * (given > 0)).sum(axis=1) / np.maximum((given > 0).sum(axis=1), 1))[:, None] + TINY
        carrier = weight * slope[:, :, None]
        total = np.einsum("bij,bi->bj", carrier, slope)
        merit = (np.einsum("bij,bij->bj", carrier, y) - np.einsum("bij,bi->bj", carrier, level)) / (total + 1e-4)
        shift = middle(level, given > 0)
        level, merit = level - shift[:, None], np.where(got > 0, merit, 0.0)
        merit += np.where(got > 0, shift[:, None], 0.0)
        middle_merit = (merit * got).sum(axis=1) / np.maximum(got.sum(axis=1), 1)
        merit -= np.where(got > 0, middle_merit[:, None], 0.0)
        centre, y = centre + middle_merit, (y - middle_merit[:, None, None]) * mask
        expected = level[:, :, None] + slope[:, :, None] * merit[:, None, :]
    return Fit(centre, merit, level, slope, noise, expected + centre[:, None, None], weight)


def above_full(expected: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """The normal's hazard at 99.5, which is the expectation above it, and where 99.5 stands, both in sd about what is expected."""
    edge = (FULL - 0.5 - expected) / sd
    return np.exp(-(edge**2) / 2 - LOG_ROOT_2_PI - special.log_ndtr(-edge)), edge


def _uncensor(y: Floats, full: tuple[NDArray[np.intp], ...], expected: Floats, centre: Floats, noise: Floats) -> Floats:
    """Put the expectation in for scores of 100 (in place); return what their spread about it adds to each rater's sum of squares."""
    branch, rater, _ = full
    sd, at = noise[branch, rater], expected[full]
    mills, edge = above_full(centre[branch] + at, sd)
    y[full] = at + np.minimum(mills, CAP) * sd
    added = np.zeros_like(noise)
    np.add.at(added, (branch, rater), np.maximum(1 - mills * (mills - edge), 0.0) * sd**2)
    return added


def _scales(residual: Floats, given: Floats, noise: Floats, spread: Floats) -> Floats:
    """One step of Huber's proposal 2 per rater, shrunk to the branch's; floor 0.5 points, which is what rounding leaves."""
    clipped = np.minimum(np.abs(residual), HUBER * noise[:, :, None])
    sums = np.einsum("bij,bij->bi", clipped, clipped) / BETA + spread
    free = np.maximum(given - 2, 0) * (1 - 1 / np.maximum(given, 2))
    branch = (sums.sum(axis=1) + 1) / (free.sum(axis=1) + 1 / 36)
    squared = (sums + SHRINKAGE * branch[:, None]) / (free + SHRINKAGE)
    return np.asarray(np.maximum(np.sqrt(squared), 0.5))


def _raters(y: Floats, weight: Floats, merit: Floats) -> tuple[Floats, Floats]:
    """Weighted regression of each rater's scores on merit, with the slope's prior."""
    total = weight.sum(axis=2)
    safe = np.maximum(total, TINY)
    x_mean = np.einsum("bij,bj->bi", weight, merit) / safe
    y_mean = np.einsum("bij,bij->bi", weight, y) / safe
    xx = np.einsum("bij,bj->bi", weight, merit**2) - total * x_mean**2
    xy = np.einsum("bij,bij,bj->bi", weight, y, merit) - total * x_mean * y_mean
    prior = 1 / SLOPE_SD**2
    slope = (xy + prior) / (xx + prior)
    return np.where(total > 0, y_mean - slope * x_mean, 0.0), np.where(total > 0, slope, 1.0)
