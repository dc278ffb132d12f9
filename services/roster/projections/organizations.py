"""The view of the organisation tree."""

from __future__ import annotations

from typing import ClassVar

from services.roster.events.organizations import OrganizationFounded
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

ORGANIZATIONS = Table(
    "organizations",
    key=("organization_id",),
    columns={"organization_id": str, "kind": str, "parent_id": str, "code": str, "name": str},
    indexes=[("parent_id",)],
)


class Organizations(Projection):
    """Each organisation under its parent."""

    name = "organizations"
    tables: ClassVar[tuple[Table, ...]] = (ORGANIZATIONS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """See Projection."""
        match recorded.event:
            case OrganizationFounded() as e:
                page.put(ORGANIZATIONS, organization_id=e.organization_id, kind=e.kind, parent_id=e.parent_id, code=e.code, name=e.name)


async def subtree(snapshot: Snapshot, organization_id: str) -> list[Values]:
    """The organisation and all below it; parents before children, siblings by code."""
    columns = tuple(ORGANIZATIONS.columns)
    rows = await snapshot.sql(
        "WITH RECURSIVE below (organization_id, depth) AS (SELECT ?, 0 UNION ALL"
        " SELECT o.organization_id, depth + 1 FROM {organizations} o JOIN below b ON o.parent_id = b.organization_id)"
        " SELECT o.organization_id, o.kind, o.parent_id, o.code, o.name FROM below JOIN {organizations} o USING (organization_id)"
        " ORDER BY depth, o.code, o.organization_id",
        (organization_id,),
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


async def branches_below(snapshot: Snapshot, organizations: frozenset[str] | None) -> list[str]:
    """The branches among these organisations and all below them; None: every branch."""
    if organizations is None:
        return [row["organization_id"] for row in await snapshot.rows(ORGANIZATIONS, kind="branch")]
    below = [row for organization in sorted(organizations) for row in await subtree(snapshot, organization)]
    return list(dict.fromkeys(row["organization_id"] for row in below if row["kind"] == "branch"))
