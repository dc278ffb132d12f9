"""The view of entries (spec, section 5): every entry as it stands, with history; and in which ledger an id is to be found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from services.evaluation.events.points import EntryRecorded, EntryReversed
from services.evaluation.projections.branches import of_branches
from shared.calendar import HalfYear
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

ENTRIES = Table(
    "entries",
    key=("entry_id",),
    columns={
        "entry_id": str,
        "member_id": str,
        "branch_id": str,
        "period": str,
        "item": str,
        "kind": str,
        "points": Decimal,
        "occurred_on": date,
        "activity_id": str,
        "version": int,
        "reversed_by": str,
        "recorded_at": datetime,
        "recorded_by": str,
    },
    reading_indexes=[("member_id", "period"), ("branch_id", "period")],
    history=True,
)
REVERSALS = Table(
    "entry_reversals",
    key=("reversal_id",),
    columns={"reversal_id": str, "entry_id": str, "member_id": str, "period": str},
)


class Entries(Projection):
    """Every entry, under the branch in which it was recorded."""

    name = "entries"
    version = 2
    tables: ClassVar[tuple[Table, ...]] = (ENTRIES, REVERSALS)

    def project(self, page: Page, recorded: Recorded) -> None:
        """An entry is put, or marked as reversed."""
        match recorded.event:
            case EntryRecorded() as e:
                page.add(ENTRIES, **_row(e, recorded))
            case EntryReversed() as e:
                page.add(REVERSALS, reversal_id=e.reversal_id, entry_id=e.entry_id, member_id=e.member_id, period=e.period)
                if row := page.get(ENTRIES, e.entry_id):
                    page.put(ENTRIES, **(row | {"reversed_by": e.reversal_id}))
            case _:
                return


def _row(e: EntryRecorded, recorded: Recorded) -> Values:
    return {
        "entry_id": e.entry_id,
        "member_id": e.member_id,
        "branch_id": e.branch_id,
        "period": e.period,
        "item": e.item,
        "kind": e.kind,
        "points": e.points,
        "occurred_on": e.occurred_on,
        "activity_id": e.activity_id,
        "version": e.version,
        "recorded_at": recorded.recorded_at,
        "recorded_by": e.recorded_by,
    }


async def ledger_of(snapshot: Snapshot, entry_id: str) -> tuple[str, HalfYear, str] | None:
    """The member and half-year of the ledger that holds the entry, and the entry's id; that of the reversed one for a reversal.

    None of it ever changes, whatever instant the snapshot is of: a view that lags misleads nobody.
    """
    entry = "SELECT member_id, period, entry_id FROM entries WHERE entry_id = ? LIMIT 1"
    reversal = "SELECT member_id, period, entry_id FROM entry_reversals WHERE reversal_id = ?"
    found = await snapshot.sql(entry, (entry_id,)) or await snapshot.sql(reversal, (entry_id,))
    return (found[0][0], HalfYear.parse(found[0][1]), found[0][2]) if found else None


async def entries_page(
    snapshot: Snapshot,
    *,
    branches: Collection[str] | None,
    after: tuple[Any, ...] | None,
    limit: int,
    **equal: str | None,
) -> Sequence[Values]:
    """Entries of these branches (None: of all) whose columns equal these (None: whatever), in the order of their making."""
    return await of_branches(snapshot, ENTRIES, branches, after=after, limit=limit, **equal)
