"""What a year must come to, reckoned from the contract alone: grades, warnings, recommendations. Nothing of the product is used.

Everything is an exact fraction; a score is shown rounded half up to two places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
GRADES = ("excellent", "qualified", "basically_qualified", "unqualified")
STARS = ((90, 3), (70, 2), (60, 1), (0, 0))
STARS_PER_FLAG = 2


def stars_of(score: Fraction) -> int:
    """The stars of a half-year's result: rounded half up to a whole point, then by band."""
    whole = floor(score + HALF)
    return next(stars for least, stars in STARS if whole >= least)


def shown(score: Fraction) -> Fraction:
    """Half up to two places."""
    return Fraction(floor(score * 100 + HALF), 100)


# The meeting


@dataclass(frozen=True)
class Meeting:
    """What came of a meeting: its state, the grade of each member, whether a reason is needed for the excellent ones."""

    state: str
    grades: Mapping[str, str]
    needs_reason: bool


def meet(
    entitled: int,
    present: int,
    votes: Mapping[str, Mapping[str, int]],
    *,
    attendance: Fraction = HALF,
    majority: Fraction = HALF,
    excellent_share: Fraction = THIRD,
) -> Meeting:
    """The grades that pass with more than half of those entitled, where at least half of them are present (or other shares)."""
    if present < attendance * entitled:
        return Meeting("no_quorum", {}, needs_reason=False)
    passed = {
        member: next((grade for grade in GRADES if given.get(grade, 0) > majority * entitled), None)
        for member, given in votes.items()
        if sum(given.values()) <= present
    }
    grades = {member: grade for member, grade in passed.items() if grade is not None}
    excellent = sum(grade == "excellent" for grade in grades.values())
    return Meeting("held", grades, needs_reason=excellent > excellent_share * len(grades))


# The recommendations


@dataclass(frozen=True)
class Place:
    """A member's line in the list of recommendations."""

    place: int
    flags: int
    stars: int
    mean: Fraction


def recommendations(results: Mapping[str, Sequence[Fraction]]) -> dict[str, Place]:
    """Each member's place from the scores of its confirmed half-years of one year; the stars of the year are added, then divided."""
    merits = {}
    for member, scores in results.items():
        stars = sum(map(stars_of, scores))
        merits[member] = (stars // STARS_PER_FLAG, stars, sum(scores, Fraction(0)) / len(scores))
    return placed(merits)


def placed(merits: Mapping[str, tuple[int, int, Fraction]]) -> dict[str, Place]:
    """Each member's place by its flags, then its stars, then its mean score: one more than there are members before it."""
    return {
        member: Place(1 + sum(other > own for other in merits.values()), own[0], own[1], shown(own[2])) for member, own in merits.items()
    }
