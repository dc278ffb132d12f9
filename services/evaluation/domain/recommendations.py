"""Who is recommended for honours at the year's end (spec, section 7): more flags come first, then more stars, then the higher mean score.

Ties stay ties: they share a place, and the next one stands as many places further on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from services.evaluation.domain.scoring import mean
from services.evaluation.domain.standings import RatedHalfYear, standing


@dataclass(frozen=True)
class Recommended:
    """A member's place in the list of a year, and what it rests on. `mean` is exact; None where no half-year has a score."""

    place: int
    member_id: str
    flags: int
    stars: int
    mean: Fraction | None


@dataclass(frozen=True)
class _Merits:
    member_id: str
    flags: int
    stars: int
    mean: Fraction | None

    @property
    def worth(self) -> tuple[int, int, Fraction]:
        """What the order looks at; a member without any score stands behind those with one."""
        return self.flags, self.stars, Fraction(-1) if self.mean is None else self.mean


def recommend(year: int, half_years: Iterable[tuple[str, Sequence[RatedHalfYear]]]) -> list[Recommended]:
    """The list of a year from each member's confirmed half-years (all of them: under `lifetime` a remainder is carried over years)."""
    merits = sorted((_merits(member, year, halves) for member, halves in half_years), key=lambda one: one.worth, reverse=True)
    found: list[Recommended] = []
    for _, tied in groupby(merits, key=lambda one: one.worth):
        place = len(found) + 1
        found += [Recommended(place, one.member_id, one.flags, one.stars, one.mean) for one in tied]
    return found


def _merits(member_id: str, year: int, half_years: Sequence[RatedHalfYear]) -> _Merits:
    of_year = [half for half in half_years if half.period.year == year]
    scores = [Fraction(half.score) for half in of_year if half.score is not None]
    flags = standing(half_years).flags_by_year.get(year, 0)
    return _Merits(member_id, flags, sum(half.stars or 0 for half in of_year), mean(scores) if scores else None)
