"""Points of the demonstration: activities with all who took part, posts held, good deeds, breaches, mistakes that are reversed."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from xingqi.demo import texts
from xingqi.demo.client import Client
from xingqi.demo.town import Branch, Person

REVERSED, TOLD = 0.025, 0.035
RANGES = {"mediation": (3, 8), "helping": (2, 10), "donation": (2, 8), "rescue": (5, 15), "litter": (1, 5), "lavish": (5, 15)}


@dataclass
class Deeds:
    """What is recorded of the days from `first` to `last` (both included), which lie in one half-year."""

    client: Client
    first: date
    last: date
    activities: tuple[tuple[str, str, date], ...]

    async def meet(self, branch: Branch) -> int:
        """The branch's activities, one after the other; who works away takes part from afar, or not. How many entries they made."""
        return sum([await self._meet(branch, item, title, on) for item, title, on in self.activities if self.first <= on <= self.last])

    async def _meet(self, branch: Branch, item: str, title: str, on: date) -> int:
        lot = branch.lot
        there = [person for person in branch.people if lot.random() < _presence(person, item)]
        attendees = [{"member_id": person.id, "remote": person.works_away_in is not None, "badge": lot.random() < 0.95} for person in there]
        body = {"branch_id": branch.id, "item": item, "title": title, "held_on": on.isoformat(), "attendees": attendees}
        await self.client.do("POST", "evaluation/activities", branch.secretary, body)
        return len(there)

    def record(self, branch: Branch) -> Iterator[Coroutine[Any, Any, tuple[int, int]]]:
        """What single members did, each recorded by the secretary with its evidence. Each call returns entries and reversals."""
        return (self._record(branch, person) for person in branch.people)

    async def _record(self, branch: Branch, person: Person) -> tuple[int, int]:
        lot = person.lot
        items = ["post"] if lot.random() < 0.45 else []
        items += lot.choices([*texts.DEEDS], weights=[5, 3, 5, 2, 0.4], k=lot.randint(0, round(person.merit * 3.2)))
        items += lot.choices([*texts.BREACHES], weights=[5, 3, 1]) if lot.random() < (1 - person.merit) * 0.25 else []
        days = lot.sample(range((self.last - self.first).days + 1), len(items))
        reversals = 0
        for item, day in zip(items, days, strict=True):
            reversals += await self._record_one(branch, person, item, self.first + timedelta(days=day))
        return len(items), reversals

    async def _record_one(self, branch: Branch, person: Person, item: str, on: date) -> bool:
        """Whether the entry was a mistake and reversed."""
        lot = person.lot
        said = "担任本组岗位，履职记录完整" if item == "post" else lot.choice((texts.DEEDS | texts.BREACHES)[item])
        body: dict[str, Any] = {"member_id": person.id, "item": item, "occurred_on": on.isoformat(), "evidence": texts.evidence(said)}
        if item == "post":
            body["points"] = 4 + round(person.merit * 6)
        elif item in RANGES:
            body["points"] = lot.randint(*RANGES[item])
        entry = (await self.client.do("POST", "evaluation/entries", branch.secretary, body))["id"]
        chance = lot.random()
        if chance < REVERSED:
            person.mistakes += 1
            reason = {"reason": lot.choice(texts.REVERSALS)}
            await self.client.do("POST", f"evaluation/entries/{entry}/reversal", branch.secretary, reason)
        elif item in texts.DEEDS and chance > 1 - TOLD:
            title, text = lot.choice(texts.STORIES)
            await self.client.do("POST", f"evaluation/entries/{entry}/story", branch.secretary, {"title": title, "text": text})
        return chance < REVERSED


def _presence(person: Person, item: str) -> float:
    """How likely a member takes part: nearly all pay their dues; who works away joins about half of the meetings from afar."""
    if item == "dues":
        return 0.97
    return (0.5 if person.works_away_in else 0.75) + person.merit * 0.2
