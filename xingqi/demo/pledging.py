"""Pledges of the demonstration: written by every member, reviewed, announced at the meeting, kept or not, evaluated."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

from xingqi.demo import texts
from xingqi.demo.client import Client
from xingqi.demo.halves import Half
from xingqi.demo.town import Branch, Person

RETURNED, REPORTED = 0.05, 0.2


@dataclass
class Pledging:
    """The pledges of one half-year by member."""

    client: Client
    half: Half
    pledges: dict[Person, str] = field(default_factory=dict)

    def pledge(self, branch: Branch) -> Iterator[Coroutine[Any, Any, None]]:
        """Each member of the branch writes a pledge; the branch approves it, now and then after a return."""
        return (self._pledge(branch, person) for person in branch.people)

    async def _pledge(self, branch: Branch, person: Person) -> None:
        theme, action, target = texts.pledge(person.lot)
        body = {"member_id": person.id, "period": self.half.period, "theme": theme, "action": action, "due_on": self.half.end.isoformat()}
        is_vague = person.lot.random() < RETURNED
        first = {**body, "target": "尽力做好" if is_vague else target}
        pledge = (await self.client.do("POST", "evaluation/pledges", person.token, first))["id"]
        self.pledges[person] = pledge
        if is_vague:
            back = {"decision": "returned", "reason": texts.RETURNS[0]}
            await self.client.do("POST", f"evaluation/pledges/{pledge}/review", branch.secretary, back)
            await self.client.do("PUT", f"evaluation/pledges/{pledge}", person.token, {**body, "target": target})
            await self.client.do("POST", f"evaluation/pledges/{pledge}/submission", person.token, {})
        await self.client.do("POST", f"evaluation/pledges/{pledge}/review", branch.secretary, {"decision": "approved"})

    async def announce(self, branch: Branch) -> None:
        """All pledges of the branch are read out at the members' meeting."""
        pledges = [self.pledges[person] for person in branch.people]
        body = {"branch_id": branch.id, "on": self.half.announced.isoformat(), "pledge_ids": pledges}
        await self.client.do("POST", "evaluation/announcements", branch.secretary, body)

    def report(self, branch: Branch) -> Iterator[Coroutine[Any, Any, None]]:
        """Some report how far they are."""
        return (self._report(person) for person in branch.people if branch.lot.random() < REPORTED)

    async def _report(self, person: Person) -> None:
        body = {"note": person.lot.choice(texts.PROGRESS), "evidence": texts.evidence("支部台账照片一张")}
        await self.client.do("POST", f"evaluation/pledges/{self.pledges[person]}/progress", person.token, body)

    def evaluate(self, branch: Branch) -> Iterator[Coroutine[Any, Any, str]]:
        """The branch says of each pledge whether it was kept, and why; each call returns the outcome."""
        return (self._evaluate(branch, person) for person in branch.people)

    async def _evaluate(self, branch: Branch, person: Person) -> str:
        word, reason = texts.outcome(person.lot, person.merit)
        body = {"outcome": word, "reason": reason}
        await self.client.do("POST", f"evaluation/pledges/{self.pledges[person]}/evaluation", branch.secretary, body)
        return word
