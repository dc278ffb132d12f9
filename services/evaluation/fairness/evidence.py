"""The 3 to 10 scores behind a lead, plain enough to be checked by hand: what was given, and what the others gave the same people.

"Usual" is no output of the model: for a rater's score the mean of the other raters' scores of the same person, for a result the person's
peer mean moved by the branch's median difference between results and peer means. A lead about a member shows its scores without raters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from services.evaluation.domain.lead_details import MOST_ROWS, Row
from services.evaluation.fairness.from_reviews import Matrix, Reading
from services.evaluation.fairness.leads import Lead

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
CENT = Decimal("0.01")
NEAR_A_LINE = 3.0
HALF_OF_THEM = MOST_ROWS // 2


def points(value: float) -> Decimal | None:
    """Points with two places; None where there are none."""
    return Decimal(repr(float(value))).quantize(CENT) if np.isfinite(value) else None


def others_mean(scores: Floats) -> Floats:
    """For each score the mean of the other raters' scores of the same person; NaN where there is none."""
    seen = np.isfinite(scores)
    filled = np.where(seen, scores, 0.0)
    count = seen.sum(axis=0)[None, :] - seen
    return np.where(count > 0, (filled.sum(axis=0)[None, :] - filled) / np.maximum(count, 1), np.nan)


def implied(matrix: Matrix) -> Floats:
    """What the peers' scores imply for each result."""
    seen = np.isfinite(matrix.scores)
    got = seen.sum(axis=0)
    mean = np.where(got > 0, np.where(seen, matrix.scores, 0.0).sum(axis=0) / np.maximum(got, 1), np.nan)
    difference = (matrix.final - mean)[np.isfinite(matrix.final - mean)]
    return mean + (np.median(difference) if len(difference) else 0.0)


