"""Lists over many branches: a page of rows of those branches that the caller may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from shared.projections import Snapshot, Table, Values


async def of_branches(
    snapshot: Snapshot,
    table: Table,
    branches: Collection[str] | None,
    *,
    after: tuple[Any, ...] | None,
    limit: int,
    **equal: str | None,
) -> Sequence[Values]:
    """At most `limit` rows of `table` behind `after`, by its key, whose `branch_id` is one of `branches` (None: any).

    `equal`: further columns; None means whatever stands there.
    """
    wanted = {column: value for column, value in equal.items() if value is not None}
    if branches is None:
        return await snapshot.rows(table, after=after, limit=limit, **wanted)
    found: list[Values] = []
    for branch_id in sorted(branches):
        found += await snapshot.rows(table, after=after, limit=limit, branch_id=branch_id, **wanted)
    return sorted(found, key=lambda row: tuple(row[column] for column in table.key))[:limit]
