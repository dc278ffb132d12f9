"""D2 pushed over a star line: the landing test.

For each member peers imply a score; with the county's residuals around it the final score lands just above a line, [line, line + 0.75),
with probability p, just below, [line - 3, line), with probability u. If eight in ten of those below are pushed over, a landing is
(p + 0.8 u) / p times as likely and a score left below 0.2 times. The branch's statistic is the sum of the logarithms (Neyman and
Pearson 1933); its null distribution is that of independent three-valued variables, its tail by the saddlepoint formula of Lugannani and
Rice (1980; Daniels 1987), then the county's own middle. A line that everybody lands on (round numbers) raises p for all branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from services.evaluation.fairness import nulls

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
ABOVE, BELOW, PUSHED = 0.75, 3.0, 0.8
LEAST, FLOOR = 5, 2.0
SMALLEST = 1e-4


@dataclass(frozen=True, slots=True)
class Landings:
    """Per branch: landings, expected landings, results within 3 points of a line, standard score, whether testable."""

    landed: Floats
    expected: Floats
    near: Integers
    z: Floats
    testable: Booleans


def landings(final: Floats, predicted: Floats, residuals: Floats, lines: Sequence[float] | Floats) -> Landings:
    """Test each branch: final and predicted scores (b x n, NaN = none), the county's residuals (any order), the lines.

    `lines`: those of all branches, or a row for each (b x lines).
    """
    ok = np.isfinite(final) & np.isfinite(predicted)
    f, expected = np.where(ok, final, -1e6), np.where(ok, predicted, -1e6)
    grid = np.quantile(residuals, np.linspace(0, 1, 401)) if len(residuals) else np.linspace(-1, 1, 401)
    grid = grid + np.arange(401) * 1e-9
    level = np.linspace(0, 1, 401)
    chances, landed, below = [], [], []
    each = np.broadcast_to(np.asarray(lines, dtype=float), (len(final), np.shape(lines)[-1])).T[:, :, None]
    for line in each:
        at, under, over = (np.interp(line + d - expected, grid, level) for d in (0.0, -BELOW, ABOVE))
        landed.append(ok & (f >= line) & (f < line + ABOVE))
        below.append(ok & (f >= line - BELOW) & (f < line))
        chance = np.where(ok, over - at, 0.0)
        chances.append((np.minimum(chance * _heaping(landed[-1], chance), 0.9), np.where(ok, at - under, 0.0)))
    near = np.sum([ok & (np.abs(f - line) <= BELOW) for line in each], axis=0).astype(bool).sum(axis=1)
    statistic, terms = _statistic(chances, landed, below)
    z = _normal_score(statistic, terms)
    count = np.sum(landed, axis=0).sum(axis=1).astype(float)
    return Landings(count, np.sum([c[0] for c in chances], axis=0).sum(axis=1), near, z, near >= LEAST)


def _heaping(landed: Booleans, chance: Floats) -> float:
    """How many times as often as expected honest branches land on this line: the county's ratio without its top tenth, at least 1."""
    excess = landed.sum(axis=1) - chance.sum(axis=1)
    usual = excess <= np.quantile(excess, 0.9) if len(excess) else np.zeros(0, dtype=bool)
    return float(max(1.0, landed[usual].sum() / max(float(chance[usual].sum()), 1e-9))) if usual.any() else 1.0


def _statistic(
    chances: list[tuple[Floats, Floats]], landed: list[Booleans], below: list[Booleans]
) -> tuple[Floats, list[tuple[Floats, Floats]]]:
    """The observed log likelihood ratio per branch, and per member the (chance, value) of each of its outcomes."""
    total = np.zeros(len(landed[0]))
    terms: list[tuple[Floats, Floats]] = []
    for (land, under), over_line, under_line in zip(chances, landed, below, strict=True):
        gain = np.where(land > SMALLEST, np.log1p(PUSHED * under / np.maximum(land, SMALLEST)), 0.0)
        loss = np.where(under > SMALLEST, np.log(1 - PUSHED), 0.0)
        total += np.where(over_line, gain, 0.0).sum(axis=1) + np.where(under_line, loss, 0.0).sum(axis=1)
        terms += [(land, gain), (under, loss)]
    return total, terms


def _normal_score(statistic: Floats, terms: list[tuple[Floats, Floats]]) -> Floats:
    """Lugannani-Rice as a normal score (Barndorff-Nielsen's r*): w + log(v / w) / w.

    w = sign(t) sqrt(2 (t x - K(t))), v = t sqrt(K''(t)).
    """
    t = np.zeros(len(statistic))
    for _ in range(60):
        _, slope, curve = _cumulant(t, terms)
        t = np.clip(t + np.clip((statistic - slope) / np.maximum(curve, 1e-9), -0.5, 0.5), -8, 8)
    k, _, curve = _cumulant(t, terms)
    _, mean, variance = _cumulant(np.zeros_like(t), terms)
    plain = (statistic - mean) / np.sqrt(np.maximum(variance, 1e-9))
    w = np.sign(t) * np.sqrt(np.maximum(2 * (t * statistic - k), 0.0))
    v = t * np.sqrt(np.maximum(curve, 1e-9))
    with np.errstate(divide="ignore", invalid="ignore"):
        adjusted = w + np.log(v / w) / w
    return np.where((np.abs(w) > 0.05) & np.isfinite(adjusted), adjusted, plain)  # noqa: PLR2004 - near the mean the formula is 0/0


def _cumulant(t: Floats, terms: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats, Floats]:
    """K, K' and K'' of the statistic at t (b)."""
    moment = [np.ones_like(terms[0][0]), np.zeros_like(terms[0][0]), np.zeros_like(terms[0][0])]
    for chance, value in terms:
        tilted = chance * np.exp(t[:, None] * value)
        moment[0] = moment[0] + tilted - chance
        moment[1] = moment[1] + tilted * value
        moment[2] = moment[2] + tilted * value**2
    m0 = np.maximum(moment[0], 1e-12)
    mean = moment[1] / m0
    return np.log(m0).sum(axis=1), mean.sum(axis=1), (moment[2] / m0 - mean**2).sum(axis=1)


def landing_q(z: Floats) -> Floats:
    """Adjusted p over the testable branches."""
    if not len(z):
        return z
    return nulls.adjusted(special.ndtr(-nulls.empirical(z, floor=1.0).z(z)))
