"""The order of the whole: dense arrays; straight ballots out; additive fit; copies; raters; copies out; groups; blocs; favour; committee.

Each half-year is tested by itself, with Benjamini and Hochberg's q = 0.05 per indicator over the county; C1 and C2 take all half-years
together. One act shows once: what an earlier step has found is taken out, or taken off, before a later one looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.fairness import additive, ballots, blocs, committee, facts, groups, landings, raters
from services.evaluation.fairness.county import County, HalfYear, assemble
from services.evaluation.fairness.leads import Lead, Tested, with_formal
from services.evaluation.fairness.nulls import Q
from services.evaluation.fairness.relations import relation_leads
from services.evaluation.fairness.tables import Tables

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
LINES = (60.0, 70.0, 90.0)


@dataclass(frozen=True, slots=True)
class Read:
    """One stack of one half-year after the fit. `honest` (b x n): raters whose ballots are neither straight nor copied."""

    half_year: HalfYear
    fit: additive.Fit
    straight: ballots.Straight
    honest: Booleans

    @property
    def z(self) -> Floats:
        """Standardised residuals of honest raters (b x rater x ratee, NaN elsewhere), corrected for what the fit took from them."""
        seen = np.isfinite(self.half_year.scores)
        freed = np.sqrt((1 - 1 / np.maximum(seen.sum(axis=2), 2))[:, :, None] * (1 - 1 / np.maximum(seen.sum(axis=1), 2))[:, None, :])
        z = (self.half_year.scores - self.fit.expected) / (self.fit.noise[:, :, None] * freed)
        return np.where(self.honest[:, :, None], z, np.nan)


@dataclass(frozen=True, slots=True)
class Examination:
    """The county and its leads, by positions in the county's id lists."""

    county: County
    leads: tuple[Lead, ...]


def examine(tables: Tables, lines: Sequence[float] = LINES, lines_of: Floats | None = None) -> Examination:
    """Examine a county. The same rows in any order give the same leads; so do other ids, up to their names.

    `lines_of`: a row of lines for each branch in the order of their ids, where not all have the same.
    """
    county = assemble(tables)
    leads = [*facts.late(tables.branches, county), *facts.wrong_stars(tables.results, county, lines), *facts.irregular(county)]
    everything: list[list[Read]] = []
    for period in county.periods:
        reads, found = _ballots_and_raters(period, list(county.of(period)))
        leads += found
        found, adjusted = _peers_and_members(period, reads)
        leads += found
        leads += _committee(period, reads, np.asarray(lines, dtype=float) if lines_of is None else lines_of)
        everything.append(reads)
        del adjusted
    leads += relation_leads([[(r.half_year, r.fit, r.honest) for r in reads] for reads in everything])
    return Examination(county, tuple(with_formal(leads)))


def _pooled(stacks: list[HalfYear], where: list[Booleans]) -> tuple[Integers, Integers]:
    """Branch and member of each chosen place (b x n), stack after stack."""
    branch = [np.broadcast_to(h.stack.branch[:, None], w.shape)[w] for h, w in zip(stacks, where, strict=True)]
    member = [h.stack.member[w] for h, w in zip(stacks, where, strict=True)]
    return np.concatenate(branch), np.concatenate(member)


def _picked(values: list[NDArray], where: list[Booleans]) -> NDArray:  # type: ignore[type-arg]
    return np.concatenate([v[w] for v, w in zip(values, where, strict=True)])


def _ballots_and_raters(period: int, stacks: list[HalfYear]) -> tuple[list[Read], list[Lead]]:
    """B1 to B4."""
    straight = [ballots.straight(h.scores) for h in stacks]
    leads = [lead for h, s in zip(stacks, straight, strict=True) for lead in ballots.straight_leads(h, s)]
    scores = [np.where(s.straight[:, :, None], np.nan, h.scores) for h, s in zip(stacks, straight, strict=True)]
    fits = [additive.fit(y) for y in scores]
    tested = ballots.copied(stacks, [ballots.pairs(y, f.expected) for y, f in zip(scores, fits, strict=True)])
    leads += [lead for lead in tested.leads("B2", period) if lead.level != "note"]
    rated = [raters.rated(y, f) for y, f in zip(scores, fits, strict=True)]
    where = [r.given >= raters.LEAST for r in rated]
    branch, member = _pooled(stacks, where)
    level, given = _picked([r.level for r in rated], where), _picked([r.given for r in rated], where)
    q = raters.severe(level, _picked([r.error for r in rated], where))
    leads += Tested(branch, member, level, q, given, np.abs(level) >= raters.LEVEL_FLOOR).leads("B3", period)
    sd = _picked([r.sd for r in rated], where)
    q = raters.erratic(_picked([r.disorder for r in rated], where), _picked([r.lost_slope for r in rated], where))
    leads += Tested(branch, member, sd, q, given, sd >= raters.NOISE_FLOOR).leads("B4", period)
    copies = np.unique(
        [m for k in tested.chosen() for m in (tested.entity[k], (tested.entity2 if tested.entity2 is not None else tested.entity)[k])]
    )
    reads = [
        Read(h, f, s, ~s.straight & ~np.isin(h.stack.member, copies) & h.stack.here) for h, f, s in zip(stacks, fits, straight, strict=True)
    ]
    return reads, leads


