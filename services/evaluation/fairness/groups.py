"""C3 peers against a group (floating members): some raters mark the group down, others don't.

g_i = rater i's mean standardised residual of the group less that of the rest, v_i = 1/n_group + 1/n_rest. Under no prejudice
sum(g_i^2 / v_i) / (raters - 1) is about 1; its logarithm times sqrt((raters - 1) / 2) is tested against the county's own middle. A mean
shift of all raters is part of the group's merit to a peer model: if all raters undervalue a group, peer data alone can't show it.
Source: variance ratio of random slopes, as in Longford (1993), Random Coefficient Models, chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.fairness import nulls

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
LEAST_RATERS, LEAST_GROUP = 10, 4
RATIO_FLOOR = 1.5
CLIP = 3.0


@dataclass(frozen=True, slots=True)
class Gaps:
    """Per branch of a stack (b): ratio of observed to expected spread, raters, whether testable; `gap` (b x n) in standard deviations."""

    ratio: Floats
    raters: Integers
    testable: Booleans
    gap: Floats


def gaps(z: Floats, group: Booleans) -> Gaps:
    """Each rater's gap between group and rest: z (b x rater x ratee) standardised residuals, NaN where none; group (b x n)."""
    seen = np.isfinite(z)
    clipped = np.where(seen, np.clip(z, -CLIP, CLIP), 0.0)
    inside, outside = seen & group[:, None, :], seen & ~group[:, None, :]
    n_in, n_out = inside.sum(axis=2), outside.sum(axis=2)
    mean_in = (clipped * inside).sum(axis=2) / np.maximum(n_in, 1)
    mean_out = (clipped * outside).sum(axis=2) / np.maximum(n_out, 1)
    usable = (n_in >= LEAST_GROUP - 1) & (n_out >= LEAST_GROUP - 1)
    raters = usable.sum(axis=1)
    gap = np.where(usable, mean_in - mean_out, 0.0)
    gap -= np.where(usable, (gap.sum(axis=1) / np.maximum(raters, 1))[:, None], 0.0)
    expected = 1 / np.maximum(n_in, 1) + 1 / np.maximum(n_out, 1)
    ratio = (gap**2 / expected).sum(axis=1) / np.maximum(raters - 1, 1)
    testable = (raters >= LEAST_RATERS) & (group.sum(axis=1) >= LEAST_GROUP)
    return Gaps(ratio, raters, testable, gap)


def spread_q(ratio: Floats, raters: Integers) -> tuple[Floats, nulls.Null]:
    """Adjusted p of the testable branches' ratios, and the null: the county's median ratio, and its spread in units of chi-square's."""
    if not len(ratio):
        return ratio, nulls.Null(0.0, 1.0)
    free = raters - 1
    x = _normal(ratio / np.median(ratio), free)
    null = nulls.empirical(x, floor=1.0)
    return nulls.adjusted(nulls.upper(null.z(x))), null


def _normal(ratio: Floats, free: Integers) -> Floats:
    """Wilson and Hilferty (1931): the cube root of chi-square / df is nearly normal."""
    k = 2 / (9 * free)
    return np.asarray((np.cbrt(ratio) - (1 - k)) / np.sqrt(k))
