"""The engine's tables from the service's own reviews: who stood where, what each ballot said, what came of it, where each star begins.

Who scores whom is fixed by a review's circles. People who never score each other can't be compared, so the engine's "branch" is a block:
those members of a branch who are joined by its circles over the half-years (one a branch, or its Party groups). Ids become numbers in
the order of the ids; half-years are numbered from the first of the range. Pure: ballots come opened, and leave nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from services.evaluation.domain.ballots import UNSCORED
from services.evaluation.domain.results import exact_or_none
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.scoring import shown
from services.evaluation.events.rulebooks import Rules
from services.evaluation.fairness.tables import Columns, Tables

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
NO_LINE = 1e9
WHOLE_POINT = 0.5


@dataclass(frozen=True)
class Opened:
    """A review with its counted ballots, opened: rater -> sheet (`domain.ballots`)."""

    review: Review
    sheets: Mapping[str, bytes]


@dataclass(frozen=True)
class Matrix:
    """One block's half-year: `people` (numbers of members, ascending), `scores` [rater, ratee], `final` scores; NaN where there is none."""

    review: Review
    people: Integers
    scores: Floats
    final: Floats


@dataclass(frozen=True)
class Reading:
    """What the engine is given, and the way back: blocks and members by number, half-years by number, each block's half-years."""

    tables: Tables
    lines: Floats
    blocks: tuple[tuple[str, int], ...]
    members: tuple[str, ...]
    periods: tuple[str, ...]
    floating: frozenset[int]
    committee: frozenset[int]
    matrices: Mapping[tuple[int, int], Matrix] = field(repr=False)


def lines_of(rules: Rules) -> list[float]:
    """The scores at which a star begins: a band's least point, less the half that is rounded up (60 -> 59.5); rising."""
    return sorted(float(band.least) - WHOLE_POINT for band in rules.bands if band.stars)


def final_of(review: Review, member_id: str) -> float:
    """The exact result that stands for the member, a corrected one as it was put; NaN where there is none."""
    result, basis = review.results.get(member_id), review.basis.get(member_id)
    if result is None or result.result is None:
        return float("nan")
    exact = exact_or_none(basis.result) if basis else None
    return float(exact if exact is not None and shown(exact) == result.result else Fraction(result.result))


def read(opened: Sequence[Opened], periods: Sequence[str]) -> Reading:
    """The tables of these reviews, one a branch and half-year at most, in any order."""
    ordered = sorted(opened, key=lambda one: (one.review.opening.branch_id, one.review.opening.period))
    joined = _joined(ordered)
    blocks = tuple(sorted(set(joined.values())))
    members = tuple(sorted({member for _, member in joined}))
    place = {block: k for k, block in enumerate(blocks)}
    block_of = {key: place[value] for key, value in joined.items()}
    number = {member: k for k, member in enumerate(members)}
    matrices: dict[tuple[int, int], Matrix] = {}
    flags: dict[tuple[int, int], tuple[bool, bool]] = {}
    lines: dict[int, list[float]] = {}
    for one in ordered:
        at = list(periods).index(one.review.opening.period)
        for block, matrix in _matrices(one, block_of, number):
            matrices[block, at] = matrix
            lines[block] = lines_of(one.review.rules)
            flags |= _flags(one.review, block, matrix.people, number)
    tables = Tables(_no_dates(), _members(flags), _scores(matrices), _results(matrices))
    floating, committee = (frozenset(member for (_, member), flag in flags.items() if flag[k]) for k in (0, 1))
    return Reading(tables, _padded(lines, len(blocks)), blocks, members, tuple(periods), floating, committee, matrices)


def _joined(opened: Iterable[Opened]) -> dict[tuple[str, str], tuple[str, int]]:
    """(branch, member) -> its block, (branch, number): members whom a circle of any half-year joins are together."""
    above: dict[tuple[str, str], tuple[str, str]] = {}

    def top(key: tuple[str, str]) -> tuple[str, str]:
        while above[key] != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    for one in opened:
        branch = one.review.opening.branch_id
        for circle in one.review.opening.circles:
            keys = [(branch, member) for member in circle]
            for key in keys:
                above.setdefault(key, key)
                first, other = sorted((top(keys[0]), top(key)))
                above[other] = first
    tops = {key: top(key) for key in sorted(above)}
    numbers: dict[str, dict[tuple[str, str], int]] = {}
    for key in tops.values():
        of_branch = numbers.setdefault(key[0], {})
        of_branch.setdefault(key, len(of_branch))
    return {key: (key[0], numbers[key[0]][first]) for key, first in tops.items()}


