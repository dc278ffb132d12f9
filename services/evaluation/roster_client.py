"""What this service asks the roster, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from shared.errors import Unavailable
from shared.feed import FeedPage
from shared.web import Neighbour

MOST_PEOPLE_AT_ONCE = 500


class RosterMember(msgspec.Struct, frozen=True):
    """A member as the roster knows it now."""

    id: str
    branch_id: str
    joined_on: date


class RosterOrganization(msgspec.Struct, frozen=True):
    """An organisation as the roster knows it."""

    id: str
    kind: str
    name: str
    parent_id: str | None = None
    code: str = ""


class Elector(msgspec.Struct, frozen=True):
    """A member of an electorate: `status` is full or probationary."""

    member_id: str
    group_id: str | None
    status: str
    floating: bool


class Electorate(msgspec.Struct, frozen=True):
    """Who of a branch may take part on a day, and who of it holds a post there that makes it one of the committee."""

    members: tuple[Elector, ...]
    committee: tuple[str, ...]


class Kin(msgspec.Struct, frozen=True):
    """A spouse or relative that a member has named, from `start` to `end` (None: until further notice)."""

    member_id: str
    start: date = msgspec.field(name="from")
    end: date | None = msgspec.field(name="to", default=None)


class _KinAnswer(msgspec.Struct, frozen=True):
    kin: tuple[Kin, ...]


class PersonAsked(NamedTuple):
    """A name as somebody wrote it, and what stood beside it to tell it from others of the name."""

    name: str
    beside: str | None = None


class PersonMeant(msgspec.Struct, frozen=True):
    """How many members of the branch have the name, and whom of them it can mean."""

    namesakes: int
    member_ids: tuple[str, ...]


class _PeopleAnswer(msgspec.Struct, frozen=True):
    people: tuple[PersonMeant, ...]


class RosterClient:
    """Asks the roster. Every method raises Unavailable where it is away, slow, or talks nonsense."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    async def close(self) -> None:
        """Close the connections."""
        await self._neighbour.close()

    async def member(self, member_id: str) -> RosterMember:
        """The member; raises Unknown where the roster does not know it either."""
        return await self._neighbour.get(f"/members/{member_id}", into=RosterMember)

    async def organization(self, organization_id: str) -> RosterOrganization:
        """The organisation; raises Unknown where the roster does not know it either."""
        return await self._neighbour.get(f"/organizations/{organization_id}", into=RosterOrganization)

    async def electorate(self, branch_id: str, on: date) -> Electorate:
        """Who may take part in a review of the branch as of the end of the day `on`; raises Unknown for no such branch."""
        return await self._neighbour.get(f"/branches/{branch_id}/electorate", {"on": on.isoformat()}, into=Electorate)

    async def kin(self, member_id: str) -> tuple[Kin, ...]:
        """Whom the member has named as spouse and kin; raises Unknown for no such member."""
        return (await self._neighbour.get(f"/members/{member_id}/kin", into=_KinAnswer)).kin

    async def names(self, member_ids: Iterable[str]) -> dict[str, str]:
        """The names by member id; erased ones are absent."""
        ids = list(dict.fromkeys(member_ids))
        return await self._neighbour.post("/profiles/names", {"ids": ids}, into=dict[str, str]) if ids else {}

    async def resolve(self, branch_id: str, people: Sequence[PersonAsked]) -> list[PersonMeant]:
        """Whom of the branch's members of today the names mean, in the order of `people`; raises Unknown for no such branch."""
        meant: list[PersonMeant] = []
        for start in range(0, len(people), MOST_PEOPLE_AT_ONCE):
            asked = [one._asdict() for one in people[start : start + MOST_PEOPLE_AT_ONCE]]
            answer = await self._neighbour.post(f"/branches/{branch_id}/members/resolve", {"people": asked}, into=_PeopleAnswer)
            if len(answer.people) != len(asked):
                raise Unavailable
            meant += answer.people
        return meant

    async def feed(self, after: int, types: Sequence[str]) -> FeedPage:
        """A page of the roster's events of these types after a position."""
        return await self._neighbour.feed(after, types=types)
