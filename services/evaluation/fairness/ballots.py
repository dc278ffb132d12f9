"""B1 straight-line ballots and B2 copied ballots.

B1 is a count, not a test: the share of a rater's scores that have one value >= 80 %, or a standard deviation < 1. Two kinds are shown
apart (a note): a ballot of 100s alone, since a ceiling is often innocent, and a ballot whose other scores are a point apart or more and go
with what the rest gave the same people (t of the correlation, one-sided 5 %): who writes only tens and means them tells people apart, and
stays in the fit. B2: correlation of two raters' residuals over the people both scored, Fisher's z
(Fisher 1921) against the county's own spread, and the ballots really agree: >= 50 % of the scores within 1 point, or r >= 0.95.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from services.evaluation.fairness import nulls
from services.evaluation.fairness.county import HalfYear
from services.evaluation.fairness.leads import Lead, Tested

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
LEAST = 10
STRAIGHT_SHARE, STRAIGHT_SD = 0.80, 1.0
CLIP = 15.0
CLOSE, SAME = 0.50, 0.95
FULL = 100.0
IN_DOUBT = 0.05


@dataclass(frozen=True, slots=True)
class Straight:
    """B1 of one stack (all b x n): who is straight; who looks so but is `telling` people apart; modal share; 100 alone; scores given."""

    straight: Booleans
    telling: Booleans
    share: Floats
    ceiling: Booleans
    given: NDArray[np.int64]


def straight(scores: Floats) -> Straight:
    """Find the straight ballots of a stack: scores (b x rater x ratee)."""
    seen = np.isfinite(scores)
    given = seen.sum(axis=2)
    ordered = np.sort(scores, axis=2)
    size = scores.shape[2]
    new = np.ones_like(seen)
    new[:, :, 1:] = ordered[:, :, 1:] != ordered[:, :, :-1]
    start = np.maximum.accumulate(np.where(new, np.arange(size), 0), axis=2)
    run = np.where(np.isfinite(ordered), np.arange(size) - start + 1, 0)
    longest = run.argmax(axis=2)
    share = np.take_along_axis(run, longest[:, :, None], axis=2)[:, :, 0] / np.maximum(given, 1)
    mode = np.take_along_axis(ordered, longest[:, :, None], axis=2)[:, :, 0]
    filled = np.where(seen, scores, 0.0)
    mean = filled.sum(axis=2) / np.maximum(given, 1)
    spread = np.sqrt((np.where(seen, scores - mean[:, :, None], 0.0) ** 2).sum(axis=2) / np.maximum(given - 1, 1))
    looks = (given >= LEAST) & ((share >= STRAIGHT_SHARE) | (spread < STRAIGHT_SD))
    telling = looks & (spread >= STRAIGHT_SD) & (mode != FULL)
    telling[telling] = _goes_with_others(scores, *np.nonzero(telling))
    return Straight(looks & ~telling, telling, share, looks & (mode == FULL), given)


def _goes_with_others(scores: Floats, branch: NDArray[np.intp], rater: NDArray[np.intp]) -> Booleans:
    """Whether these raters' scores rise with the mean of the others' for the same people: t = r sqrt((n - 2) / (1 - r^2)), one-sided."""
    seen = np.isfinite(scores)
    filled = np.where(seen, scores, 0.0)
    own, mine = filled[branch, rater], seen[branch, rater]
    got = seen.sum(axis=1)[branch] - mine
    both = mine & (got > 0)
    n = np.maximum(both.sum(axis=1), 1)
    others = (filled.sum(axis=1)[branch] - own) / np.maximum(got, 1)
    x, y = (np.where(both, v - (np.where(both, v, 0.0).sum(axis=1) / n)[:, None], 0.0) for v in (own, others))
    xx, yy, xy = (x * x).sum(axis=1), (y * y).sum(axis=1), (x * y).sum(axis=1)
    r = xy / np.sqrt(np.maximum(xx * yy, 1e-12))
    freedom = np.maximum(n - 2, 1)
    t = r * np.sqrt(freedom / np.maximum(1 - r * r, 1e-12))
    return np.asarray(special.stdtr(freedom, -t) < IN_DOUBT)


def straight_leads(half_year: HalfYear, found: Straight) -> list[Lead]:
    """A fact for each straight ballot, a note where it is all 100 or tells people apart all the same."""
    leads = []
    for b, i in zip(*np.nonzero(found.straight | found.telling), strict=True):
        level = "note" if found.ceiling[b, i] or found.telling[b, i] else "look"
        member, branch = int(half_year.stack.member[b, i]), int(half_year.stack.branch[b])
        share, given = 100 * float(found.share[b, i]), int(found.given[b, i])
        leads.append(Lead("B1", level, half_year.period, branch, member, share, 0.0, given))
    return leads


@dataclass(frozen=True, slots=True)
class Pairs:
    """The testable pairs of one stack: row, first and second column, correlation's z, common people, share within a point, r."""

    row: NDArray[np.intp]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    z: Floats
    common: NDArray[np.int64]
    r: Floats


def pairs(scores: Floats, expected: Floats) -> Pairs:
    """Correlate all raters of a stack, two by two, on scores - expected (b x rater x ratee), NaN where not scored or out.

    Residuals are clipped at 15 points, else one shared outlier makes a copy; scores of 100 are passed over, since two who are
    generous meet there.
    """
    mask = (scores < FULL).astype(np.float32)
    x = np.clip(np.where(mask > 0, scores - expected, 0.0), -CLIP, CLIP).astype(np.float32)
    turned = np.swapaxes(mask, 1, 2)
    common = mask @ turned
    n = np.maximum(common, 1)
    first = x @ turned
    squares = (x * x) @ turned
    covariance = x @ np.swapaxes(x, 1, 2) - first * np.swapaxes(first, 1, 2) / n
    variance = np.maximum(squares - first * first / n, 1e-6)
    r = covariance / np.sqrt(variance * np.swapaxes(variance, 1, 2))
    above = np.triu(np.ones(common.shape[1:], dtype=bool), 1)
    row, i, k = np.nonzero((common >= LEAST) & above)
    found, shared = r[row, i, k].astype(float), common[row, i, k].astype(np.int64)
    return Pairs(row, i, k, np.arctanh(np.clip(found, -0.999999, 0.999999)) * np.sqrt(shared - 3), shared, found)


def copied(stacks: list[HalfYear], found: list[Pairs]) -> Tested:
    """Test all pairs of a county and half-year together."""
    z = np.concatenate([p.z for p in found])
    null = nulls.empirical(z, floor=1.0)
    q = nulls.adjusted(nulls.upper(null.z(z)))
    share, position = np.zeros(len(z)), 0
    branch, first, second = np.zeros((3, len(z)), dtype=np.int64)
    for half_year, p in zip(stacks, found, strict=True):
        here = slice(position, position + len(p.z))
        position += len(p.z)
        member = half_year.stack.member
        branch[here], first[here], second[here] = half_year.stack.branch[p.row], member[p.row, p.first], member[p.row, p.second]
        for k in np.flatnonzero(q[here] <= nulls.Q):
            one, other = half_year.scores[p.row[k], p.first[k]], half_year.scores[p.row[k], p.second[k]]
            telling = np.isfinite(one) & np.isfinite(other) & (np.minimum(one, other) < FULL)
            share[here.start + k] = 100 * (np.abs(one - other)[telling] <= 1).mean()
    r, common = np.concatenate([p.r for p in found]), np.concatenate([p.common for p in found])
    return Tested(branch, first, share, q, common, (share >= 100 * CLOSE) | (r >= SAME), second)
