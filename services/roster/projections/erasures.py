"""The view of proposed erasures: who asked for what and when, and when it was done."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from services.roster.events.profiles import ErasureProposed, ProfileErased
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

ERASURES = Table(
    "erasures",
    key=("erasure_id",),
    columns={"erasure_id": str, "member_id": str, "proposed_by": str, "proposed_at": datetime, "erased_at": datetime},
    indexes=[("member_id",)],
)


class Erasures(Projection):
    """Each proposed erasure; all that were proposed for a member are done with the first that is confirmed."""

    name = "erasures"
    tables: ClassVar[tuple[Table, ...]] = (ERASURES,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """See Projection."""
        match recorded.event:
            case ErasureProposed() as e:
                proposed = {"proposed_by": e.recorded_by, "proposed_at": recorded.recorded_at, "erased_at": None}
                page.put(ERASURES, erasure_id=e.erasure_id, member_id=e.member_id, **proposed)
            case ProfileErased() as e:
                for row in page.find(ERASURES, member_id=e.member_id):
                    page.put(ERASURES, **{**row, "erased_at": recorded.recorded_at})


async def erasures_in_order(snapshot: Snapshot) -> list[Values]:
    """All erasures in the order in which they were proposed."""
    return await snapshot.rows(ERASURES, order_by=("erasure_id",))
