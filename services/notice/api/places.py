"""Where organisations stand, for the permission table: from what the roster told, else asked at the roster."""

from __future__ import annotations

from services.notice.commands.boards import AskOrganization, ancestry
from services.notice.domain.boards import UnknownBoard
from services.notice.events.boards import BoardOpened
from services.notice.roster_client import RosterClient
from shared.errors import Unknown
from shared.store import Log


class UnknownMember(Unknown):
    """Notice keeps no record of where members belong."""

    code = "unknown_member"
    sentence = "The boards know organisations only; ask the roster about members."


class NoticePlaces:
    """`shared.web.Places` of notice. An organisation's place never changes, so that ancestries are remembered."""

    def __init__(self, log: Log, ask: AskOrganization) -> None:
        self._log = log
        self._ask = ask
        self._ancestries: dict[str, tuple[str, ...]] = {}

    async def branch_of(self, member_id: str) -> str:
        """No route here asks for it. Raises UnknownMember."""
        del member_id
        raise UnknownMember

    async def ancestry(self, organization_id: str) -> tuple[str, ...]:
        """The organisation itself, then each one above it. Raises UnknownBoard, or Unavailable."""
        known = self._ancestries.get(organization_id)
        if known is None:
            known = self._ancestries[organization_id] = await ancestry(self._log, organization_id, self._ask)
        return known


def asked_at(roster: RosterClient) -> AskOrganization:
    """How an organisation that is not known here yet is asked for."""

    async def ask(organization_id: str) -> BoardOpened:
        try:
            told = await roster.organization(organization_id)
        except Unknown as error:
            raise UnknownBoard from error
        return BoardOpened(organization_id=told.id, kind=told.kind, parent_id=told.parent_id, code=told.code, name=told.name)

    return ask
