"""Empirical nulls and false-discovery control: what "by nature" means is learned from the county's own middle.

Sources: Efron (2004), J. Am. Stat. Assoc. 99, 96-104 (empirical null); Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57, 289-300;
Pickands (1975), Ann. Stat. 3, 119-131 (generalised Pareto tail); Gumbel (1958), Statistics of Extremes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Q = 0.05
IQR_OF_NORMAL = 1.349
GUMBEL_MEDIAN = -np.log(np.log(2.0))
GUMBEL_IQR = np.log(np.log(4.0) / np.log(4.0 / 3.0))
TAIL, TOP, SHAPE = 0.07, 0.015, 0.08


@dataclass(frozen=True, slots=True)
class Null:
    """Centre and spread of a county's middle, kept with the run so that one branch can be explained alone."""

    centre: float
    spread: float

    def z(self, values: Floats) -> Floats:
        """Standardise by this null."""
        return (values - self.centre) / self.spread


def empirical(values: Floats, *, floor: float = 0.0, beyond: float | None = None) -> Null:
    """Median and IQR / 1.349; where skew is possible the larger of that and the normal spread that the `beyond` quantile implies.

    `floor` is the spread that theory gives at least.
    """
    if not len(values):
        return Null(0.0, max(floor, 1.0))
    low, centre, high = np.quantile(values, [0.25, 0.5, 0.75])
    spread = (high - low) / IQR_OF_NORMAL
    if beyond is not None:
        spread = max(spread, (np.quantile(values, beyond) - centre) / float(special.ndtri(beyond)))
    return Null(float(centre), float(max(spread, floor, 1e-9)))


def upper(z: Floats) -> Floats:
    """The normal's upper tail, exact far out."""
    return np.asarray(special.ndtr(-z))


def adjusted(p: Floats) -> Floats:
    """Benjamini and Hochberg's adjusted p (step up): q_(i) = min over k >= i of p_(k) n / k."""
    n = len(p)
    if n == 0:
        return p
    order = np.argsort(p, kind="stable")
    scaled = p[order] * n / np.arange(1, n + 1)
    q = np.empty(n)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def tail(values: Floats) -> Floats:
    """Upper tail probabilities from the county itself: its ranks below the 93 % point, above it a generalised Pareto tail.

    P(X > u + x) = 0.07 (1 + 0.08 x / beta)^(-1 / 0.08); beta is set by the spacing of the 93 % and 98.5 % points, so that the top
    1.5 %, where the anomalies are, has no say.
    """
    n = len(values)
    start, end = np.quantile(values, [1 - TAIL, 1 - TOP])
    beta = max(SHAPE * (end - start) / ((TAIL / TOP) ** SHAPE - 1), 1e-9)
    excess = np.maximum(values - start, 0)
    above = 1 - np.searchsorted(np.sort(values), values, side="left") / n
    return np.where(values > start, TAIL * (1 + SHAPE * excess / beta) ** (-1 / SHAPE), np.maximum(above, TAIL))


def gumbel(values: Floats) -> Floats:
    """Upper tail probabilities of maxima: a Gumbel law through the county's median and interquartile range."""
    low, centre, high = np.quantile(values, [0.25, 0.5, 0.75])
    beta = max((high - low) / GUMBEL_IQR, 1e-9)
    return np.asarray(-np.expm1(-np.exp(-((values - centre) / beta + GUMBEL_MEDIAN))))
