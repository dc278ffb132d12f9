"""A member's standing (spec, sections 3 and 6): its confirmed half-years, their stars, and the flags that these add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from services.evaluation.domain.scoring import StarredHalfYear, flags_by_year
from services.evaluation.events.rulebooks import Flags
from shared.calendar import HalfYear


class Original(NamedTuple):
    """What a corrected result was when it was published first."""

    score: Decimal | None
    stars: int | None


@dataclass(frozen=True)
class RatedHalfYear:
    """A confirmed result: its score rounded to two places, its stars (both None where there was no result), the rule about flags.

    `original` is there where the result was corrected.
    """

    period: HalfYear
    score: Decimal | None
    stars: int | None
    rule: Flags
    original: Original | None = None


@dataclass(frozen=True)
class Standing:
    """What a member has: its half-years in order, all its stars, all its flags and those of each year."""

    periods: tuple[RatedHalfYear, ...]
    stars: int
    flags: int
    flags_by_year: dict[int, int]


def standing(half_years: Iterable[RatedHalfYear]) -> Standing:
    """Add up confirmed half-years; one without a result adds nothing."""
    periods = tuple(sorted(half_years, key=lambda half: half.period))
    starred = [StarredHalfYear(half.period, half.stars, half.rule) for half in periods if half.stars is not None]
    flags = flags_by_year(starred)
    return Standing(periods, sum(half.stars for half in starred), sum(flags.values()), flags)
