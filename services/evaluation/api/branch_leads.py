"""The leads of branches (fairness.md), as their supervisor sees them.

Family A is gathered from the reviews as they stand now; B to D are those of the newest examination. A fact that an examination has
recorded is one lead with its life, and is shown as gone as soon as the log says it no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from services.evaluation.api.lead_portraits import line, line_of_fact
from services.evaluation.commands.lead_files import load_lead
from services.evaluation.commands.reviews import load_review
from services.evaluation.commands.sealing_leads import Hashing
from services.evaluation.domain import leads
from services.evaluation.domain.leads import Lead
from services.evaluation.domain.obligations import Obligation
from services.evaluation.projections.leads import leads_of
from services.evaluation.projections.obligations import COURSES
from shared.calendar import HalfYear
from shared.projections import Snapshot
from shared.store import Log

EVERY_LEVEL = ("note", "look", "formal")
FACTS = "A"


async def facts_of_branches(
    log: Log, snapshot: Snapshot, branches: Iterable[str], periods: Iterable[HalfYear], *, owed: Sequence[Obligation], today: date
) -> list[Lead]:
    """Family A: what the log says of these branches' reviews, and what never happened. `owed`: the branches' obligations."""
    wanted, found = {str(period) for period in periods}, []
    for branch_id in branches:
        for row in await snapshot.rows(COURSES, branch_id=branch_id):
            if row["period"] in wanted:
                found += leads.facts_of((await load_review(log, row["review_id"])).state)
    for one in owed:
        duty = one.duty
        if duty.kind == "results_published" and one.state == "overdue" and duty.period in wanted and one.due_on is not None:
            found.append(leads.never_published(duty.branch_id, duty.period or "", duty.about_id, one.due_on, today))
    return leads.graded(found)


async def leads_of_branches(
    log: Log, snapshot: Snapshot, branches: Sequence[str], periods: Sequence[HalfYear], *, owed: Sequence[Obligation], today: date
) -> list[dict[str, Any]]:
    """All leads of these branches and half-years, notes too, as a list shows them: formal ones first, of a kind the greatest."""
    hashing = Hashing(log)
    found = await facts_of_branches(log, snapshot, branches, periods, owed=owed, today=today)
    facts = {hashing.lead_id(fact.key): fact for fact in found}
    shown: dict[str, dict[str, Any]] = {}
    for period in periods:
        for row in await leads_of(snapshot, branches, period=str(period), levels=EVERY_LEVEL):
            lead_id, is_fact = row["lead_id"], row["indicator"].startswith(FACTS)
            is_gone = row["is_gone"] or (is_fact and lead_id not in facts)
            shown[lead_id] = line(log, (await load_lead(log, lead_id)).state, row | {"is_gone": is_gone})
    shown |= {lead_id: line_of_fact(lead_id, fact) for lead_id, fact in facts.items() if lead_id not in shown}
    return sorted(shown.values(), key=_weight)


def _weight(one: dict[str, Any]) -> tuple[int, str, str, Decimal, str]:
    return (EVERY_LEVEL[::-1].index(one["level"]), one["indicator"], one["branch_id"], -abs(one["effect"]), one["id"])
