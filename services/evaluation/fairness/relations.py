"""The leads of C1 and C2: relations between members, from all half-years together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.evaluation.fairness import favour, nulls
from services.evaluation.fairness.additive import Fit
from services.evaluation.fairness.county import HalfYear, Stack
from services.evaluation.fairness.leads import Lead, Tested

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Reading = tuple[HalfYear, Fit, Booleans]


def relation_leads(half_years: list[list[Reading]]) -> list[Lead]:
    """C1 and C2 of a county: one list of stacks (in the same order) for each half-year."""
    if not half_years or not half_years[0]:
        return []
    period = half_years[-1][0][0].period
    by_stack = list(zip(*half_years, strict=True))
    stacks = [readings[0][0].stack for readings in by_stack]
    z = [[_mutual_z(*reading) for reading in readings] for readings in by_stack]
    noise = [[fit.noise for _, fit, _ in readings] for readings in by_stack]
    groups = _groups(period, stacks, z, noise)
    inside = {(a, b) for lead in groups if lead.level != "note" for a in lead.members for b in lead.members}
    return groups + _pairs(period, stacks, z, noise, inside)


def _mutual_z(half_year: HalfYear, fit: Fit, honest: Booleans) -> Floats:
    z = favour.uncensored(half_year.scores, fit.expected, fit.noise)
    return np.where(honest[:, :, None], z, np.nan)


def _groups(period: int, stacks: list[Stack], z: list[list[Floats]], noise: list[list[Floats]]) -> list[Lead]:
    sizes = [s.here.sum(axis=1) for s in stacks]
    where = [n >= favour.LEAST_MEMBERS for n in sizes]
    branch = np.concatenate([s.branch[w] for s, w in zip(stacks, where, strict=True)])
    if not len(branch):
        return []
    best = [
        favour.best_over_time([favour.gains(x[w], sd[w]) for x, sd in zip(xs, sds, strict=True)], n[w])
        for xs, sds, n, w in zip(z, noise, sizes, where, strict=True)
    ]
    q = nulls.adjusted(nulls.gumbel(np.concatenate([b.value for b in best])))
    chosen = np.concatenate([b.members for b in best])
    places = [(s, r) for s, w in enumerate(where) for r in np.flatnonzero(w)]
    effect, who = np.zeros(len(branch)), {}
    for k in np.flatnonzero(q <= nulls.Q):
        s, r = places[k]
        columns = chosen[k][chosen[k] >= 0]
        square = np.ix_(columns, columns)
        points = np.stack([x[r][square] * sd[r][columns][:, None] for x, sd in zip(z[s], noise[s], strict=True)])
        effect[k] = float(np.nanmean(points)) if np.isfinite(points).any() else 0.0
        who[int(k)] = tuple(int(m) for m in stacks[s].member[r][columns])
    sample = np.concatenate([n[w] for n, w in zip(sizes, where, strict=True)])
    return Tested(branch, branch, effect, q, sample, effect > 0, members=who).leads("C1", period)


def _pairs(period: int, stacks: list[Stack], z: list[list[Floats]], noise: list[list[Floats]], inside: set[tuple[int, int]]) -> list[Lead]:
    columns: list[list[NDArray]] = []  # type: ignore[type-arg]
    for stack, xs, sds in zip(stacks, z, noise, strict=True):
        mutual = [np.isfinite(x) & np.isfinite(np.swapaxes(x, 1, 2)) for x in xs]
        times = np.sum(mutual, axis=0)
        value = favour.pair_values(xs)
        mirror = favour.pair_values([-x for x in xs])
        points = sum(np.where(m, x * sd[:, :, None], 0.0) for m, x, sd in zip(mutual, xs, sds, strict=True)) / np.maximum(times, 1)
        b, i, k = np.nonzero((times > 0) & np.triu(np.ones(times.shape[1:], dtype=bool), 1))
        columns.append(
            [
                stack.branch[b],
                stack.member[b, i],
                stack.member[b, k],
                times[b, i, k],
                value[b, i, k],
                mirror[b, i, k],
                points[b, i, k],
                points[b, k, i],
            ]
        )
    branch, first, second, times, value, mirror, e1, e2 = (np.concatenate([c[n] for c in columns]) for n in range(8))
    free = np.array([(a, b) not in inside for a, b in zip(first, second, strict=True)]) if inside else np.ones(len(branch), dtype=bool)
    leads: list[Lead] = []
    for repeated in (True, False):
        mine = free & (times >= 2 if repeated else times == 1)  # noqa: PLR2004
        up = mine & (np.minimum(e1, e2) >= favour.PAIR_FLOOR)
        down = mine & (np.minimum(-e1, -e2) >= favour.PAIR_FLOOR)
        q = favour.mirrored_q(value[up], mirror[down])
        low = np.minimum(first[up], second[up])
        tested = Tested(
            branch[up], low, np.minimum(e1, e2)[up], q, times[up], np.full(up.sum(), repeated), np.maximum(first[up], second[up])
        )
        leads += tested.leads("C2", period)
    return leads
