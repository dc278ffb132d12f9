"""D1 committee override, D3 committee against a group, D4 committee favours its own: results that peers don't explain.

How a final score comes from peers' scores is learned from the table: final - peer mean on peer mean and on (fair score - peer mean),
all about the branch's median, by Huber's regression over the county (Huber 1964). What is left over is compared with the county's own
scale by t30. D3 and D4 are two coefficients of one regression within each branch (floating, committee), residuals clipped at 3 scales, so
that one override isn't a group, and a group isn't an override: where D3 or D4 holds, its part is taken off before D1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from services.evaluation.fairness import additive, nulls

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
LEAST_SCORES, LEAST_GROUP = 5, 4
OVERRIDE_FLOOR, GROUP_FLOOR = 5.0, 2.0
CLIP = 3.0
FREEDOM = 30
SMALLEST_SCALE = 0.1


@dataclass(frozen=True, slots=True)
class Implied:
    """What peers imply: `residual` of the final score (b x n, NaN where unknown) by stack, its county scale, and the two slopes."""

    residual: list[Floats]
    scale: float
    slopes: Floats


def implied(final: list[Floats], peers: list[Floats], fair: list[Floats]) -> Implied:
    """Learn the rule from all stacks of a half-year; each array is b x n with NaN where unknown."""
    centred = []
    for f, p, s in zip(final, peers, fair, strict=True):
        ok = np.isfinite(f) & np.isfinite(p) & np.isfinite(s)
        parts = [np.where(ok, part, 0.0) for part in (f - p, p, s - p)]
        centred.append((ok, [np.where(ok, part - additive.middle(part, ok)[:, None], 0.0) for part in parts]))
    y, x1, x2 = (np.concatenate([parts[k][ok] for ok, parts in centred]) for k in range(3))
    slopes, scale = _huber(y, np.stack([x1, x2], axis=1))
    residual = []
    for ok, parts in centred:
        left = parts[0] - slopes[0] * parts[1] - slopes[1] * parts[2]
        residual.append(np.where(ok, left - additive.middle(left, ok)[:, None], np.nan))
    return Implied(residual, scale, slopes)


def _huber(y: Floats, x: Floats) -> tuple[Floats, float]:
    """Regression through the origin with Huber's weights (k = 1.5); the scale is 1.4826 times the median absolute residual."""
    if len(y) < 3:  # noqa: PLR2004
        return np.zeros(x.shape[1]), 1.0
    beta: Floats = np.zeros(x.shape[1])
    scale = 1.0
    ridge = 1e-6 * np.eye(x.shape[1])
    for _ in range(12):
        left = y - x @ beta
        scale = max(1.4826 * float(np.median(np.abs(left))), SMALLEST_SCALE)
        weight = np.minimum(1.0, 1.5 * scale / np.maximum(np.abs(left), 1e-12))
        beta = np.asarray(np.linalg.solve((x * weight[:, None]).T @ x + ridge, (x * weight[:, None]).T @ y), dtype=np.float64)
    return beta, scale


@dataclass(frozen=True, slots=True)
class GroupEffects:
    """Per branch of a stack and group (b x 2: floating, committee): effect in points, its standard score, members of the group, testable.

    `gap` is the group's median less the rest's, which is what is taken off where the effect holds; `effect` the smaller of three estimates.
    """

    effect: Floats
    gap: Floats
    z: Floats
    members: Integers
    testable: Booleans


def group_effects(residual: Floats, groups: tuple[Booleans, Booleans], scale: float) -> GroupEffects:
    """Regress each branch's residuals (clipped at 3 scales) on both groups at once; a group too small is left out of the regression."""
    ok = np.isfinite(residual)
    y = np.where(ok, np.clip(residual, -CLIP * scale, CLIP * scale), 0.0)
    count = ok.sum(axis=1)
    inside = [g & ok for g in groups]
    members = np.stack([g.sum(axis=1) for g in inside], axis=1)
    testable = (members >= LEAST_GROUP) & (count[:, None] - members >= LEAST_GROUP)
    x = np.stack([ok, inside[0] & testable[:, :1], inside[1] & testable[:, 1:]], axis=2).astype(float)
    full = np.where(ok, residual, 0.0)
    inverse = np.linalg.inv(np.einsum("bni,bnj->bij", x, x) + 1e-9 * np.eye(3))
    clipped, plain = (np.einsum("bij,bnj,bn->bi", inverse, x, v)[:, 1:] for v in (y, full))
    own = own_scales(residual, scale)
    error = own[:, None] * np.sqrt(np.maximum(inverse[:, (1, 2), (1, 2)], 1e-12))
    gap = np.stack([additive.middle(full, g) - additive.middle(full, ok & ~g) for g in inside], axis=1)
    three = np.stack([clipped, plain, gap])
    effect = np.take_along_axis(three, np.abs(three).argmin(axis=0)[None], axis=0)[0]
    return GroupEffects(np.where(testable, effect, 0.0), gap, np.where(testable, clipped / error, 0.0), members, testable)


def own_scales(residual: Floats, scale: float) -> Floats:
    """Each branch's own scale (1.4826 times the median absolute residual), drawn to the county's with the weight of 30 members; (b)."""
    ok = np.isfinite(residual)
    n = ok.sum(axis=1)
    own = 1.4826 * additive.middle(np.abs(np.where(ok, residual, 0.0)), ok)
    return np.asarray(np.sqrt((n * own**2 + 30 * scale**2) / (n + 30)))


def group_q(z: Floats, sign: int) -> Floats:
    """Adjusted p of one group's standard scores over the testable branches, one-sided: sign -1 against, +1 in favour."""
    if not len(z):
        return z
    return nulls.adjusted(nulls.upper(sign * nulls.empirical(z, floor=1.0).z(z)))


def override_q(residual: Floats, scale: Floats) -> Floats:
    """Adjusted p of D1: the residual in the scale of its branch, t with 30 degrees of freedom, two-sided."""
    return nulls.adjusted(2 * special.stdtr(FREEDOM, -np.abs(residual) / scale))
