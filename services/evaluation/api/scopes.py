"""Which branches a list may show to its caller."""

from __future__ import annotations

from collections.abc import Collection

from services.evaluation.api.places import RosterPlaces, places_of, require_for_member
from services.evaluation.projections.roster import OrganizationFacts
from shared.web import Doorway


async def branches_to_list(door: Doorway, branch_id: str | None, member_id: str | None) -> frozenset[str] | None:
    """The branches whose rows the caller may see of those it asks for; None for all there are.

    A member's rows go with it from branch to branch: who may see the member sees them all. Raises UnknownMember,
    UnknownOrganization, NotAllowed, Unavailable.
    """
    if member_id is not None:
        await require_for_member(door, member_id)
        return frozenset({branch_id}) if branch_id else None
    if branch_id is not None:
        await door.require(organization=branch_id)
        return frozenset({branch_id})
    organizations = await door.scopes()
    if organizations is None:
        return None
    below = await organizations_below(places_of(door), organizations)
    return frozenset(one.organization_id for one in below if one.kind == "branch")


async def organizations_below(places: RosterPlaces, organizations: Collection[str]) -> list[OrganizationFacts]:
    """These organisations and all below them. Where one is not known here yet, what the roster has told since is taken in first."""
    if any(places.mirror.organization(organization_id) is None for organization_id in organizations):
        await places.catch_up_with_roster()
    return [one for organization_id in organizations for one in places.mirror.organizations_under(organization_id)]
