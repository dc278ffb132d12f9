"""The leads of branches (fairness.md), as their supervisor sees them: family A, gathered from the reviews in the log."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.evaluation.commands.reviews import load_review
from services.evaluation.domain import leads
from services.evaluation.domain.leads import Lead
from services.evaluation.domain.obligations import Obligation
from services.evaluation.projections.obligations import COURSES
from shared.calendar import HalfYear
from shared.projections import Snapshot
from shared.store import Log

RULE_VERSION = "A-1"
"""The version of the rules by which leads of family A are found; a change of theirs changes it."""


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


def shown(lead: Lead) -> dict[str, Any]:
    """A lead as a supervisor sees it; `id` is the same whenever the same fact is found again."""
    return {
        "id": identity(lead),
        "indicator": lead.indicator,
        "level": lead.level,
        "period": lead.period,
        "branch_id": lead.branch_id,
        "review_id": lead.review_id,
        "entity": lead.entity,
        "effect": lead.effect,
        "q": 0,
        "sample": 1,
        "error_bound": "exact",
        "sentence": _both(lead.sentence),
        "innocent_explanations": _both(lead.innocent),
        "refuted_by": _both(lead.refuted_by),
        "rests_on": lead.rests_on,
        "rule_version": RULE_VERSION,
    }


def identity(lead: Lead) -> str:
    """A UUID made from what the lead is about, not from when it was found."""
    parts = (lead.indicator, lead.period, lead.branch_id, lead.review_id or "", lead.entity, lead.rests_on.get("step") or "")
    digest = hashlib.sha256("/".join(parts).encode()).digest()[:16]
    return str(uuid.UUID(bytes=digest))


def _both(texts: tuple[str, str]) -> dict[str, str]:
    return {"zh": texts[0], "en": texts[1]}
