"""A county as dense arrays: one stack of branches of like size, one array [branch, rater, ratee] per half-year.

Members stand in the order of their ids inside their branch, branches in the order of theirs, so that the order of rows changes nothing.
Every index below is a position in `County.branch_ids` or `County.member_ids`; -1 pads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.fairness.tables import Tables

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
SIZE_STEP = 2


@dataclass(frozen=True, slots=True)
class Stack:
    """Branches of like size: `branch` (b), `member` (b x n, -1 = none), who is `floating` and on the `committee` (b x n)."""

    branch: Integers
    member: Integers
    floating: Booleans
    committee: Booleans

    @property
    def here(self) -> Booleans:
        """Where a member stands (b x n)."""
        return self.member >= 0


@dataclass(frozen=True, slots=True)
class HalfYear:
    """One half-year of one stack: `scores` (b x rater x ratee), results (b x n), NaN = none; irregular cells per rater (b x n)."""

    period: int
    stack: Stack
    scores: Floats
    final: Floats
    peer_mean: Floats
    irregular: Integers


@dataclass(frozen=True, slots=True)
class County:
    """All stacks and half-years of a folder. `periods` are those that anything was recorded in, ascending."""

    branch_ids: Integers
    member_ids: Integers
    stacks: tuple[Stack, ...]
    periods: tuple[int, ...]
    half_years: tuple[HalfYear, ...]

    def of(self, period: int) -> Iterator[HalfYear]:
        """Yield the stacks of one half-year."""
        return (h for h in self.half_years if h.period == period)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where each member stands: stack, row, column, by position in the sorted (branch, member) table."""

    keys: Integers
    branch_ids: Integers
    member_ids: Integers
    stack: Integers
    row: Integers
    column: Integers

    def find(self, branch: Integers, member: Integers) -> Integers:
        """Positions of (branch, member); -1 where that member isn't of that branch."""
        key = _ranks(self.branch_ids, branch) * len(self.member_ids) + _ranks(self.member_ids, member)
        at = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        known = (self.keys[at] == key) & np.isin(branch, self.branch_ids) if len(self.keys) else np.zeros(len(key), dtype=bool)
        known &= self.member_ids[np.minimum(_ranks(self.member_ids, member), len(self.member_ids) - 1)] == member
        return np.where(known, at, -1)


def _ranks(sorted_ids: Integers, ids: Integers) -> Integers:
    """Positions of ids among the sorted ones; a table where ids are small, a search elsewhere."""
    if len(ids) and len(sorted_ids) and sorted_ids[0] >= 0 and ids.min() >= 0 and (top := int(max(sorted_ids[-1], ids.max()))) < 20_000_000:  # noqa: PLR2004
        table = np.zeros(top + 1, dtype=np.int64)
        table[sorted_ids] = np.arange(len(sorted_ids))
        return table[ids]
    return np.minimum(np.searchsorted(sorted_ids, ids), max(len(sorted_ids) - 1, 0)).astype(np.int64)


def assemble(tables: Tables) -> County:
    """Put the tables into dense arrays. Scores of strangers and of oneself are counted as irregular and left out; doubles are averaged."""
    members = tables.members
    branch_ids, code = np.unique(members["branch_id"], return_inverse=True)
    member_ids = np.unique(members["member_id"])
    order = np.lexsort((members["member_id"], code))
    code = code[order]
    sizes = np.bincount(code, minlength=len(branch_ids))
    column = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    padded = -(-sizes // SIZE_STEP) * SIZE_STEP
    member = np.searchsorted(member_ids, members["member_id"][order])
    stacks, stack_of, row_of = [], np.zeros(len(branch_ids), dtype=np.int64), np.zeros(len(branch_ids), dtype=np.int64)
    for s, size in enumerate(np.unique(padded)):
        branch = np.flatnonzero(padded == size)
        stack_of[branch], row_of[branch] = s, np.arange(len(branch))
        inside = stack_of[code] == s
        inside &= padded[code] == size
        place = row_of[code[inside]], column[inside]
        table = np.full((len(branch), size), -1)
        table[place] = member[inside]
        flags = []
        for name in ("floating", "committee"):
            flag = np.zeros(table.shape, dtype=bool)
            flag[place] = members[name][order][inside] > 0
            flags.append(flag)
        stacks.append(Stack(branch, table, flags[0], flags[1]))
    keys = code * len(member_ids) + member
    places = _Places(keys, branch_ids, member_ids, stack_of[code], row_of[code], column)
    return _filled(tables, places, tuple(stacks))


def _filled(tables: Tables, places: _Places, stacks: tuple[Stack, ...]) -> County:
    peers, results = tables.peer_scores, tables.results
    periods = np.unique(np.concatenate([tables.branches["period"], peers["period"], results["period"]]))
    rater, ratee = (places.find(peers["branch_id"], peers[name]) for name in ("rater_id", "ratee_id"))
    whose = places.find(results["branch_id"], results["member_id"])
    proper = (rater >= 0) & (ratee >= 0) & (rater != ratee) & np.isfinite(peers["score"])
    half_years = []
    for period in periods:
        mine, known = peers["period"] == period, (results["period"] == period) & (whose >= 0)
        for s, stack in enumerate(stacks):
            cell = mine & (rater >= 0)
            cell[cell] = places.stack[rater[cell]] == s
            good = cell & proper
            scores = np.full((*stack.member.shape, stack.member.shape[1]), np.nan)
            bad = np.zeros(stack.member.shape, dtype=np.int64)
            np.add.at(bad, (places.row[rater[cell & ~proper]], places.column[rater[cell & ~proper]]), 1)
            flat = np.ravel_multi_index((places.row[rater[good]], places.column[rater[good]], places.column[ratee[good]]), scores.shape)
            again = _fill(scores.reshape(-1), flat, peers["score"][good])
            np.add.at(bad.reshape(-1), again // scores.shape[2], 1)
            here = known.copy()
            here[known] = places.stack[whose[known]] == s
            columns = []
            for name in ("final_score", "peer_mean"):
                values = np.full(stack.member.shape, np.nan)
                values[places.row[whose[here]], places.column[whose[here]]] = results[name][here]
                columns.append(values)
            half_years.append(HalfYear(int(period), stack, scores, columns[0], columns[1], bad))
    return County(places.branch_ids, places.member_ids, stacks, tuple(int(p) for p in periods), tuple(half_years))


def _fill(target: Floats, flat: Integers, value: Floats) -> Integers:
    """Put values in; where a cell was given twice, the mean of all, summed in the order of the values. Returns the cells given again."""
    target[flat] = value
    if np.isfinite(target).sum() == len(flat):
        return flat[:0]
    order = np.lexsort((value, flat))
    cells, start, count = np.unique(flat[order], return_index=True, return_counts=True)
    target[cells] = np.add.reduceat(value[order], start) / count
    return np.repeat(cells, count - 1)