class Evidence:
    """The rows behind the leads of one reading; members by their ids, no labels yet."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def rows(self, lead: Lead, block: int, entity: int, second: int, members: Sequence[int]) -> list[Row]:
        """At most 10 rows. `block`, `entity`, `second`, `members`: numbers of the reading; -1 where there is none."""
        matrix = self._reading.matrices.get((block, lead.period))
        if lead.indicator in {"C1", "C2"} or matrix is None:
            return self._mutual(block, members if lead.indicator == "C1" else (entity, second))
        period = self._reading.periods[lead.period]
        match lead.indicator:
            case "B2":
                return self._alike(matrix, period, entity, second)
            case "B1" | "B3" | "B4":
                return self._of_rater(matrix, period, entity, lead)
            case "B5":
                return self._low(matrix, period, entity, members)
            case "C3":
                return self._of_group(matrix, period)
            case _:
                return self._results(matrix, period, block, entity, lead)

    def _row(self, period: str, score: float, usual: float, *, by: int = -1, of: int = -1) -> Row:
        name = self._reading.members
        return Row(name[by] if by >= 0 else None, name[of] if of >= 0 else None, period, points(score) or Decimal(0), points(usual))

    def _of_rater(self, matrix: Matrix, period: str, rater: int, lead: Lead) -> list[Row]:
        """A rater's scores that lie furthest from the others'; for a level (B3) furthest on its side."""
        at = _place(matrix, rater)
        given, usual = matrix.scores[at], others_mean(matrix.scores)[at]
        away = given - usual
        rank = np.sign(lead.effect) * away if lead.indicator == "B3" else np.abs(away)
        return [self._row(period, given[k], usual[k], by=rater, of=int(matrix.people[k])) for k in _first(rank, MOST_ROWS)]

    def _alike(self, matrix: Matrix, period: str, one: int, other: int) -> list[Row]:
        """Two raters' scores of the same people, those first on which both lie furthest from the others."""
        pair = [_place(matrix, one), _place(matrix, other)]
        seen = np.isfinite(matrix.scores)
        outside = np.ones(len(matrix.people), dtype=bool)
        outside[pair] = False
        rest = np.where(seen & outside[:, None], matrix.scores, 0.0).sum(axis=0)
        usual = rest / np.maximum((seen & outside[:, None]).sum(axis=0), 1)
        both = matrix.scores[pair]
        agreed = np.abs(both.mean(axis=0) - usual) - 3 * np.abs(both[0] - both[1])
        chosen = _first(agreed, HALF_OF_THEM)
        return [self._row(period, both[r][k], usual[k], by=(one, other)[r], of=int(matrix.people[k])) for k in chosen for r in (0, 1)]

    def _low(self, matrix: Matrix, period: str, member: int, raters: Sequence[int]) -> list[Row]:
        """The low scores of a member without their raters, against the mean of all others'."""
        column = matrix.scores[:, _place(matrix, member)]
        low = np.isin(matrix.people, list(raters))
        usual = float(np.nanmean(column[~low])) if np.isfinite(column[~low]).any() else float("nan")
        scores = np.sort(column[low & np.isfinite(column)])[:MOST_ROWS]
        return [self._row(period, score, usual, of=member) for score in scores]

    def _of_group(self, matrix: Matrix, period: str) -> list[Row]:
        """What each rater gave the floating members on average, against what it gave the rest; the widest gaps first."""
        floating = np.isin(matrix.people, sorted(self._reading.floating))
        with np.errstate(invalid="ignore"):
            theirs, rest = _mean(matrix.scores[:, floating]), _mean(matrix.scores[:, ~floating])
        return [self._row(period, theirs[k], rest[k], by=int(matrix.people[k])) for k in _first(np.abs(theirs - rest), MOST_ROWS)]

    def _mutual(self, block: int, people: Iterable[int]) -> list[Row]:
        """What the members of a group or pair gave each other over the half-years, the furthest above the others' first."""
        found: list[tuple[float, int, int, int, float, float]] = []
        for (where, period), matrix in self._reading.matrices.items():
            if where != block:
                continue
            usual, here = others_mean(matrix.scores), [k for k, person in enumerate(matrix.people) if int(person) in {*people}]
            found += [
                (-float(matrix.scores[i, k] - usual[i, k]), period, i, k, float(matrix.scores[i, k]), float(usual[i, k]))
                for i in here
                for k in here
                if np.isfinite(matrix.scores[i, k] - usual[i, k])
            ]
        chosen = sorted(found)[:MOST_ROWS]
        return [
            self._row(self._reading.periods[p], score, usual, by=int(self._people(block, p)[i]), of=int(self._people(block, p)[k]))
            for _, p, i, k, score, usual in chosen
        ]

    def _people(self, block: int, period: int) -> Integers:
        return self._reading.matrices[block, period].people

    def _results(self, matrix: Matrix, period: str, block: int, entity: int, lead: Lead) -> list[Row]:
        """D: results against what the peers' scores imply: one member's, those near a line, or those of a group."""
        usual = implied(matrix)
        if lead.indicator == "D1":
            here = np.array([_place(matrix, entity)])
        elif lead.indicator == "D2":
            lines = self._reading.lines[block]
            distance = np.abs(matrix.final[:, None] - lines[None, :]).min(axis=1)
            here = np.flatnonzero(distance <= NEAR_A_LINE)
            here = here[np.argsort(distance[here], kind="stable")][:MOST_ROWS]
        else:
            group = self._reading.floating if lead.indicator == "D3" else self._reading.committee
            chosen = np.isin(matrix.people, sorted(group))
            here = _first(np.where(chosen, np.sign(lead.effect) * (matrix.final - usual), np.nan), MOST_ROWS)
        return [self._row(period, matrix.final[k], usual[k], of=int(matrix.people[k])) for k in here if np.isfinite(matrix.final[k])]


def _place(matrix: Matrix, number: int) -> int:
    return int(np.searchsorted(matrix.people, number))


def _first(rank: Floats, most: int) -> Integers:
    """Positions of the largest, those without a value left out; ties in the order of people."""
    known = np.flatnonzero(np.isfinite(rank))
    return known[np.argsort(-rank[known], kind="stable")][:most]


def _mean(scores: Floats) -> Floats:
    seen = np.isfinite(scores)
    count = seen.sum(axis=1)
    return np.where(count > 0, np.where(seen, scores, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
