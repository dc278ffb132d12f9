"""B5 a bloc that marks one member down: a mixture likelihood ratio over the member's raters.

    S_j = sum over raters i of log(0.85 + 0.15 t6(z_ij + 22 / sd_i) / t6(z_ij)),   z about the member's own median, t6 of unit variance

The best question for "one rater in seven marks this member down by 22 points, the others don't" (Neyman and Pearson 1933; the
mixture as in "higher criticism", Donoho and Jin 2004). Null: the county's own tail within classes of merit (`nulls.tail`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.fairness import nulls
from services.evaluation.fairness.additive import middle

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
LEAST_RATERS, LEAST_LOW = 10, 4
SHARE, FALL = 0.15, 22.0
CLASSES, PER_CLASS = 8, 1500
LOWEST = -2.0


@dataclass(frozen=True, slots=True)
class Falls:
    """Per member of a stack (b x n): the statistic, raters; `low` (b x rater x ratee) who marks far down; their mean fall in points."""

    statistic: Floats
    raters: Integers
    low: Booleans
    fall: Floats


def falls(z: Floats, noise: Floats) -> Falls:
    """The statistic of each member: z (b x rater x ratee) standardised residuals with NaN, noise (b x n) in points."""
    seen = np.isfinite(z)
    turned = np.swapaxes(z, 1, 2)
    centre = middle(turned, np.swapaxes(seen, 1, 2))
    x = np.where(seen, z - centre[:, None, :], 0.0)
    shift = np.minimum(FALL / noise, 4.5)[:, :, None]
    ratio = ((1 + x**2 / 4) / (1 + (x + shift) ** 2 / 4)) ** 3.5
    raters = seen.sum(axis=1)
    statistic = np.where(seen, np.log(1 - SHARE + SHARE * ratio), 0.0).sum(axis=1) / np.sqrt(np.maximum(raters, 1))
    low = seen & (x <= LOWEST) & (SHARE * ratio > 1 - SHARE)
    fall = np.where(low, x * noise[:, :, None], 0.0).sum(axis=1) / np.maximum(low.sum(axis=1), 1)
    return Falls(statistic, raters, low, fall)


def bloc_q(statistic: Floats, merit: Floats) -> Floats:
    """Adjusted p of the testable members: standardised within classes of merit (a ceiling changes the tail), one common tail."""
    n = len(statistic)
    if not n:
        return statistic
    classes = int(np.clip(n // PER_CLASS, 1, CLASSES))
    label = np.searchsorted(np.quantile(merit, np.arange(1, classes) / classes), merit, side="right")
    scaled = np.empty(n)
    for c in range(classes):
        mine = label == c
        centre, top = np.quantile(statistic[mine], [0.5, 1 - nulls.TAIL])
        scaled[mine] = (statistic[mine] - centre) / max(float(top - centre), 1e-9)
    return nulls.adjusted(nulls.tail(scaled))
