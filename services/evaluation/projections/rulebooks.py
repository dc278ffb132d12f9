"""The view of rulebooks (spec, section 3): which organisation has one, and its versions. The rules themselves are read from the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from services.evaluation.events.rulebooks import VersionProposed, VersionPublished
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

RULEBOOKS = Table(
    "rulebooks",
    key=("rulebook_id",),
    columns={"rulebook_id": str, "organization_id": str, "code": str, "title": str, "versions": list},
    history=True,
)
"""`code` and `title` are those of the newest published version; `versions` gives each version's number, half-year and state."""


class Rulebooks(Projection):
    """One row a rulebook."""

    name = "rulebooks"
    tables: ClassVar[tuple[Table, ...]] = (RULEBOOKS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """A version is put as proposed or as published."""
        match recorded.event:
            case VersionProposed() as e:
                row = page.get(RULEBOOKS, e.rulebook_id) or {}
                page.put(RULEBOOKS, **(row | {"versions": _with(row, e.version, e.from_period, "proposed")}))
            case VersionPublished() as e:
                row = page.get(RULEBOOKS, e.rulebook_id) or {}
                page.put(
                    RULEBOOKS,
                    rulebook_id=e.rulebook_id,
                    organization_id=e.organization_id,
                    code=e.code,
                    title=e.title,
                    versions=_with(row, e.version, e.from_period, "published"),
                )
            case _:
                return


def _with(row: Values, number: int, from_period: str | None, state: str) -> list[Values]:
    others = [version for version in row.get("versions", []) if version["version"] != number]
    return [*others, {"version": number, "from_period": from_period, "state": state}]


async def rulebooks_page(snapshot: Snapshot, organization_id: str | None, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[Values]:
    """The rulebook of one organisation, or all; at most `limit`, behind `after`."""
    wanted = {"organization_id": organization_id} if organization_id else {}
    return await snapshot.rows(RULEBOOKS, after=after, limit=limit, **wanted)
