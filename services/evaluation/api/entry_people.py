"""Who is meant by the names of a spreadsheet: asked at the roster, which keeps the names; here only ids remain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.evaluation.api.entry_sheet import Person
from services.evaluation.api.places import RosterPlaces, UnknownMember
from services.evaluation.commands.activities import Present
from services.evaluation.commands.points import MemberFacts
from services.evaluation.domain.activities import Attendee
from services.evaluation.domain.entry_imports import RowError
from services.evaluation.roster_client import PersonAsked, PersonMeant

NOT_HERE = "There is no such member in this branch; look at the spelling, or write the member's id."
NOT_FITTING = "The branch has a member of this name, but what stands beside it fits nobody; write the group, or the last four digits."
SEVERAL = "Several members of the branch have this name; write the group, or the last four digits of the identity number, beside it."
NOT_OF_THE_BRANCH = "The member does not belong to this branch; its own branch records its deeds."


class People:
    """The members whom a spreadsheet of one branch names."""

    def __init__(self, places: RosterPlaces, branch_id: str) -> None:
        self._places = places
        self._branch_id = branch_id
        self._ids: dict[tuple[str, str | None], str] = {}
        self._facts: dict[str, MemberFacts] = {}
        self.errors: list[RowError] = []

    async def find(self, people: Sequence[Person], deeds: Sequence[Person]) -> None:
        """Find everybody; `errors` then holds the rows whose member is not found, or not of this branch where it has a deed.

        Raises Unavailable where the roster can't be asked.
        """
        named = list(dict.fromkeys(PersonAsked(one.written, one.beside) for one in people if not one.is_id))
        answers = dict(zip(named, await self._places.roster.resolve(self._branch_id, named), strict=True))
        for one in people:
            reason = await self._find(one, answers.get(PersonAsked(one.written, one.beside)))
            if reason:
                self.errors.append(RowError(one.place, "beside" if reason in {NOT_FITTING, SEVERAL} else "member", reason))
        await self._require_branch(people, deeds)

    def facts(self, person: Person) -> MemberFacts | None:
        """What a ledger must know of the member; None where it was not found."""
        member_id = self._ids.get((person.written, person.beside))
        return None if member_id is None else self._facts[member_id]

    async def present(self, person: Person, held_on: date, *, remote: bool, badge: bool | None) -> Present | None:
        """The member as one who took part; None where it was not found."""
        facts = self.facts(person)
        if facts is None:
            return None
        branches = await self._places.branches_on(facts.member_id, held_on)
        return Present(facts, Attendee(facts.member_id, remote, badge, facts.joined_on, branches))

    async def _find(self, person: Person, answer: PersonMeant | None) -> str | None:
        if answer is None:
            member_id = person.written
        elif len(answer.member_ids) != 1:
            return SEVERAL if answer.member_ids else NOT_FITTING if answer.namesakes else NOT_HERE
        else:
            member_id = answer.member_ids[0]
        try:
            self._facts[member_id] = self._facts.get(member_id) or await self._places.member(member_id)
        except UnknownMember:
            return NOT_HERE
        self._ids[person.written, person.beside] = member_id
        return None

    async def _require_branch(self, people: Sequence[Person], deeds: Sequence[Person]) -> None:
        """A deed is recorded in the member's branch of today. Where somebody seems not to be here, the roster's news are taken in first."""
        if not self._elsewhere(people):
            return
        await self._places.catch_up_with_roster()
        for member_id in self._facts:
            self._facts[member_id] = await self._places.member(member_id)
        self.errors += [RowError(one.place, "member", NOT_OF_THE_BRANCH) for one in self._elsewhere(deeds)]

    def _elsewhere(self, deeds: Sequence[Person]) -> list[Person]:
        found = ((one, self.facts(one)) for one in deeds)
        return [one for one, facts in found if facts and facts.branch_id != self._branch_id]
