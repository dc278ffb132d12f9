"""Obligations by REST (spec, section 8): what a branch, the town or the supervisor owes, computed from what did not happen."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from services.evaluation.api.obligation_shapes import ObligationList, ObligationState
from services.evaluation.api.owed_obligations import OwedObligations, line, place
from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.projections.roster import OrganizationFacts
from shared.errors import Unavailable
from shared.web import Cursor, Door, Doorway, Id, Router, problems

router = Router(tags=["Supervision"])


@router.get("/obligations", response_model=ObligationList, responses=problems(UnknownOrganization, Unavailable))
async def get_obligations(
    door: Door,
    page: Cursor,
    organization_id: Annotated[Id | None, Query()] = None,
    state: Annotated[ObligationState | None, Query()] = None,
) -> Response:
    """What the organisation and all below it owe (left out: all that the caller may see), as of the business clock or of `as_of=`."""
    organizations = await _organizations(door, organization_id)
    kinds = {one.organization_id: one.kind for one in organizations}
    found = [one for one in await (await OwedObligations.at(door)).of(organizations) if state in {None, one.state}]
    behind = [one for one in found if page.after is None or place(one) > page.after]
    return page.page(behind[: page.limit + 1], place=place, show=lambda one: line(one, kinds))


async def _organizations(door: Doorway, organization_id: str | None) -> list[OrganizationFacts]:
    places = places_of(door)
    if organization_id is not None:
        await places.ancestry(organization_id)
        await door.require(organization=organization_id)
        wanted = frozenset({organization_id})
    elif (scopes := await door.scopes()) is None:
        return places.mirror.organizations()
    else:
        wanted = scopes
    if any(places.mirror.organization(each) is None for each in wanted):
        await places.catch_up_with_roster()
    return list({one.organization_id: one for each in wanted for one in places.mirror.organizations_under(each)}.values())
