"""Where members and organisations stand: from the mirror, and what it does not know yet is asked at the roster before it is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import cast

from services.evaluation.commands.points import MemberFacts
from services.evaluation.projections.roster import ROSTER, Mirror, OrganizationFacts
from services.evaluation.roster_client import RosterClient
from shared.errors import Unavailable, Unknown
from shared.store import Log
from shared.web import Doorway

MOST_MEMBERS = 100_000


class UnknownMember(Unknown):
    """Neither we nor the roster know this member."""

    code = "unknown_member"
    sentence = "There is no member under this id."


class UnknownOrganization(Unknown):
    """Neither we nor the roster know this organisation."""

    code = "unknown_organization"
    sentence = "There is no organisation under this id."


class RosterPlaces:
    """The tree of the roster and who belongs where, by the business day of our log (`shared.web.Places`).

    Organisations never move, so their place is kept in memory once it is known.
    """

    def __init__(self, log: Log, roster: RosterClient) -> None:
        self._log = log
        self._ancestries: dict[str, tuple[str, ...]] = {}
        self._members: dict[tuple[str, date], MemberFacts] = {}
        self._stands_at = 0
        self.roster = roster
        self.mirror = Mirror(log)
        self.catch_up: Callable[[], Awaitable[object]] | None = None
        """Takes in what the roster has told since; set when the service is put together."""

    async def branch_of(self, member_id: str) -> str:
        """The member's present branch. Raises UnknownMember, or Unavailable where the roster can't be asked."""
        return self.mirror.branch_on(member_id, self._log.today()) or (await self._asked_member(member_id))[1]

    async def branches_on(self, member_id: str, day: date) -> frozenset[str]:
        """Where the member may have been present on `day`: its branch that day, its host, and its present branch."""
        known = {self.mirror.branch_on(member_id, day), self.mirror.host_on(member_id, day), await self.branch_of(member_id)}
        return frozenset(branch for branch in known if branch)

    async def member(self, member_id: str) -> MemberFacts:
        """What a ledger must know of its member. Raises UnknownMember, Unavailable."""
        await self._forget_what_moved()
        asked = (member_id, self._log.today())
        facts = self._members.get(asked)
        if facts is None:
            joined_on, branch_id = self.mirror.joined_on(member_id), self.mirror.branch_on(*asked)
            if joined_on is None or branch_id is None:
                joined_on, branch_id = await self._asked_member(member_id)
                return MemberFacts(member_id, joined_on, await self.ancestry(branch_id))
            facts = MemberFacts(member_id, joined_on, await self.ancestry(branch_id))
            if len(self._members) < MOST_MEMBERS:
                self._members[asked] = facts
        return facts

    async def _forget_what_moved(self) -> None:
        """Members are kept only while the mirror stands at the position of the roster at which they were read."""
        stands_at = await self._log.followed_now(ROSTER)
        if stands_at != self._stands_at:
            self._members.clear()
            self._stands_at = stands_at

    async def ancestry(self, organization_id: str) -> tuple[str, ...]:
        """The organisation itself, then each one above it. Raises UnknownOrganization, or Unavailable."""
        known = self._ancestries.get(organization_id)
        if known is None:
            parent = (await self.organization(organization_id)).parent_id
            known = (organization_id, *(await self.ancestry(parent) if parent else ()))
            self._ancestries[organization_id] = known
        return known

    async def organization(self, organization_id: str) -> OrganizationFacts:
        """The organisation. Raises UnknownOrganization, or Unavailable."""
        if found := self.mirror.organization(organization_id):
            return found
        try:
            told = await self.roster.organization(organization_id)
        except Unknown as error:
            raise UnknownOrganization from error
        return OrganizationFacts(told.id, told.kind, told.parent_id, told.code, told.name)

    async def catch_up_with_roster(self) -> None:
        """Take in what the roster has told since we last looked; where it is away, what is known already must do."""
        if self.catch_up is None:
            return
        try:
            await self.catch_up()
        except Unavailable:
            return

    async def _asked_member(self, member_id: str) -> tuple[date, str]:
        try:
            told = await self.roster.member(member_id)
        except Unknown as error:
            raise UnknownMember from error
        return told.joined_on, told.branch_id


def places_of(door: Doorway) -> RosterPlaces:
    """The door's places, as this service knows them."""
    return cast(RosterPlaces, door.places)


async def require_for_member(door: Doorway, member_id: str) -> MemberFacts:
    """The facts of a member that the caller may act on by this route, as a member of its present branch.

    Before a refusal the roster's newest events are taken in: the member may have moved a moment ago. Raises UnknownMember,
    NotAllowed, Unavailable.
    """
    places = places_of(door)
    facts = await places.member(member_id)
    if not await door.may_see(organization=facts.branch_id, member=member_id):
        await places.catch_up_with_roster()
        facts = await places.member(member_id)
    await door.require(organization=facts.branch_id, member=member_id)
    return facts
