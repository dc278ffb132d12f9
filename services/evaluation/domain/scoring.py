"""From scores to stars and flags (spec, sections 3 and 6). Everything is exact until the very end.

Scores are decimals with at most two places; means are exact fractions. A part that is missing is absent (None), never zero. A result
is rounded once, half up, to a whole point, and the star bands look at that; what is shown is rounded half up to two places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from math import floor
from statistics import median

from services.evaluation.events.rulebooks import Band, Flags, Peer, ResultRule, Weights
from shared.calendar import HalfYear

HALF = Fraction(1, 2)


# What the peers say


def peer_score(sums: Sequence[Fraction], peer: Peer) -> Fraction | None:
    """What the peers say of a member: `sums` has each rater's sum of the dimensions. None where fewer scored than may be shown."""
    if len(sums) < peer.minimum_shown:
        return None
    return aggregate(sums, peer)


def aggregate(sums: Sequence[Fraction], peer: Peer) -> Fraction:
    """The mean, the median, or the mean without one highest and one lowest where there are `trim_from` scores or more."""
    match peer.aggregate:
        case "median":
            return Fraction(median(sums))
        case "trimmed_mean" if is_trimmed(len(sums), peer):
            return mean(sorted(sums)[1:-1])
        case "trimmed_mean" | "mean":
            return mean(sums)
        case unknown:
            raise ValueError(f"no such aggregate: {unknown}")


def is_trimmed(scores: int, peer: Peer) -> bool:
    """Whether so many scores lose their highest and their lowest; of two or fewer nothing would be left."""
    return peer.aggregate == "trimmed_mean" and scores >= max(peer.trim_from, 3)


def mean(scores: Sequence[Fraction]) -> Fraction:
    """The exact mean of at least one score."""
    return sum(scores, Fraction(0)) / len(scores)


# From the parts to the result


def reference_score(points: Fraction, peer: Fraction | None, weights: Weights) -> Fraction | None:
    """Points and peer score by their weights, scaled to one; shown beside the committee's. Absent where the peer part is."""
    if peer is None:
        return None
    return weighted_mean([(weights.points, points), (weights.peer, peer)])


def needs_reason(committee: Fraction, reference: Fraction | None, limit: Decimal) -> bool:
    """Whether a committee's score must be reasoned in writing: it lies beyond the limit, or there is no reference to look at."""
    return reference is None or abs(committee - reference) > Fraction(limit)


def result_score(rule: ResultRule, points: Fraction, peer: Fraction | None, committee: Fraction | None) -> Fraction | None:
    """The result: the committee's score, or the parts that are there by their weights. Without the committee's part there is none."""
    if committee is None:
        return None
    match rule.formula:
        case "committee":
            return committee
        case "weighted":
            parts = [(rule.weights.points, points), (rule.weights.peer, peer), (rule.weights.committee, committee)]
            return weighted_mean([(weight, part) for weight, part in parts if part is not None])
        case unknown:
            raise ValueError(f"no such formula: {unknown}")


def weighted_mean(parts: Sequence[tuple[Decimal, Fraction]]) -> Fraction | None:
    """The parts by their weights, scaled to one; None where nothing weighs anything."""
    whole = sum((Fraction(weight) for weight, _ in parts), Fraction(0))
    return sum((Fraction(weight) * part for weight, part in parts), Fraction(0)) / whole if whole else None


# From the result to stars and flags


def rounded(score: Fraction) -> int:
    """Half up to a whole point, so that no score falls between two bands: 89.49 -> 89, 89.50 -> 90."""
    return floor(score + HALF)


def shown(score: Fraction) -> Decimal:
    """Half up to two places: 89.495 -> 89.50."""
    return Decimal(floor(score * 100 + HALF)) / 100


def band_of(score: Fraction, bands: Sequence[Band]) -> Band:
    """The band in which the rounded score lies; bands descend to 0, so there always is one."""
    return next(band for band in bands if rounded(score) >= band.least)


@dataclass(frozen=True)
class StarredHalfYear:
    """The stars of a confirmed half-year, and the rule about flags of the rulebook that held for it."""

    period: HalfYear
    stars: int
    rule: Flags


def flags_by_year(half_years: Iterable[StarredHalfYear]) -> dict[int, int]:
    """How many flags each calendar year brought; stars belong to the year of their half-year.

    `year`: a year's stars are added, then divided, and the remainder lapses. `half_year`: each half-year's are divided by themselves.
    `lifetime`: the remainder is carried on. Where the rule changed, that of a year's last confirmed half-year holds for the year.
    """
    flags: dict[int, int] = {}
    carried = 0
    for year, group in groupby(sorted(half_years, key=lambda half: half.period), key=lambda half: half.period.year):
        halves = list(group)
        flags[year], carried = _flags_of_a_year(halves, halves[-1].rule, carried)
    return flags


def _flags_of_a_year(halves: Sequence[StarredHalfYear], rule: Flags, carried: int) -> tuple[int, int]:
    stars = sum(half.stars for half in halves)
    match rule.accrual:
        case "year":
            return stars // rule.stars_per_flag, 0
        case "half_year":
            return sum(half.stars // rule.stars_per_flag for half in halves), 0
        case "lifetime":
            return divmod(carried + stars, rule.stars_per_flag)
        case unknown:
            raise ValueError(f"no such accrual: {unknown}")
