"""The view of findings (spec, section 8): every finding as it stands, with history; what each deducts from which year's score."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from services.evaluation.events.supervision import CircularIssued, FindingRecorded, FindingReversed
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

FINDINGS = Table(
    "findings",
    key=("finding_id",),
    columns={
        "finding_id": str,
        "inspection_id": str,
        "branch_id": str,
        "organization_id": str,
        "year": int,
        "kind": str,
        "deduction": Decimal,
        "state": str,
        "circular_id": str,
        "recorded_at": datetime,
        "circular_at": datetime,
        "reversed_at": datetime,
    },
    indexes=[("branch_id", "year"), ("organization_id",)],
    history=True,
)
"""`state`: `found`, `in_circular` or `reversed`; only what is in a circular deducts."""


class Findings(Projection):
    """Follows each finding from its recording to its circular or its reversal."""

    name = "findings"
    tables: ClassVar[tuple[Table, ...]] = (FINDINGS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """A finding is put, named in a circular, or reversed."""
        match recorded.event:
            case FindingRecorded() as e:
                same = ("finding_id", "inspection_id", "branch_id", "organization_id", "year", "kind", "deduction")
                page.put(FINDINGS, **{name: getattr(e, name) for name in same}, state="found", recorded_at=recorded.recorded_at)
            case CircularIssued() as e:
                for one in e.findings:
                    changed = {"state": "in_circular", "circular_id": e.circular_id, "circular_at": recorded.recorded_at}
                    page.put(FINDINGS, **_row(page, one.finding_id) | changed)
            case FindingReversed() as e:
                page.put(FINDINGS, **_row(page, e.finding_id) | {"state": "reversed", "reversed_at": recorded.recorded_at})
            case _:
                return


def _row(page: Page, finding_id: str) -> Values:
    row = page.get(FINDINGS, finding_id)
    if row is None:
        raise LookupError(f"the finding {finding_id} was never recorded")
    return row


async def inspection_of(snapshot: Snapshot, finding_id: str) -> str | None:
    """The inspection in whose stream the finding stands; that never changes."""
    row = await snapshot.row(FINDINGS, finding_id=finding_id)
    return row["inspection_id"] if row else None


async def findings_of(snapshot: Snapshot, branch_id: str, year: int) -> Sequence[Values]:
    """All findings of a branch that are about a year, in the order of their recording."""
    return await snapshot.rows(FINDINGS, branch_id=branch_id, year=year)
