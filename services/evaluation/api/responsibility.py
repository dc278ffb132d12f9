"""The responsibility score by REST (spec, section 8): a branch's year, start less what findings in circulars deduct, not below 0."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from services.evaluation.api.branch_leads import leads_of_branches
from services.evaluation.api.owed_obligations import OwedObligations, line
from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.api.supervision_shapes import ResponsibilityAnswer, Year
from services.evaluation.commands.supervision import rules_of_year
from services.evaluation.domain.obligations import Obligation
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.domain.supervision import ZERO, responsibility_score
from services.evaluation.projections.supervision import findings_of
from shared.calendar import HalfYear
from shared.errors import Unavailable
from shared.web import Door, Id, Router, json_answer, problems

router = Router(tags=["Supervision"])


@router.get(
    "/branches/{branch_id}/responsibility",
    response_model=ResponsibilityAnswer,
    responses=problems(UnknownOrganization, NoRulesInForce, Unavailable),
)
async def get_responsibility(branch_id: Id, door: Door, year: Annotated[Year, Query()]) -> Response:
    """A branch's responsibility score of a year, its findings, and what it owes; with `as_of=` as it stood then."""
    ancestry = await door.places.ancestry(branch_id)
    await door.require(organization=branch_id)
    rule = (await rules_of_year(door.log, ancestry, year)).rules.responsibility
    snapshot, owing = await door.snapshot(), await OwedObligations.at(door)
    findings = [_counted(row) for row in await findings_of(snapshot, branch_id, year)]
    owed = await owing.of([await places_of(door).organization(branch_id)])
    answer: dict[str, Any] = {
        "branch_id": branch_id,
        "year": year,
        "start": rule.start,
        "score": responsibility_score(rule, [one["counted"] for one in findings]),
        "findings": findings,
        "overdue": [line(one, {}) for one in owed if one.state == "overdue" and _is_of(one, year)],
    }
    if await door.holds("county_supervisor", branch_id):
        halves = (HalfYear(year, 1), HalfYear(year, 2))
        found = await leads_of_branches(door.log, snapshot, [branch_id], halves, owed=owed, today=owing.today)
        answer["leads"] = [lead for lead in found if lead["level"] != "note"]
    return json_answer(answer)


def _is_of(one: Obligation, year: int) -> bool:
    return (one.duty.period or "").startswith(str(year))


def _counted(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["finding_id"],
        "inspection_id": row["inspection_id"],
        "kind": row["kind"],
        "deduction": row["deduction"],
        "counted": row["deduction"] if row["state"] == "in_circular" else ZERO,
        "state": row["state"],
        "circular_id": row["circular_id"],
    }
