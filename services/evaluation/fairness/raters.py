"""B3 severe and lenient raters, B4 erratic raters: a rater's level and its disorder against the county's own spread of them.

B3: level a_i of the additive fit less the branch's median rater's, z = a_i / sqrt(tau^2 + error_i^2), two-sided. B4: two signs of a
rater who answers without looking, z1 = log mean |residual| (winsorised at 2.5 times its own median, so that a heavy tail isn't disorder)
and z2 = the slope on merit that is lost, together (z1 + 0.8 z2), one-sided. Nulls: Efron (2004), see `nulls.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from services.evaluation.fairness import nulls
from services.evaluation.fairness.additive import FULL, Fit, above_full, middle

Floats = NDArray[np.float64]
LEAST = 10
LEVEL_FLOOR, NOISE_FLOOR = 10.0, 12.0
WINSOR, SLOPE_WEIGHT = 2.5, 0.8
SLOPE_SD, COMMON_NOISE = 0.2, 6.0
FREEDOM = 30  # the tail of B4's null: a little heavier than the normal's


@dataclass(frozen=True, slots=True)
class Rated:
    """What B3 and B4 need of each rater of a stack (all b x n): level in points, its error, log disorder, lost slope in its errors, sd."""

    level: Floats
    error: Floats
    disorder: Floats
    lost_slope: Floats
    sd: Floats
    given: NDArray[np.int64]


def rated(scores: Floats, fit: Fit) -> Rated:
    """Summarise each rater of a stack."""
    seen = np.isfinite(scores) & (fit.weight > 0)
    given = seen.sum(axis=2)
    n = np.maximum(given, 1)
    residual = np.where(seen, scores - fit.expected, 0.0)
    size = np.abs(residual)
    top = WINSOR * middle(size, seen)
    disorder = np.log(np.maximum((np.minimum(size, top[:, :, None]) * seen).sum(axis=2) / n, 0.1))
    x = np.where(seen, fit.merit[:, None, :], 0.0)
    x = np.where(seen, x - (x.sum(axis=2) / n)[:, :, None], 0.0)
    y = np.where(seen, scores, 0.0)
    xx = (x * x).sum(axis=2)
    slope = (x * y).sum(axis=2) / np.maximum(xx, 1e-9)
    lost = (1 - slope) / np.sqrt(SLOPE_SD**2 + COMMON_NOISE**2 / np.maximum(xx, 1e-9))
    sd = np.sqrt((residual**2).sum(axis=2) / np.maximum(given - 2, 1))
    return Rated(fit.level, level_error(scores, fit), disorder, lost, sd, given)


def level_error(scores: Floats, fit: Fit) -> Floats:
    """Standard error of each rater's level (b x n): what his scores tell of level and slope together, the slope with its prior.

    A score of 100 says only "at least", so it tells lambda (lambda - u) of what a score says, lambda the normal's hazard at the edge u
    (Tobin 1958). A generous rater's scores are mostly 100: what is left are those of the weak, and his level is far less sure.
    """
    seen = np.isfinite(scores) & (fit.weight > 0)
    told = np.where(seen, 1 / fit.noise[:, :, None] ** 2, 0.0)
    full = seen & (scores >= FULL)
    hazard, edge = above_full(fit.expected[full], np.broadcast_to(fit.noise[:, :, None], full.shape)[full])
    told[full] *= np.clip(hazard * (hazard - edge), 0.0, 1.0)
    total = np.maximum(told.sum(axis=2), 1e-9)
    centre = np.einsum("bij,bj->bi", told, fit.merit) / total
    spread = np.maximum(np.einsum("bij,bj->bi", told, fit.merit**2) - total * centre**2, 0.0)
    return np.asarray(np.sqrt(1 / total + centre**2 / (spread + 1 / SLOPE_SD**2)))


def severe(level: Floats, error: Floats) -> Floats:
    """Adjusted p of B3 for the testable raters of a county and half-year, both sides in one."""
    if not len(level):
        return level
    own = nulls.empirical(level)
    between = max(own.spread**2 - float(np.median(error**2)), 0.25)
    scaled = level / np.sqrt(between + error**2)
    up, down = nulls.empirical(scaled, beyond=0.90), nulls.empirical(-scaled, beyond=0.90)
    return nulls.adjusted(2 * nulls.upper(np.maximum(up.z(scaled), down.z(-scaled))))


def erratic(disorder: Floats, lost_slope: Floats) -> Floats:
    """Adjusted p of B4 for the testable raters of a county and half-year."""
    if not len(disorder):
        return disorder
    both = nulls.empirical(disorder).z(disorder) + SLOPE_WEIGHT * nulls.empirical(lost_slope).z(lost_slope)
    return nulls.adjusted(special.stdtr(FREEDOM, -nulls.empirical(both, beyond=0.95).z(both)))
