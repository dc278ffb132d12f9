"""The Social Relations Model of one complete round robin, in closed form.

Source: Warner, Kenny and Stoto (1979), J. Pers. Soc. Psychol. 37, 1742-1757; standard errors: Lashley and Bond (1997),
Psychol. Methods 2, 278-291. Model: x_ij = m + a_i + b_j + g_ij for i != j, cov(a_i, b_i) = s_ab, cov(g_ij, g_ji) = s_gg'.
Gaps: `srm_gaps.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SMALLEST_ROUND_ROBIN = 4


@dataclass(frozen=True, slots=True)
class Components:
    """The five (co)variances of a round robin, in squared points. Estimates by moments may be negative."""

    actor: float
    partner: float
    relationship: float
    actor_partner: float
    reciprocity: float

    @property
    def total(self) -> float:
        """The variance of one score: actor + partner + relationship."""
        return self.actor + self.partner + self.relationship


@dataclass(frozen=True, slots=True)
class RoundRobin:
    """One complete round robin taken apart. `relationship` is n x n with NaN on its diagonal; effects are in points about `mean`."""

    mean: float
    actor: Floats
    partner: Floats
    relationship: Floats
    components: Components
    errors: Components


def decompose(scores: Floats) -> RoundRobin:
    """Take a complete round robin apart: n x n scores, row = who scores, column = who is scored, the diagonal is ignored.

    Raises ValueError below four people or where a score is missing off the diagonal.

    a_i = (n-1)^2/(n(n-2)) x_i. + (n-1)/(n(n-2)) x_.i - (n-1)/(n-2) x.. (and b_i with rows and columns exchanged), g = x - a - b - x..
    """
    n = len(scores)
    if n < SMALLEST_ROUND_ROBIN:
        raise ValueError(f"a round robin needs {SMALLEST_ROUND_ROBIN} people, this one has {n}")
    x = np.array(scores, dtype=float)
    np.fill_diagonal(x, np.nan)
    if np.isnan(x).sum() != n:
        raise ValueError("the round robin has gaps; use srm_gaps.fit")
    row, column, mean = np.nanmean(x, axis=1), np.nanmean(x, axis=0), float(np.nanmean(x))
    near, far, centre = (n - 1) ** 2 / (n * (n - 2)), (n - 1) / (n * (n - 2)), (n - 1) / (n - 2) * mean
    actor, partner = near * row + far * column - centre, near * column + far * row - centre
    relationship = x - actor[:, None] - partner[None, :] - mean
    components = _moments(actor, partner, relationship)
    return RoundRobin(mean, actor, partner, relationship, components, standard_errors(components, n))


def _moments(actor: Floats, partner: Floats, relationship: Floats) -> Components:
    """Expected mean squares solved for the components (Warner et al., equations 8 to 12)."""
    n = len(actor)
    sums, differences = (relationship + relationship.T) / 2, relationship - relationship.T
    between = float(np.nansum(sums**2)) / ((n - 1) * (n - 2) / 2 - 1)
    within = float(np.nansum(differences**2)) / 2 / ((n - 1) * (n - 2))
    own, mutual = (between + within) / 2, (between - within) / 2
    k = n * (n - 2)
    noise = (own * (n - 1) + mutual) / k
    return Components(
        actor=float(actor @ actor) / (n - 1) - noise,
        partner=float(partner @ partner) / (n - 1) - noise,
        relationship=own,
        actor_partner=float(actor @ partner) / (n - 1) - (mutual * (n - 1) + own) / k,
        reciprocity=mutual,
    )


def standard_errors(c: Components, n: int) -> Components:
    """Standard errors of the five components for one group of n, all effects normal (Lashley and Bond 1997, appendix)."""
    w = (n**2 - 3 * n + 6) * (n**2 - 3 * n + 4)
    own, mutual, cross = c.relationship**2, c.reciprocity**2, c.relationship * c.reciprocity
    scale = w * (n + 1) * n**2 * (n - 2) ** 2
    crossed = 4 * (n**5 - 5 * n**4 + 20 * n**3 - 42 * n**2 + 60 * n - 32) * cross
    of_own = 2 * (n**6 - 7 * n**5 + 28 * n**4 - 66 * n**3 + 102 * n**2 - 84 * n + 32) * own
    of_mutual = 2 * (n**3 - n**2 - 2 * n + 16) * (n**2 - 2 * n + 2) * mutual

    def main(v: float) -> float:
        noise = 4 * v * ((n - 1) * c.relationship + c.reciprocity) / ((n + 1) * n * (n - 2))
        return float(np.sqrt(2 * v**2 / (n + 1) + (of_own + of_mutual + crossed) / scale + noise))

    covariance = (
        (n - 3) * c.actor_partner**2 / ((n + 1) * (n - 2))
        + (n**6 - 5 * n**5 + 19 * n**4 - 45 * n**3 + 90 * n**2 - 96 * n + 64) * own / scale
        + (n**6 - 7 * n**5 + 31 * n**4 - 83 * n**3 + 150 * n**2 - 144 * n + 64) * mutual / scale
        + (n - 1) * c.actor * c.partner / ((n + 1) * (n - 2))
        + (n - 1) * (c.actor + c.partner) * ((n - 1) * c.relationship + c.reciprocity) / ((n + 1) * n * (n - 2) ** 2)
        + 2 * (n - 3) * c.actor_partner * (c.relationship + (n - 1) * c.reciprocity) / ((n + 1) * n * (n - 2) ** 2)
        + crossed / scale
    )
    pair = float(np.sqrt((2 * (n**2 - 3 * n + 5) * (own + mutual) + 4 * cross) / w))
    return Components(main(c.actor), main(c.partner), pair, float(np.sqrt(covariance)), pair)
