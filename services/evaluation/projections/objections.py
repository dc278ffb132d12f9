"""The view of objections (spec, section 6): each as it stands, with history; one by its id comes from the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, ClassVar

from services.evaluation.events.objections import ObjectionDecided, ObjectionRaised
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

OBJECTIONS = Table(
    "objections",
    key=("objection_id",),
    columns={
        "objection_id": str,
        "reference": str,
        "kind": str,
        "about_id": str,
        "member_id": str,
        "organization_id": str,
        "raised_by": str,
        "on_paper": bool,
        "working_days": int,
        "raised_at": datetime,
        "state": str,
        "decided_at": datetime,
    },
    indexes=[("organization_id",), ("raised_by",)],
    history=True,
)
"""`state`: `open`, `upheld` or `dismissed`."""


class Objections(Projection):
    """Follows each objection from its raising to its decision."""

    name = "objections"
    tables: ClassVar[tuple[Table, ...]] = (OBJECTIONS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """An objection is put, or decided."""
        match recorded.event:
            case ObjectionRaised() as e:
                same = (
                    "objection_id",
                    "reference",
                    "kind",
                    "about_id",
                    "member_id",
                    "organization_id",
                    "raised_by",
                    "on_paper",
                    "working_days",
                )
                page.put(OBJECTIONS, **{name: getattr(e, name) for name in same}, state="open", raised_at=recorded.recorded_at)
            case ObjectionDecided() as e:
                row = page.get(OBJECTIONS, e.objection_id)
                if row is None:
                    raise LookupError(f"the objection {e.objection_id} was never raised")
                page.put(OBJECTIONS, **row | {"state": e.decision, "member_id": e.member_id, "decided_at": recorded.recorded_at})
            case _:
                return


async def objections_page(
    snapshot: Snapshot, *, organizations: Collection[str] | None, after: tuple[Any, ...] | None, limit: int, **equal: str | None
) -> Sequence[Values]:
    """Objections about these organisations (None: about all) whose columns equal these (None: whatever), in the order of raising."""
    wanted = {column: value for column, value in equal.items() if value is not None}
    if organizations is None:
        return await snapshot.rows(OBJECTIONS, after=after, limit=limit, **wanted)
    found: list[Values] = []
    for organization_id in sorted(organizations):
        found += await snapshot.rows(OBJECTIONS, after=after, limit=limit, organization_id=organization_id, **wanted)
    return sorted(found, key=lambda row: str(row["objection_id"]))[:limit]