def _matrices(one: Opened, block_of: Mapping[tuple[str, str], int], number: Mapping[str, int]) -> Iterable[tuple[int, Matrix]]:
    """The review's scores and results, block by block: those who are rated, and those who voted and were excused later."""
    review, width = one.review, len(one.review.rules.dimensions)
    branch, eligible = review.opening.branch_id, [member.member_id for member in review.opening.eligible]
    is_rated = np.array([member not in review.excused for member in eligible], dtype=bool)
    rows = {rater: _sums(sheet, width, is_rated) for rater, sheet in one.sheets.items()}
    places: dict[int, list[int]] = {}
    for place, member in enumerate(eligible):
        block = block_of.get((branch, member))
        if block is not None and (is_rated[place] or member in rows):
            places.setdefault(block, []).append(place)
    for block, here in places.items():
        here.sort(key=lambda place: number[eligible[place]])
        nothing = np.full(len(eligible), np.nan)
        scores = np.array([rows.get(eligible[place], nothing)[here] for place in here])
        final = np.array([final_of(review, eligible[place]) for place in here])
        yield block, Matrix(review, np.array([number[eligible[place]] for place in here]), scores, final)


def _sums(sheet: bytes, width: int, is_rated: NDArray[np.bool_]) -> Floats:
    """A rater's score for each eligible member: the sum of the dimensions."""
    cells = np.frombuffer(sheet, dtype=">u2").reshape(-1, width)
    return np.where((cells[:, 0] != UNSCORED) & is_rated, cells.sum(axis=1, dtype=np.int64) / 100, np.nan)


def _flags(review: Review, block: int, people: Integers, number: Mapping[str, int]) -> dict[tuple[int, int], tuple[bool, bool]]:
    here, team = set(people.tolist()), set(review.opening.committee)
    return {
        (block, number[one.member_id]): (one.floating, one.member_id in team)
        for one in review.opening.eligible
        if number.get(one.member_id) in here
    }


def _no_dates() -> Columns:
    """Lateness is a fact of the log (`domain.leads`): nothing is left for the engine to find."""
    return {name: np.zeros(0, dtype=np.int64) for name in ("branch_id", "period", "deadline_day", "published_day")}


def _members(flags: Mapping[tuple[int, int], tuple[bool, bool]]) -> Columns:
    keys = np.array(sorted(flags), dtype=np.int64).reshape(-1, 2)
    known = np.array([flags[block, member] for block, member in keys.tolist()], dtype=np.int64).reshape(-1, 2)
    return {"member_id": keys[:, 1], "branch_id": keys[:, 0], "floating": known[:, 0], "committee": known[:, 1]}


def _scores(matrices: Mapping[tuple[int, int], Matrix]) -> Columns:
    parts = []
    for (block, period), matrix in sorted(matrices.items()):
        rater, ratee = np.nonzero(np.isfinite(matrix.scores))
        same = np.full(len(rater), 1, dtype=np.int64)
        parts.append((same * period, same * block, matrix.people[rater], matrix.people[ratee], matrix.scores[rater, ratee]))
    names = ("period", "branch_id", "rater_id", "ratee_id", "score")
    return {name: _together([part[k] for part in parts], real=name == "score") for k, name in enumerate(names)}


def _results(matrices: Mapping[tuple[int, int], Matrix]) -> Columns:
    parts = []
    for (block, period), matrix in sorted(matrices.items()):
        known = np.isfinite(matrix.final)
        same, none = np.full(int(known.sum()), 1, dtype=np.int64), np.full(int(known.sum()), np.nan)
        parts.append((same * period, same * block, matrix.people[known], none, matrix.final[known], none))
    names = ("period", "branch_id", "member_id", "peer_mean", "final_score", "stars")
    return {name: _together([part[k] for part in parts], real=k > 2) for k, name in enumerate(names)}  # noqa: PLR2004 - three ids come first


def _together(parts: Sequence[NDArray[np.generic]], *, real: bool) -> NDArray[np.generic]:
    kind = np.float64 if real else np.int64
    return np.concatenate([np.zeros(0, dtype=kind), *parts]).astype(kind)


def _padded(lines: Mapping[int, Sequence[float]], count: int) -> Floats:
    most = max((len(each) for each in lines.values()), default=1)
    table = np.full((count, most), NO_LINE)
    for block, each in lines.items():
        table[block, : len(each)] = each
    return table
