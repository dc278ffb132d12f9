"""The view of corrections of confirmed results (spec, section 6): proposed by one person, and confirmed by another or waiting."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from services.evaluation.events.corrections import CorrectionConfirmed, CorrectionProposed
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

CORRECTIONS = Table(
    "corrections",
    key=("correction_id",),
    columns={
        "correction_id": str,
        "review_id": str,
        "branch_id": str,
        "period": str,
        "member_id": str,
        "score": Decimal,
        "was": Decimal,
        "objection_id": str,
        "finding_id": str,
        "reason": str,
        "state": str,
        "proposed_by": str,
        "proposed_at": datetime,
        "confirmed_by": str,
    },
    indexes=[("branch_id",)],
)
"""`state`: `unconfirmed` or `confirmed`; `reason` is the id of its text; `was`: the score that stood when it was proposed."""


class Corrections(Projection):
    """Follows each correction from its proposal to its confirmation."""

    name = "corrections"
    tables: ClassVar[tuple[Table, ...]] = (CORRECTIONS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """A correction is put, or confirmed."""
        match recorded.event:
            case CorrectionProposed() as e:
                same = {name: getattr(e, name) for name in ("correction_id", "review_id", "branch_id", "period", "member_id", "score")}
                cause = {"objection_id": e.cause.objection_id, "finding_id": e.cause.finding_id, "reason": e.reason.id}
                proposed = {"proposed_by": e.recorded_by, "proposed_at": recorded.recorded_at, "confirmed_by": None}
                page.put(CORRECTIONS, **same, **cause, **proposed, was=e.was.result, state="unconfirmed")
            case CorrectionConfirmed() as e:
                row = page.get(CORRECTIONS, e.correction_id)
                if row is None:
                    raise LookupError(f"the correction {e.correction_id} was never proposed")
                page.put(CORRECTIONS, **row | {"state": "confirmed", "confirmed_by": e.recorded_by})
            case _:
                return


async def corrections_of(snapshot: Snapshot, branches: Collection[str], state: str | None) -> Sequence[Values]:
    """The corrections of these branches in this state (None: in any), in the order of their proposal."""
    found = [row for branch_id in sorted(branches) for row in await snapshot.rows(CORRECTIONS, branch_id=branch_id)]
    return sorted((row for row in found if state in {None, row["state"]}), key=lambda row: str(row["correction_id"]))
