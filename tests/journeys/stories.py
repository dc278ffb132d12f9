"""A small town on real services for the stories that the journeys tell: readable steps, one branch a story."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.journeys.lots import DEFAULT_RULES
from tests.journeys.processes import Cell, running
from tests.journeys.rest import Json, Query

START = "manual:2026-07-02T02:00:00Z"
FULL = {"conviction": 18, "discipline": 18, "contribution": 18, "morality": 18, "conduct": 18}
ITEMS = [
    *DEFAULT_RULES["items"],
    {"code": "help", "title": "帮扶困难群众", "kind": "bonus", "points": {"from": 1, "to": 20}, "cap": 40, "evidence": False},
]
TIMEOUT_SECONDS = 20


@dataclass
class Branch:
    """A branch of the story: its members by name, each with a token; the secretary and the committee are the first three."""

    id: str
    members: dict[str, str]
    tokens: dict[str, str]
    secretary: str
    committee: str
    review: str = ""

    def member(self, name: str) -> str:
        """The id of a member."""
        return self.members[name]

    @property
    def team(self) -> list[str]:
        """The ids of the committee team."""
        return list(self.members.values())[:3]

    def sheet(self, rater: str, scores: Mapping[str, int] = FULL, without: Sequence[str] = ()) -> dict[str, Any]:
        """A whole ballot of `rater`: the same scores for everybody else."""
        return {member: dict(scores) for name, member in self.members.items() if name != rater and name not in without}


@dataclass
class Town:
    """The town of the stories: its cell, its two officers, and steps that are taken in many stories."""

    cell: Cell
    http: httpx.Client
    admin: str
    county: str = ""
    id: str = ""
    officer: str = ""
    second_officer: str = ""
    rules: dict[str, Any] = field(default_factory=lambda: {**deepcopy(DEFAULT_RULES), "items": ITEMS})
    count: int = 0

    def call(self, method: str, place: str, by: str | None = None, body: Json = None, **query: Query) -> httpx.Response:
        """`POST evaluation/entries`: whatever comes back."""
        return self.send(method, place, by, body, query=query)

    def send(
        self,
        method: str,
        place: str,
        by: str | None = None,
        body: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Query] | None = None,
    ) -> httpx.Response:
        """The same with headers of one's own."""
        service, _, path = place.partition("/")
        sent = dict(headers or {}) | ({"Authorization": f"Bearer {by}"} if by else {})
        return self.http.request(method, f"{self.cell.urls[service]}/{path}", json=body, params=query, headers=sent)

    def do(self, method: str, place: str, by: str, body: Json = None) -> Json:
        """A command that must succeed; its answer."""
        answer = self.send(method, place, by, body)
        assert answer.is_success, f"{method} {place}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def read(self, place: str, by: str | None = None, **query: Query) -> Json:
        """A read that must succeed."""
        answer = self.send("GET", place, by, query=query)
        assert answer.status_code == 200, f"GET {place}: {answer.status_code} {answer.text}"
        return answer.json()

    def refused(self, expected: tuple[int, str], method: str, place: str, by: str | None, body: Json = None) -> Json:
        """A call that must be refused, with this status and problem code; the problem."""
        answer = self.send(method, place, by, body)
        assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == expected, f"{method} {place}: {answer.status_code} {answer.text}"
        return problem

    def now(self, instant: str) -> None:
        """Move the clock of all three services."""
        for service in self.cell.urls:
            self.do("PUT", f"{service}/clock", self.admin, {"now": instant})

    def found(self) -> None:
        """County, town, two officers and the rulebook."""
        self.county = self.do("POST", "roster/organizations", self.admin, {"kind": "county", "name": "故事县"})["id"]
        body = {"kind": "town", "name": "故事镇", "parent_id": self.county, "code": "GS"}
        self.id = self.do("POST", "roster/organizations", self.admin, body)["id"]
        organs = self.branch(["镇一", "镇二"], tokens=False)
        self.officer, self.second_officer = self.cell.tokens(["town_officer"], self.id, list(organs.members.values()))
        rulebook = {"organization_id": self.id, "code": "story", "title": "故事镇积分办法", "rules": self.rules}
        self.do("POST", "evaluation/rulebooks", self.officer, rulebook)

    def branch(self, names: Sequence[str], *, tokens: bool = True) -> Branch:
        """A branch of these people; the first is its secretary, the next two are of its committee."""
        self.count += 1
        body = {"kind": "branch", "name": f"故事村{self.count}党支部", "parent_id": self.id, "code": f"GS{self.count}"}
        branch = self.do("POST", "roster/organizations", self.admin, body)["id"]
        members = {}
        for name in names:
            joined = {"name": name, "branch_id": branch, "joined_on": "2015-07-01", "status": "full"}
            members[name] = self.do("POST", "roster/members", self.admin, joined)["id"]
        for member, post in zip(members.values(), ("secretary", "deputy", "committee"), strict=False):
            body = {"post": post, "organization_id": branch, "from": "2020-01-01"}
            self.do("POST", f"roster/members/{member}/posts", self.admin, body)
        if not tokens:
            return Branch(branch, members, {}, "", "")
        ids = list(members.values())
        secretary, committee = self.cell.tokens(["branch_secretary", "committee_member"], branch, ids[:2])
        by_name = dict(zip(members, self.cell.tokens(["member"], None, ids), strict=True))
        return Branch(branch, members, by_name, secretary, committee)

    def entry(self, branch: Branch, name: str, item: str = "study", on: str = "2026-06-01", **more: Json) -> str:
        """An entry about a member; its id."""
        body = {"member_id": branch.member(name), "item": item, "occurred_on": on, "evidence": [], **more}
        return str(self.do("POST", "evaluation/entries", branch.secretary, body)["id"])

    def open(self, branch: Branch, **more: Json) -> str:
        """Open the review of the first half of 2026."""
        body = {"branch_id": branch.id, "period": "2026-H1", "excused": [], **more}
        branch.review = self.do("POST", "evaluation/reviews", branch.secretary, body)["id"]
        return branch.review

    def to(self, branch: Branch, phase: str, by: str | None = None, **more: Json) -> None:
        """Move the branch's review on."""
        self.do("POST", f"evaluation/reviews/{branch.review}/phase", by or branch.secretary, {"to": phase, **more})

    def ballot(self, branch: Branch, name: str, scores: Mapping[str, int] = FULL) -> Json:
        """The member's own ballot, the same scores for everybody."""
        place = f"evaluation/reviews/{branch.review}/ballots/{branch.member(name)}"
        return self.do("PUT", place, branch.tokens[name], {"scores": branch.sheet(name, scores)})

    def score_all(self, branch: Branch, score: float) -> None:
        """The whole team scores everybody the same; the scores of the team itself go up to the town."""
        attendees, reason = branch.team, "集体研究决定。"
        place = f"evaluation/reviews/{branch.review}/committee-scores"
        scores = {member: {"score": score, "reason": reason} for member in branch.members.values()}
        others = {member: given for member, given in scores.items() if member not in attendees}
        if others:
            self.do("PUT", place, branch.committee, {"attendees": attendees, "scores": others})
        own = {member: scores[member] for member in attendees}
        self.do("PUT", place, self.officer, {"attendees": [], "scores": own})

    def published(self, branch: Branch, score: float = 85) -> Branch:
        """Bring a branch's review to its publicity period: opened, voted, scored, published."""
        self.open(branch)
        self.to(branch, "peer_review")
        for name in branch.members:
            self.ballot(branch, name)
        self.to(branch, "committee_review")
        self.score_all(branch, score)
        self.to(branch, "publicity")
        return branch

    def position(self, service: str, by: str | None = None) -> int:
        """The position of the last event of a service."""
        after = 0
        while (page := self.read(f"{service}/events", by or self.admin, after=after, limit=500))["items"]:
            after = page["next"]
        return after


@contextmanager
def story_town(folder: Path, start: str = START, **settings: str) -> Iterator[Town]:
    """The town of the stories on three real services; the clock stands at `start`, two days after the half-year. `settings`:
    further variables of the services (`XINGQI_DATABASE_URL`: see `database_settings`)."""
    with running(folder, start, **settings) as cell, httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        town = Town(cell, http, cell.token("admin"))
        town.found()
        yield town


def names(count: int) -> list[str]:
    """Invented names, each once."""
    lot = random.Random(count)  # noqa: S311 - a lot that can be drawn again
    return [f"{surname}{lot.choice('明华秀兰')}{number}" for number, surname in zip(range(count), "赵钱孙李周吴郑王冯陈" * 3, strict=False)]
