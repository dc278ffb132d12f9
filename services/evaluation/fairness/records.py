"""The engine's leads as the service records them: real ids, decimals, the half-years they rest on, and the scores behind each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from services.evaluation.domain.lead_details import Row
from services.evaluation.fairness import examination
from services.evaluation.fairness.evidence import Evidence
from services.evaluation.fairness.from_reviews import Opened, Reading, read
from services.evaluation.fairness.leads import OF_BRANCHES, Lead

METHOD = "BCD-1"
"""The version of the rules by which leads of families B to D are found; a change of theirs changes it."""
SEED = 0
"""No part of the engine draws by chance: its nulls are the county's own spread, or a mirror image. Written down all the same."""
OVER_TIME = frozenset({"C1", "C2"})
Q_FIGURES = 6


@dataclass(frozen=True)
class FoundLead:
    """A lead with members by their ids.

    `review_id`: the earliest review whose scores it rests on. `key`: what makes it the same lead. `count`: low scores (B5), members of the
    group (C1).
    """

    indicator: str
    level: str
    from_period: str
    period: str
    branch_id: str
    review_id: str
    key: tuple[str, ...]
    effect: Decimal
    q: Decimal
    sample: int
    entity: str | None
    second: str | None
    concerned: tuple[str, ...]
    count: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Examined:
    """What an examination of opened reviews came to: the leads in an order of their own, and how many scores were read."""

    leads: tuple[FoundLead, ...]
    scores: int


def examined(opened: Sequence[Opened], periods: Sequence[str]) -> Examined:
    """Examine these reviews of these half-years. The same reviews in any order give the same."""
    reading = read(opened, periods)
    blocks = np.unique(reading.tables.members["branch_id"])
    found = examination.examine(reading.tables, lines_of=reading.lines[blocks] if len(blocks) else None)
    evidence = Evidence(reading)
    leads = [_found(lead, found, reading, evidence) for lead in found.leads if not lead.indicator.startswith("A")]
    return Examined(tuple(sorted(leads, key=lambda one: one.key)), len(reading.tables.peer_scores["score"]))


def _found(lead: Lead, found: examination.Examination, reading: Reading, evidence: Evidence) -> FoundLead:
    county = found.county
    block = int(county.branch_ids[lead.branch])
    is_of_branch = lead.indicator in OF_BRANCHES
    people = [
        -1 if is_of_branch else int(county.member_ids[lead.entity]),
        int(county.member_ids[lead.entity2]) if lead.entity2 >= 0 else -1,
    ]
    entity, second = sorted(people) if lead.entity2 >= 0 else people
    members = sorted(int(county.member_ids[member]) for member in lead.members)
    name = reading.members
    over = range(len(reading.periods)) if lead.indicator in OVER_TIME else (lead.period,)
    reviews = [matrix.review for period in over if (matrix := reading.matrices.get((block, period))) is not None]
    branch_id, number = reading.blocks[block]
    first, last = reading.periods[over[0]], reading.periods[over[-1]]
    named = [name[one] for one in (entity, second) if one >= 0]
    return FoundLead(
        indicator=lead.indicator,
        level=lead.level,
        from_period=first,
        period=last,
        branch_id=branch_id,
        review_id=reviews[0].id,
        key=(lead.indicator, last, first, branch_id, *([str(number)] if is_of_branch else named)),
        effect=Decimal(f"{lead.effect + 0.0:.4f}"),
        q=Decimal(f"{lead.q:.{Q_FIGURES}g}"),
        sample=lead.sample,
        entity=name[entity] if entity >= 0 else None,
        second=name[second] if second >= 0 else None,
        concerned=tuple(name[one] for one in members) if lead.indicator == "C1" else tuple(named),
        count=len(members),
        rows=tuple(evidence.rows(lead, block, entity, second, members)),
    )
