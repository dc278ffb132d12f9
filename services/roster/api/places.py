"""Where members and organisations stand, for the permission table: read from the roster's own log."""

from __future__ import annotations

from services.roster.commands.members import member_of
from services.roster.commands.organizations import ancestry_of
from services.roster.domain.members import placed_on
from shared.store import Log


class RosterPlaces:
    """`shared.web.Places` of the roster. An organisation's place never changes, so that ancestries are remembered."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._ancestries: dict[str, tuple[str, ...]] = {}

    async def branch_of(self, member_id: str) -> str:
        """The branch to which the member belongs today; before it has come, that to which it comes. Raises UnknownMember."""
        member = await member_of(self._log, member_id)
        return (placed_on(member, self._log.today()) or member.moves[0]).branch_id

    async def ancestry(self, organization_id: str) -> tuple[str, ...]:
        """The organisation itself, then each one above it. Raises UnknownOrganization."""
        known = self._ancestries.get(organization_id)
        if known is None:
            known = tuple(one.id for one in await ancestry_of(self._log, organization_id))
            self._ancestries[organization_id] = known
        return known
