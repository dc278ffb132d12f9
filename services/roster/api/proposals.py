"""What waits for a second person in the roster, in the shape of evaluation's list of the same name: erasures."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel

from services.roster.domain.erasures import expires_at
from services.roster.domain.organizations import UnknownOrganization
from services.roster.projections.erasures import erasures_in_order
from services.roster.projections.organizations import branches_below
from shared.web import Door, Id, Router, problems
from shared.web.paging import page_of

State = Literal["proposed", "expired"]
router = Router(tags=["Proposals"])


class ProposalAnswer(BaseModel):
    """Something that one person proposed and another decides; `id`: of the erasure, `organization_id`: the member's branch of today."""

    kind: Literal["erasure"]
    id: str
    number: None
    organization_id: str
    review_id: None
    state: State
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime


class ProposalList(BaseModel):
    """What waits, the oldest first."""

    items: list[ProposalAnswer]
    next: None


@router.get("/proposals", response_model=ProposalList, responses=problems(UnknownOrganization))
async def get_proposals(
    door: Door, *, organization_id: Annotated[Id | None, Query()] = None, state: Annotated[State, Query()] = "proposed"
) -> Response:
    """What waits for a second person in an organisation and below it; without one, wherever the caller's roles reach. Always current."""
    if organization_id is not None:
        await door.places.ancestry(organization_id)
        await door.require(organization=organization_id)
    scopes = await door.scopes() if organization_id is None else frozenset({organization_id})
    snapshot, now = await door.snapshot(is_current=True), door.log.now()
    kept = frozenset(await branches_below(snapshot, scopes))
    items = list[dict[str, object]]()
    for row in await erasures_in_order(snapshot):
        last = expires_at(row["proposed_at"])
        is_meant = row["erased_at"] is None and (now > last) == (state == "expired")
        if is_meant and (branch := await door.places.branch_of(row["member_id"])) in kept:
            of = {"number": None, "organization_id": branch, "review_id": None, "state": state, "expires_at": last}
            items.append({"kind": "erasure", "id": row["erasure_id"], **{name: row[name] for name in ("proposed_by", "proposed_at")}, **of})
    return page_of(items)
