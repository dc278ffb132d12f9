"""A lead, the three locks, and the table of the command (fairness.md, "The command, its table and its words")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.evaluation.fairness.nulls import Q

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "indicator": pl.String,
    "level": pl.String,
    "period": pl.Int64,
    "branch_id": pl.Int64,
    "entity": pl.Int64,
    "entity2": pl.Int64,
    "members": pl.List(pl.Int64),
    "effect": pl.Float64,
    "q": pl.Float64,
    "sample": pl.Int64,
}
OF_BRANCHES = frozenset({"A1", "C1", "C3", "D2", "D3", "D4"})


@dataclass(frozen=True, slots=True)
class Lead:
    """One row of the table, by positions in the county's id lists; `entity` is a branch for OF_BRANCHES, else a member; -1 = none."""

    indicator: str
    level: str
    period: int
    branch: int
    entity: int
    effect: float
    q: float
    sample: int
    entity2: int = -1
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tested:
    """The testable entities of one indicator and half-year: one value each. `floor` says whose effect reaches the floor in points."""

    branch: Integers
    entity: Integers
    effect: Floats
    q: Floats
    sample: Integers
    floor: Booleans
    entity2: Integers | None = None
    members: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def chosen(self) -> Integers:
        """Positions that pass the false-discovery lock and the floor."""
        return np.flatnonzero((self.q <= Q) & self.floor)

    def leads(self, indicator: str, period: int) -> list[Lead]:
        """A `look` for each that passes all locks, a `note` for each that is unlikely by nature but below the floor."""
        found = []
        for k in np.flatnonzero(self.q <= Q):
            second = -1 if self.entity2 is None else int(self.entity2[k])
            found.append(
                Lead(
                    indicator,
                    "look" if self.floor[k] else "note",
                    period,
                    int(self.branch[k]),
                    int(self.entity[k]),
                    float(self.effect[k]),
                    float(self.q[k]),
                    int(self.sample[k]),
                    second,
                    self.members.get(int(k), ()),
                )
            )
        return found


def with_formal(leads: Iterable[Lead]) -> list[Lead]:
    """Raise a `look` to `formal` where the same person or branch has another lead: another half-year or another indicator."""
    leads = list(leads)
    seen: dict[tuple[str, int], set[tuple[str, int]]] = defaultdict(set)
    for lead in leads:
        if lead.level != "note":
            for key in _who(lead):
                seen[key].add((lead.indicator, lead.period))
    return [
        replace(lead, level="formal") if lead.level == "look" and any(len(seen[key]) > 1 for key in _who(lead)) else lead for lead in leads
    ]


def _who(lead: Lead) -> list[tuple[str, int]]:
    kind = "branch" if lead.indicator in OF_BRANCHES else "person"
    return [(kind, entity) for entity in (lead.entity, lead.entity2) if entity >= 0]


def table(leads: Iterable[Lead], branch_ids: Integers, member_ids: Integers) -> pl.DataFrame:
    """The table with real ids, in the order of its columns; effects to 1e-6 points and q to six figures, so that no last bit shows."""
    rows = []
    for lead in leads:
        entities = branch_ids if lead.indicator in OF_BRANCHES else member_ids
        second = int(member_ids[lead.entity2]) if lead.entity2 >= 0 else -1
        first = int(entities[lead.entity])
        if second >= 0 or lead.entity2 >= 0:
            first, second = min(first, second), max(first, second)
        rows.append(
            (
                lead.indicator,
                lead.level,
                lead.period,
                int(branch_ids[lead.branch]),
                first,
                second,
                sorted(int(member_ids[m]) for m in lead.members),
                round(lead.effect, 6) + 0.0,
                float(f"{lead.q:.6g}"),
                lead.sample,
            )
        )
    rows.sort(key=lambda r: (r[0], r[2], r[3], r[4], r[5], r[1]))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
