"""What the boards ask the roster, and nothing more: organisations that are not known here yet, names, its feed, its clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shared.feed import FeedPage
from shared.web.neighbour import Neighbour

TYPES = (
    "organizations.organization-founded.v1",
    "members.profile-corrected.v1",
    "members.profile-erased.v1",
    "calendar.year-entered.v1",
    "calendar.day-set.v1",
)


class OrganizationFacts(msgspec.Struct, frozen=True):
    """An organisation as the roster describes it."""

    id: str
    kind: str
    name: str
    code: str
    parent_id: str | None = None


class ClockFacts(msgspec.Struct, frozen=True):
    """The business instant of a neighbour."""

    now: datetime


class RosterClient:
    """Every method raises Unavailable where the roster is away."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    async def organization(self, organization_id: str) -> OrganizationFacts:
        """The organisation; raises Unknown."""
        return await self._neighbour.get(f"/organizations/{organization_id}", into=OrganizationFacts)

    async def names(self, member_ids: Sequence[str]) -> dict[str, str]:
        """The names by member; those that were erased are absent."""
        return await self._neighbour.post("/profiles/names", {"ids": list(member_ids)}, into=dict[str, str])

    async def feed(self, after: int) -> FeedPage:
        """What happened in the roster after this position, as far as the boards care."""
        return await self._neighbour.feed(after, types=TYPES)

    async def now(self) -> datetime:
        """Its business instant."""
        return (await self._neighbour.get("/clock", into=ClockFacts)).now

    async def close(self) -> None:
        """Close the connections."""
        await self._neighbour.close()
