"""The view of pledges (spec, section 4): every pledge as it stands, with history. Texts are kept as references, never as texts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from services.evaluation.domain.pledges import STATE_AFTER
from services.evaluation.events.pledges import (
    PledgeAnnounced,
    PledgeApproved,
    PledgeChanged,
    PledgeDrafted,
    PledgeEvaluated,
    PledgeReturned,
    PledgeSubmitted,
    ProgressReported,
)
from services.evaluation.projections.branches import of_branches
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

PLEDGES = Table(
    "pledges",
    key=("pledge_id",),
    columns={
        "pledge_id": str,
        "member_id": str,
        "branch_id": str,
        "period": str,
        "theme": str,
        "action": str,
        "target": str,
        "due_on": date,
        "state": str,
        "outcome": str,
        "announced_on": date,
        "reports": int,
        "reported_at": datetime,
    },
    indexes=[("branch_id", "period"), ("member_id", "period")],
    history=True,
)


class Pledges(Projection):
    """Every pledge; `action` and `target` are the ids of their texts, `reports` counts the reports of progress."""

    name = "pledges"
    tables: ClassVar[tuple[Table, ...]] = (PLEDGES,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """A pledge is put with what this event made of it."""
        match recorded.event:
            case PledgeDrafted() as e:
                ids = {"pledge_id": e.pledge_id, "member_id": e.member_id, "branch_id": e.branch_id}
                page.put(PLEDGES, **ids, state="drafted", reports=0, **_promise(e))
            case PledgeChanged() as e:
                self._put(page, e.pledge_id, _promise(e))
            case PledgeAnnounced() as e:
                self._put(page, e.pledge_id, {"state": "announced", "announced_on": e.on})
            case ProgressReported() as e:
                self._report(page, e.pledge_id, recorded.recorded_at)
            case PledgeEvaluated() as e:
                self._put(page, e.pledge_id, {"state": "evaluated", "outcome": e.outcome})
            case PledgeSubmitted() | PledgeReturned() | PledgeApproved() as e:
                self._put(page, e.pledge_id, {"state": STATE_AFTER[type(e)]})
            case _:
                return

    def _put(self, page: Page, pledge_id: str, changed: Values) -> None:
        row = page.get(PLEDGES, pledge_id)
        if row is None:
            raise LookupError(f"the pledge of {pledge_id} was never drafted")
        page.put(PLEDGES, **(row | changed))

    def _report(self, page: Page, pledge_id: str, at: datetime) -> None:
        row = page.get(PLEDGES, pledge_id) or {}
        self._put(page, pledge_id, {"reports": row.get("reports", 0) + 1, "reported_at": at})


def _promise(e: PledgeDrafted | PledgeChanged) -> Values:
    return {
        "period": e.period,
        "theme": e.theme,
        "action": e.action.id,
        "target": e.target.id,
        "due_on": e.due_on,
    }


async def pledges_page(
    snapshot: Snapshot,
    *,
    branches: Collection[str] | None,
    after: tuple[Any, ...] | None,
    limit: int,
    **equal: str | None,
) -> Sequence[Values]:
    """Pledges of these branches (None: of all) whose columns equal these (None: whatever), in the order of their making."""
    return await of_branches(snapshot, PLEDGES, branches, after=after, limit=limit, **equal)
