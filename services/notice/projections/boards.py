"""The view of the organisations' boards, as a tree."""

from __future__ import annotations

from typing import ClassVar

from services.notice.events.boards import BoardOpened
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

BOARDS = Table(
    "boards",
    key=("organization_id",),
    columns={"organization_id": str, "kind": str, "parent_id": str, "code": str, "name": str},
    indexes=[("parent_id",)],
)


class Boards(Projection):
    """Each board under that of the organisation above."""

    name = "boards"
    tables: ClassVar[tuple[Table, ...]] = (BOARDS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """See Projection."""
        match recorded.event:
            case BoardOpened() as e:
                page.put(BOARDS, organization_id=e.organization_id, kind=e.kind, parent_id=e.parent_id, code=e.code, name=e.name)


async def boards_below(snapshot: Snapshot, organization_id: str) -> list[Values]:
    """The boards right below an organisation's, by code; Party groups have none of their own to show."""
    rows = await snapshot.rows(BOARDS, parent_id=organization_id, order_by=("code", "organization_id"))
    return [row for row in rows if row["kind"] != "group"]


async def board_row(snapshot: Snapshot, organization_id: str) -> Values | None:
    """The organisation's board; None where it is not known here."""
    return await snapshot.row(BOARDS, organization_id=organization_id)


async def boards_above(snapshot: Snapshot, board: Values) -> list[Values]:
    """The boards of the organisations above, the nearest first."""
    above: list[Values] = []
    while (parent_id := (above[-1] if above else board)["parent_id"]) is not None:
        parent = await board_row(snapshot, parent_id)
        if parent is None:
            break
        above.append(parent)
    return above


async def roots(snapshot: Snapshot) -> list[Values]:
    """The boards of the counties."""
    return await snapshot.rows(BOARDS, parent_id=None, order_by=("code", "organization_id"))


async def names_of_organizations(snapshot: Snapshot, organization_ids: set[str]) -> dict[str, str]:
    """The names of these organisations; unknown ones are absent."""
    found = [await snapshot.row(BOARDS, organization_id=organization_id) for organization_id in sorted(organization_ids)]
    return {row["organization_id"]: row["name"] for row in found if row}
