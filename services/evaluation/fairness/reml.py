"""Two crossed random effects (rater, ratee), by restricted maximum likelihood: lme4's `score ~ 1 + (1 | rater) + (1 | ratee)`.

Source: Bates, Maechler, Bolker and Walker (2015), "Fitting linear mixed-effects models using lme4", J. Stat. Softw. 67(1), equations 33
to 42. With theta_f = sd_f / sd_residual for each factor f and L L' = Theta Z'Z Theta + I, the profiled criterion is

    REML(theta) = log|L|^2 + log R_X^2 + (n - 1) (1 + log(2 pi r^2 / (n - 1))),   R_X^2 = 1'V^-1 1,   r^2 = y'V^-1 y - (1'V^-1 y)^2 / R_X^2.

The larger factor's block of L is diagonal, so it is eliminated; what is left of the smaller is S = I + Theta (Z2'Z2 - Z2'Z1 W Z1'Z2) Theta,
W = theta_1^2 / (1 + theta_1^2 n_1), dense, one block per connected part of the design (`designs.py`): a county is 600 small blocks.
An optional third factor that is constant within each part (the branch) is one more column of each block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from services.evaluation.fairness.designs import Design, Part, build

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LOWEST_LOG_THETA = -9.0  # theta = 1.2e-4: a variance of 1.5e-8 of the residual's is none
STEP = 2e-4


@dataclass(frozen=True, slots=True)
class Effects:
    """BLUPs of one factor in points, and their conditional sd (theta and intercept taken as known), by the factor's codes."""

    blup: Floats
    sd: Floats


@dataclass(frozen=True, slots=True)
class Fit:
    """The fitted model: variances in squared points by factor (rater, ratee, block, residual), lme4's REMLcrit, the intercept."""

    variances: dict[str, float]
    reml: float
    intercept: float
    intercept_se: float
    effects: dict[str, Effects]


@dataclass(frozen=True, slots=True)
class _Solved:
    """Sums over the parts at one theta: log|L|^2 and the products 1'V^-1 1, 1'V^-1 y, y'V^-1 y."""

    log_det: float
    ones: float
    cross: float
    squares: float


def _cholesky(matrices: Floats) -> Floats:
    """Lower factors of a stack; a single large matrix goes to LAPACK in place."""
    if len(matrices) > 1:
        return np.asarray(np.linalg.cholesky(matrices), dtype=np.float64)
    return np.asarray(linalg.cholesky(matrices[0].T, lower=True, overwrite_a=True, check_finite=False))[None]


def _forward(factor: Floats, right: Floats) -> Floats:
    """L^-1 right, for a stack."""
    if len(factor) > 1:
        return np.asarray(np.linalg.solve(factor, right))
    return np.asarray(linalg.solve_triangular(factor[0], right[0], lower=True, check_finite=False))[None]