def _peers_and_members(period: int, reads: list[Read]) -> tuple[list[Lead], list[Floats]]:
    """C3, and B5 with what C3 found taken off."""
    z = [r.z for r in reads]
    gaps = [groups.gaps(x, r.half_year.stack.floating) for x, r in zip(z, reads, strict=True)]
    where = [g.testable for g in gaps]
    branch = _picked([r.half_year.stack.branch for r in reads], where)
    ratio, count = _picked([g.ratio for g in gaps], where), _picked([g.raters for g in gaps], where)
    q, _ = groups.spread_q(ratio, count)
    tested = Tested(branch, branch, ratio, q, count, ratio >= groups.RATIO_FLOOR)
    leads = tested.leads("C3", period)
    held = branch[tested.chosen()]
    for x, g, r in zip(z, gaps, reads, strict=True):
        taken = np.isin(r.half_year.stack.branch, held)
        x[taken] -= g.gap[taken][:, :, None] * r.half_year.stack.floating[taken][:, None, :]
    falls = [blocs.falls(x, r.fit.noise) for x, r in zip(z, reads, strict=True)]
    enough = [f.raters >= blocs.LEAST_RATERS for f in falls]
    stacks = [r.half_year for r in reads]
    branch, member = _pooled(stacks, enough)
    q = blocs.bloc_q(_picked([f.statistic for f in falls], enough), _picked([r.fit.merit for r in reads], enough))
    low = _picked([f.low.sum(axis=1) for f in falls], enough)
    who = {}
    places = [(s, b, j) for s, e in enumerate(enough) for b, j in zip(*np.nonzero(e), strict=True)]
    for k in np.flatnonzero(q <= Q):
        s, b, j = places[k]
        who[int(k)] = tuple(int(m) for m in stacks[s].stack.member[b][falls[s].low[b, :, j]])
    fall, count = _picked([f.fall for f in falls], enough), _picked([f.raters for f in falls], enough)
    leads += Tested(branch, member, fall, q, count, low >= blocs.LEAST_LOW, members=who).leads("B5", period)
    return leads, z


def _committee(period: int, reads: list[Read], lines: Floats) -> list[Lead]:
    """D1 to D4."""
    stacks = [r.half_year for r in reads]
    got = [np.isfinite(h.scores).sum(axis=1) for h in stacks]
    with np.errstate(invalid="ignore"):
        peers = [np.where(g > 0, np.nansum(h.scores, axis=1) / np.maximum(g, 1), np.nan) for h, g in zip(stacks, got, strict=True)]
    peers = [np.where(g >= committee.LEAST_SCORES, p, np.nan) for p, g in zip(peers, got, strict=True)]
    fair = [np.where(np.isfinite(p), r.fit.centre[:, None] + r.fit.merit, np.nan) for p, r in zip(peers, reads, strict=True)]
    known = committee.implied([h.final for h in stacks], peers, fair)
    effects = [
        committee.group_effects(x, (h.stack.floating, h.stack.committee), known.scale) for x, h in zip(known.residual, stacks, strict=True)
    ]
    leads: list[Lead] = []
    residual = [x.copy() for x in known.residual]
    for column, (name, sign) in enumerate((("D3", -1), ("D4", 1))):
        where = [e.testable[:, column] for e in effects]
        branch = _picked([h.stack.branch for h in stacks], where)
        effect = _picked([e.effect[:, column] for e in effects], where)
        q = committee.group_q(_picked([e.z[:, column] for e in effects], where), sign)
        members = _picked([e.members[:, column] for e in effects], where)
        tested = Tested(branch, branch, effect, q, members, sign * effect >= committee.GROUP_FLOOR)
        leads += tested.leads(name, period)
        held = branch[tested.chosen()]
        for x, h, e in zip(residual, stacks, effects, strict=True):
            group = h.stack.floating if column == 0 else h.stack.committee
            taken = np.isin(h.stack.branch, held)[:, None] & group
            np.subtract(x, np.where(taken, e.gap[:, column][:, None], 0.0), out=x)
    residual = [x - additive.middle(np.where(np.isfinite(x), x, 0.0), np.isfinite(x))[:, None] for x in residual]
    where = [np.isfinite(x) for x in residual]
    branch, member = _pooled(stacks, where)
    left, count = _picked(residual, where), _picked(got, where)
    scale = [np.broadcast_to(np.maximum(committee.own_scales(x, known.scale), known.scale)[:, None], x.shape) for x in residual]
    q = committee.override_q(left, _picked(scale, where))
    leads += Tested(branch, member, left, q, count, np.abs(left) >= committee.OVERRIDE_FLOOR).leads("D1", period)
    found = [landings.landings(h.final, h.final - x, left, _lines_at(h, lines)) for h, x in zip(stacks, residual, strict=True)]
    where = [f.testable for f in found]
    branch = _picked([h.stack.branch for h in stacks], where)
    extra = _picked([f.landed - f.expected for f in found], where)
    q = landings.landing_q(_picked([f.z for f in found], where))
    near = _picked([f.near for f in found], where)
    return leads + Tested(branch, branch, extra, q, near, extra >= landings.FLOOR).leads("D2", period)


def _lines_at(half_year: HalfYear, lines: Floats) -> Floats:
    """The lines of a stack's branches: those of all, or a row for each."""
    return lines if lines.ndim == 1 else lines[half_year.stack.branch]
