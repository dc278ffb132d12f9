"""The view of unsealings (design: trust.md): which were proposed and decided, and whose ballots were opened: each voter sees its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar

from services.evaluation.events.unsealings import UnsealingApproved, UnsealingProposed, UnsealingRejected
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

UNSEALINGS = Table(
    "unsealings",
    key=("unsealing_id",),
    columns={
        "unsealing_id": str,
        "review_id": str,
        "branch_id": str,
        "period": str,
        "reason": str,
        "proposed_by": str,
        "proposed_at": datetime,
        "outcome": str,
        "decided_by": str,
        "decided_at": datetime,
        "readable_until": datetime,
    },
    indexes=[("branch_id",), ("review_id",)],
)
"""`outcome`: `approved`, `rejected`, or None while it waits; `reason` is the id of the proposal's text."""
UNSEALED = Table(
    "unsealed_ballots",
    key=("unsealing_id", "rater_id"),
    columns={"unsealing_id": str, "rater_id": str, "number": int},
    indexes=[("rater_id",)],
)
"""The ballots that an approved unsealing opened."""


class Unsealings(Projection):
    """Follows each unsealing from its proposal to its decision."""

    name = "unsealings"
    tables: ClassVar[tuple[Table, ...]] = (UNSEALINGS, UNSEALED)

    def project(self, page: Page, recorded: Recorded) -> None:
        """An unsealing is put, or decided."""
        match recorded.event:
            case UnsealingProposed() as e:
                same = {name: getattr(e, name) for name in ("unsealing_id", "review_id", "branch_id", "period")}
                proposed = {"proposed_by": e.recorded_by, "proposed_at": recorded.recorded_at, "reason": e.reason.id}
                page.put(UNSEALINGS, **same, **proposed, outcome=None, decided_by=None, decided_at=None, readable_until=None)
            case UnsealingApproved() as e:
                _decide(page, e, recorded, outcome="approved", readable_until=e.readable_until)
                for one in e.ballots:
                    page.put(UNSEALED, unsealing_id=e.unsealing_id, rater_id=one.rater_id, number=one.number)
            case UnsealingRejected() as e:
                _decide(page, e, recorded, outcome="rejected")
            case _:
                return


def _decide(page: Page, e: UnsealingApproved | UnsealingRejected, recorded: Recorded, **changed: object) -> None:
    row = page.get(UNSEALINGS, e.unsealing_id)
    if row is None:
        raise LookupError(f"the unsealing {e.unsealing_id} was never proposed")
    page.put(UNSEALINGS, **row | {"decided_by": e.recorded_by, "decided_at": recorded.recorded_at} | changed)


async def unsealings_of(snapshot: Snapshot, review_id: str) -> Sequence[Values]:
    """The unsealings of a review, in the order of their proposal."""
    return await snapshot.rows(UNSEALINGS, review_id=review_id)


async def unsealings_under(snapshot: Snapshot, branches: Collection[str]) -> list[Values]:
    """The unsealings of these branches, decided or not, in the order of their proposal."""
    found = [row for branch_id in sorted(branches) for row in await snapshot.rows(UNSEALINGS, branch_id=branch_id)]
    return sorted(found, key=lambda row: str(row["unsealing_id"]))


async def waiting_unsealings(snapshot: Snapshot, branches: Collection[str]) -> list[Values]:
    """The undecided unsealings of these branches, in the order of their proposal."""
    return [row for row in await unsealings_under(snapshot, branches) if row["outcome"] is None]


async def unsealed_of(snapshot: Snapshot, rater_id: str) -> list[Values]:
    """The unsealings that opened a ballot of this voter, each with the ballot's `number`, in the order of their proposal."""
    found = []
    for one in await snapshot.rows(UNSEALED, rater_id=rater_id):
        row = await snapshot.row(UNSEALINGS, unsealing_id=one["unsealing_id"])
        if row is not None:
            found.append({**row, "number": one["number"]})
    return found