def _eliminated(part: Part, theta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return W (parts x larger), the scales of the small columns, S's Cholesky factor, and L^-1 Theta Z'[1, y] of the small side."""
    weight = theta[0] ** 2 / (1 + theta[0] ** 2 * part.counts)
    scale = part.scales(theta)
    inner = part.gram - part.reduced(weight)
    inner *= scale[:, :, None]
    inner *= scale[:, None, :]
    inner[:, np.arange(inner.shape[1]), np.arange(inner.shape[1])] += 1.0
    factor = _cholesky(inner)
    right = (part.small_sums - part.small_of_large(weight[:, :, None] * part.large_sums)) * scale[:, :, None]
    return weight, scale, factor, _forward(factor, right)


def _solve(design: Design, theta: Floats) -> _Solved:
    log_det = ones = cross = squares = 0.0
    for part in design.parts:
        weight, _, factor, half = _eliminated(part, theta)
        log_det += float(np.log1p(theta[0] ** 2 * part.counts).sum() + 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum())
        large = np.einsum("ki,kia,kib->ab", weight, part.large_sums, part.large_sums) + np.einsum("kja,kjb->ab", half, half)
        ones, cross, squares = ones + large[0, 0], cross + large[0, 1], squares + large[1, 1]
    return _Solved(log_det, design.n - ones, design.sum - cross, design.squares - squares)


def _criterion(design: Design, log_theta: Floats) -> float:
    s = _solve(design, np.exp(log_theta))
    free = design.n - 1
    return float(s.log_det + np.log(s.ones) + free * (1 + np.log(2 * np.pi * (s.squares - s.cross**2 / s.ones) / free)))


def _polished(design: Design, at: Floats) -> Floats:
    """Newton's method in log theta by central differences on the axes that are not at their bound; stops at steps below 1e-8."""
    free = np.flatnonzero(at > LOWEST_LOG_THETA + 0.5)
    for _ in range(8):
        here = _criterion(design, at)
        k = len(free)
        axes = np.zeros((k, len(at)))
        axes[np.arange(k), free] = STEP
        up = np.array([_criterion(design, at + a) for a in axes])
        down = np.array([_criterion(design, at - a) for a in axes])
        gradient, hessian = (up - down) / (2 * STEP), np.diag((up - 2 * here + down) / STEP**2)
        for i in range(k):
            for j in range(i):
                corner = _criterion(design, at + axes[i] + axes[j])
                hessian[i, j] = hessian[j, i] = (corner - up[i] - up[j] + here) / STEP**2
        if k == 0 or np.linalg.eigvalsh(hessian)[0] <= 0:
            return at
        step = np.linalg.solve(hessian, gradient)
        at = at.copy()
        at[free] -= np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-8:  # noqa: PLR2004
            break
    return at


def fit(rater: Integers, ratee: Integers, score: Floats, block: Integers | None = None) -> Fit:
    """Fit the crossed model to scores given as three columns of equal length; codes are 0 ... k-1, all of them in use.

    Several scores of one pair, any gaps and any number of separate parts are allowed. `block` must be constant within each part that
    rater and ratee connect. Raises ValueError for fewer than 3 scores, scores that do not vary, or a block that is not constant.
    """
    design = build(rater, ratee, score, block)
    bounds = [(LOWEST_LOG_THETA, 7.0)] * design.factors
    rough = optimize.minimize(
        lambda p: _criterion(design, p),
        np.full(design.factors, -0.5),
        method="L-BFGS-B",
        bounds=bounds,
        options={"eps": 1e-5, "ftol": 1e-10},
    )
    theta = np.exp(_polished(design, rough.x))
    theta[np.log(theta) < LOWEST_LOG_THETA + 0.5] = 0.0
    solved = _solve(design, theta)
    intercept = solved.cross / solved.ones
    residual = (solved.squares - solved.cross * intercept) / (design.n - 1)
    with np.errstate(divide="ignore"):
        criterion = _criterion(design, np.log(theta))
    names = design.names
    return Fit(
        {names[f]: float(residual * theta[f] ** 2) for f in range(design.factors)} | {"residual": float(residual)},
        criterion,
        float(design.centre + intercept),
        float(np.sqrt(residual / solved.ones)),
        _effects(design, theta, intercept, residual),
    )


def _effects(design: Design, theta: Floats, intercept: float, residual: float) -> dict[str, Effects]:
    """Posterior mode and spread: b = Theta L'^-1 L^-1 Theta Z'(y - m), var(b) = s^2 Theta (L L')^-1 Theta, back through the elimination."""
    sizes = design.levels
    blups, spreads = [np.zeros(k) for k in sizes], [np.zeros(k) for k in sizes]
    for part in design.parts:
        weight, scale, factor, half = _eliminated(part, theta)
        inverse = np.linalg.inv(factor)
        small = scale * np.einsum("kji,kj->ki", inverse, half[:, :, 1] - intercept * half[:, :, 0])
        spread = scale * np.sqrt((inverse**2).sum(axis=1))
        centred = part.large_sums[:, :, 1] - intercept * part.large_sums[:, :, 0]
        large = weight * (centred - part.large_of_small(small[:, :, None])[:, :, 0])
        carried = part.carried(inverse * scale[:, None, :])
        for factor_index, value, sd in ((0, large, np.sqrt(weight + weight**2 * carried)), (1, small, spread)):
            for f, codes, places in part.levels(factor_index):
                blups[f][codes], spreads[f][codes] = value[places], sd[places]
    root = float(np.sqrt(residual))
    return {design.names[f]: Effects(blups[f], spreads[f] * root) for f in range(design.factors)}
