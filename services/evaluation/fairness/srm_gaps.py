"""The Social Relations Model of round robins with gaps, by (restricted) maximum likelihood.

Source: Nestler (2016), "Restricted maximum likelihood estimation for social relations models", Psychometrika 81, 1098-1117; oracle: R's
srm (maximum likelihood). Model as in `srm.py`; V = Z G Z' + R, where G has a 2 x 2 block [s_a, s_ab; s_ab, s_b] per person and R a
2 x 2 block s_g [1, r; r, 1] per pair (1 where only one direction was scored). R is inverted by hand, V by Woodbury's identity:
|V| = |R| |G| |G^-1 + Z'R^-1 Z|, so that each step costs (2n)^3 for n people, whatever the number of scores. s_g is profiled out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from services.evaluation.fairness.srm import Components

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Group:
    """What the likelihood needs of one round robin: cross products of [Z, 1, y] over single scores, pairs, and across pairs."""

    people: int
    singles: Floats
    doubles: Floats
    across: Floats
    n_single: int
    n_pair: int


@dataclass(frozen=True, slots=True)
class GapsFit:
    """The fit: components in squared points, the mean, minus twice the (restricted) log likelihood, actor and partner BLUPs per group."""

    components: Components
    mean: float
    deviance: float
    actor: tuple[Floats, ...]
    partner: tuple[Floats, ...]


def _crossed(scores: Floats) -> _Group:
    n = len(scores)
    seen = ~np.isnan(scores)
    np.fill_diagonal(seen, val=False)
    rater, ratee = np.nonzero(seen)
    design = np.zeros((len(rater), 2 * n + 2))
    rows = np.arange(len(rater))
    design[rows, rater], design[rows, n + ratee], design[:, 2 * n], design[:, 2 * n + 1] = 1.0, 1.0, 1.0, scores[rater, ratee]
    both = seen[ratee, rater]
    place = np.zeros((n, n), dtype=np.intp)
    place[rater, ratee] = rows
    mirror = place[ratee, rater]
    doubles = design[both]
    return _Group(
        n, design[~both].T @ design[~both], doubles.T @ doubles, doubles.T @ design[mirror[both]], int((~both).sum()), int(both.sum()) // 2
    )


def _solve(group: _Group, g: Floats, r: float) -> tuple[Floats, Floats, float]:
    """Return X'V^-1 X for X = [1, y], the solved random effects of [1, y] and log|V|, all for s_g = 1."""
    n = group.people
    whole = group.singles + (group.doubles - r * group.across) / (1 - r * r)
    inner = whole[: 2 * n, : 2 * n] + np.kron(np.linalg.inv(g), np.eye(n))
    factor = linalg.cholesky(inner, lower=True)
    half = linalg.solve_triangular(factor, whole[: 2 * n, 2 * n :], lower=True)
    effects = linalg.solve_triangular(factor, half, lower=True, trans=1)
    log_det = group.n_pair * np.log(1 - r * r) + n * np.log(np.linalg.det(g)) + 2 * np.log(np.diag(factor)).sum()
    return whole[2 * n :, 2 * n :] - half.T @ half, effects, float(log_det)


def _unpacked(p: Floats) -> tuple[Floats, float]:
    """G = L L' with log diagonal, r = tanh: every p is a valid model."""
    low = np.array([[np.exp(p[0]), 0.0], [p[1], np.exp(p[2])]])
    return low @ low.T + 1e-12 * np.eye(2), float(np.tanh(p[3]))


def _profiled(p: Floats, groups: Sequence[_Group], *, restricted: bool) -> tuple[float, float, float]:
    """Return the deviance with mean and s_g profiled out, the mean, and s_g."""
    g, r = _unpacked(p)
    solved = [_solve(group, g, r) for group in groups]
    products = np.sum([s[0] for s in solved], axis=0)
    n_scores = sum(q.n_single + 2 * q.n_pair for q in groups)
    mean = products[0, 1] / products[0, 0]
    free = n_scores - 1 if restricted else n_scores
    own = (products[1, 1] - mean * products[0, 1]) / free
    deviance = free * (1 + np.log(2 * np.pi * own)) + sum(s[2] for s in solved)
    return float(deviance + (np.log(products[0, 0]) if restricted else 0.0)), float(mean), float(own)


def fit(scores: Sequence[Floats], *, restricted: bool = True) -> GapsFit:
    """Fit one model to one or more round robins (n x n each, NaN = not scored, diagonal ignored).

    `restricted=False` is plain maximum likelihood, as R's srm. Raises ValueError where there is nothing to estimate from.
    """
    groups = [_crossed(np.asarray(s, dtype=float)) for s in scores]
    if sum(q.n_pair for q in groups) < 2:  # noqa: PLR2004 - two pairs are the least that tell reciprocity from chance
        raise ValueError("too few people scored each other to fit the model")
    start = np.array([-0.7, 0.0, -0.7, 0.0])
    found = optimize.minimize(lambda p: _profiled(p, groups, restricted=restricted)[0], start, method="BFGS", options={"gtol": 1e-5})
    refined = optimize.minimize(
        lambda p: _profiled(p, groups, restricted=restricted)[0],
        found.x,
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2000},
    )
    deviance, mean, own = _profiled(refined.x, groups, restricted=restricted)
    g, r = _unpacked(refined.x)
    effects = [_solve(group, g, r)[1] for group in groups]
    blups = [e[:, 1] - mean * e[:, 0] for e in effects]
    components = Components(own * g[0, 0], own * g[1, 1], own, own * g[0, 1], own * r)
    return GapsFit(
        components,
        mean,
        deviance,
        tuple(b[: q.people] for b, q in zip(blups, groups, strict=True)),
        tuple(b[q.people :] for b, q in zip(blups, groups, strict=True)),
    )
