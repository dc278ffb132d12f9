"""Random towns that live through the year 2026 by REST alone, knowing nothing but the contract (api.md).

Everything that is put in is also written into `Town.books`, from which the reckoning says what must have come out.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.evaluation.supervision_reckoning import Ledger
from tests.journeys import annual_meetings, lots
from tests.journeys.deeds import record_half_year
from tests.journeys.inspections import Supervision, supervise
from tests.journeys.people import SETTLED, Branch, Person, branches, is_post_holder, settle
from tests.journeys.reckoning import Books
from tests.journeys.rest import Rest
from tests.journeys.timeline import Timeline
from tests.journeys.weather import Switch, Weather

PERIODS = ("2026-H1", "2026-H2")
LAST_DAYS = {"2026-H1": date(2026, 6, 30), "2026-H2": date(2026, 12, 31)}
FREE_2027 = [date(2027, 1, 1), *(date(2027, 2, day) for day in range(5, 12))]
MADE_UP_2027 = [date(2027, 1, 30), date(2027, 2, 14)]

MEETINGS_FROM = date(2027, 3, 2)

Tokens = Callable[[Sequence[str], str | None, Sequence[str]], Awaitable[list[str]]]
"""(roles, organisation, members) -> tokens, one for each member: what `xingqi token` prints."""


@dataclass(eq=False)
class World:
    """The county in which the towns lie: its services, its clock, who issues tokens."""

    rest: Rest
    timeline: Timeline
    tokens: Tokens
    admin: str
    weather: Weather
    county: str = ""
    offered: frozenset[str] = frozenset()

    def offers(self, part: str) -> bool:
        """Whether evaluation serves this part of the contract: what it does not serve yet, the towns leave out."""
        return any(path.endswith(part) for path in self.offered)

    @classmethod
    async def make(cls, rest: Rest, tokens: Tokens, switch: Switch, seed: int = 0) -> World:
        """A county on an empty cell, with the calendar of 2027 entered; `switch` stops and starts the notice service."""
        (admin,) = await tokens(["admin"], None, [])

        async def set_clock(services: Sequence[str], instant: datetime) -> None:
            for service in services:
                await rest.do("PUT", f"{service}/clock", admin, {"now": instant.isoformat()})

        async def declare(day: date) -> None:
            await rest.do("PUT", f"roster/calendar/{day}", admin, {"kind": "holiday", "source": "县里通知"})

        weather = Weather.drawn(random.Random(seed), set_clock, switch, declare)  # noqa: S311 - a lot that can be drawn again
        world = cls(rest, Timeline(weather.move), tokens, admin, weather)
        world.offered = frozenset((await rest.read("evaluation/openapi.json"))["paths"])
        world.county = (await rest.do("POST", "roster/organizations", admin, {"kind": "county", "name": "随机县"}))["id"]
        year = {"holidays": FREE_2027, "workdays": MADE_UP_2027, "source": "随机县的日历"}
        await rest.do("PUT", "roster/calendar/years/2027", admin, year)
        (supervisor,) = await tokens(["county_supervisor"], world.county, [])
        body = {"organization_id": world.county, "code": "county", "title": "县积分办法", "rules": lots.DEFAULT_RULES}
        await rest.do("POST", "evaluation/rulebooks", supervisor, body)
        return world


@dataclass(eq=False)
class Town:
    """One random town. The rulebook of the county above it must never be used: the town has its own."""

    world: World
    seed: int
    lot: random.Random
    branches: list[Branch]
    people: list[Person] = field(default_factory=list)
    books: Books = field(default_factory=lambda: Books(rules={}))
    id: str = ""
    secretaries: dict[Branch, str] = field(default_factory=dict)
    committees: dict[str, str] = field(default_factory=dict)
    officers: dict[str, str] = field(default_factory=dict)
    rulebook: str = ""
    supervisor: str = ""
    supervision: Supervision = field(default_factory=lambda: Supervision(Ledger()))
    meetings: dict[Branch, annual_meetings.Held] = field(default_factory=dict)
    rolls: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a review is opened or annulled or somebody is excused: who stands where must be in the books before the next one asks."""

    @classmethod
    def drawn(cls, world: World, seed: int, count: int) -> Town:
        """The town of this seed, not yet founded."""
        lot = random.Random(seed)  # noqa: S311 - a lot that can be drawn again
        return cls(world, seed, lot, branches(lot, count))

    async def live(self, review: Callable[[Town, Branch, str], Coroutine[Any, Any, None]]) -> None:
        """Found the town and live the year; `review` is what a branch does once a half-year has ended."""
        await self.world.timeline.until(SETTLED)
        await self._found()
        for period, eve in (("2026-H1", date(2026, 6, 25)), ("2026-H2", date(2026, 12, 20))):
            await self.world.timeline.until(eve)
            await self._change_the_roster(eve)
            await record_half_year(self, period)
            if period == "2026-H1" and self.lot.random() < 0.5:
                await self._revise_the_rulebook()
            await self.world.timeline.together(*(review(self, branch, period) for branch in self.branches), supervise(self, period))
        await self.world.timeline.until(max(MEETINGS_FROM, self.world.timeline.today + timedelta(days=1)))
        await self.world.timeline.together(*(annual_meetings.hold(self, branch) for branch in self.branches))

    def person(self, member: str) -> Person:
        """The member of this id."""
        return next(person for person in self.people if person.id == member)

    # Founding

    async def _found(self) -> None:
        rest, admin = self.world.rest, self.world.admin
        town = {"kind": "town", "name": f"随机镇{self.seed}", "parent_id": self.world.county, "code": f"T{self.seed}"}
        self.id = (await rest.do("POST", "roster/organizations", admin, town))["id"]
        for branch in self.branches:
            self.people += settle(self.lot, branch)
            await self._found_branch(branch)
        await self._give_tokens()
        await self._name_kin()
        rules = lots.rules(self.lot)
        self.supervision.ledger.start = Fraction(rules["responsibility"]["start"])
        self.books.rules = {"2026-H1": rules, "2026-H2": rules, "2027-H1": rules}
        body = {"organization_id": self.id, "code": "town", "title": f"随机镇{self.seed}积分办法", "rules": rules}
        self.rulebook = (await rest.do("POST", "evaluation/rulebooks", self.officer(), body))["id"]

    async def _found_branch(self, branch: Branch) -> None:
        rest, admin = self.world.rest, self.world.admin
        body = {"kind": "branch", "name": branch.name, "parent_id": self.id, "code": f"T{self.seed}B{branch.opens_after}"}
        branch.id = (await rest.do("POST", "roster/organizations", admin, body))["id"]
        for key in branch.groups:
            body = {"kind": "group", "name": key, "parent_id": branch.id}
            branch.groups[key] = (await rest.do("POST", "roster/organizations", admin, body))["id"]
        for person in [person for person in self.people if person.homes[0][1] is branch]:
            group = person.homes[0][2]
            member = {"name": person.name, "branch_id": branch.id, "joined_on": f"{person.joined_on}", "status": person.states[0][1]}
            member |= {"group_id": branch.groups[group]} if group else {}
            person.id = (await rest.do("POST", "roster/members", admin, member))["id"]
            if person.is_floating:
                await rest.do("POST", f"roster/members/{person.id}/floating", admin, {"since": "2026-03-01", "place": "兰州市"})
        for number, person in enumerate(branch.committee):
            post = "secretary" if number == 0 else self.lot.choice(["deputy", "committee", "village_committee"])
            body = {"post": post, "organization_id": branch.id, "from": "2026-03-15"}
            await rest.do("POST", f"roster/members/{person.id}/posts", admin, body)

    async def _give_tokens(self) -> None:
        everybody = [person.id for person in self.people]
        secretaries = [branch.secretary.id for branch in self.branches]
        committees = [person.id for branch in self.branches for person in branch.committee]
        officers = [person.id for person in max(self.branches, key=lambda branch: branch.size).committee[:3]]
        officers += [person for person in everybody if person not in committees][-3:]  # who sits on no committee scored nobody
        (self.supervisor,) = await self.world.tokens(["county_supervisor"], self.world.county, [])
        members, secretary, committee, officer = await asyncio.gather(
            self.world.tokens(["member"], None, everybody),
            self.world.tokens(["branch_secretary"], self.id, secretaries),
            self.world.tokens(["committee_member"], self.id, committees),
            self.world.tokens(["town_officer"], self.id, officers),
        )
        for person, token in zip(self.people, members, strict=True):
            person.token = token
        self.secretaries = dict(zip(self.branches, secretary, strict=True))
        self.committees = dict(zip(committees, committee, strict=True))
        self.officers = dict(zip(officers, officer, strict=True))

    def officer(self, *without: str) -> str:
        """The token of a town officer who is none of these members."""
        return next(token for member, token in self.officers.items() if member not in without)

    async def _name_kin(self) -> None:
        for branch in self.branches:
            others = [person for person in self.people if person.homes[0][1] is branch]
            if len(others) < 3 or self.lot.random() < 0.4:
                continue
            one, other = self.lot.sample([branch.committee[1], *(person for person in others if person is not branch.committee[1])], 2)
            for person, kin in ((one, other), (other, one)):
                person.kin.add(kin.id)
                body = {"kin": [{"member_id": kin.id, "from": "2026-03-20"}]}
                await self.world.rest.do("PUT", f"roster/members/{person.id}/kin", person.token, body)

    async def _revise_the_rulebook(self) -> None:
        """Propose a version for the next half-year; a second officer adopts it, the first may not."""
        rules = lots.revised(self.lot, dict(self.books.rules["2026-H1"]))
        body = {"organization_id": self.id, "code": "town", "title": "积分办法（修订）", "rules": rules, "from_period": "2026-H2"}
        first, second, *_ = self.officers.values()
        version = (await self.world.rest.do("POST", f"evaluation/rulebooks/{self.rulebook}/versions", first, body))["version"]
        adoption = f"evaluation/rulebooks/{self.rulebook}/versions/{version}/adoption"
        await self.world.rest.refused("same_person", "POST", adoption, first, {}, status=403)
        await self.world.rest.do("POST", adoption, second, {})
        self.books.rules |= {"2026-H2": rules, "2027-H1": rules}

    # What changes in the roster

    async def _change_the_roster(self, eve: date) -> None:
        """Some are suspended or leave, some move to another branch of the town; whoever holds a post stays."""
        month = date(eve.year, eve.month, 1)
        for person in self.people:
            free = not is_post_holder(person) and person.home(eve)[0].size > 4 and person.state(eve) in {"full", "probationary"}
            lot = self.lot.random()
            if free and lot < 0.06:
                await self._set_status(person, self.lot.choice(["suspended", "left", "deceased"]), lots.day(self.lot, month, eve))
            elif free and lot < 0.18:
                await self._move(person, lots.day(self.lot, month, eve))

    async def _set_status(self, person: Person, status: str, on: date) -> None:
        body = {"status": status, "on": on, "reason": "随机变动"}
        await self.world.rest.do("POST", f"roster/members/{person.id}/status", self.officer(), body)
        person.states.append((on, status))

    async def _move(self, person: Person, on: date) -> None:
        branch = self.lot.choice([branch for branch in self.branches if branch is not person.home(on)[0]])
        group = self.lot.choice([*branch.groups, None])
        body = {"branch_id": branch.id, "on": on, "reason": "迁居"} | ({"group_id": branch.groups[group]} if group else {})
        await self.world.rest.do("POST", f"roster/members/{person.id}/transfer", self.officer(), body)
        person.homes.append((on, branch, group))
