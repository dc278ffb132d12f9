"""A town to measure on: branches of 49 members in peer review, so that a ballot scores 48; roster and evaluation as real processes."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import msgspec

from benchmarks.client import answers, request
from benchmarks.served import WITHOUT_LOG
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.roster.issuer import Issuer
from shared.settings import ServiceName, Settings
from shared.store import Log
from tests.journeys.processes import ROOT, SERVICES, Cell, free_ports

CLOCK = "manual:2026-07-02T02:00:00Z"
MEMBERS_A_BRANCH = 49
READY_BALLOTS = 600
CLIENTS = 8
ITEMS = ("study", "meeting", "dues", "duty")
encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass
class Town:
    """The running town: who votes in which review, and what they send."""

    cell: Cell
    settings: Settings
    issuer: Issuer
    voters: list[tuple[str, str]] = field(default_factory=list)
    """(review, member)"""
    branches: dict[str, list[str]] = field(default_factory=dict)
    branch_of: dict[str, str] = field(default_factory=dict)
    secretary: str = ""
    id: str = ""

    @property
    def port(self) -> int:
        """Where evaluation listens."""
        return self.settings.address_of("evaluation")[1]

    def do(self, service: str, method: str, path: str, body: object, token: str) -> Any:  # noqa: ANN401 - JSON
        """The answer of something that must succeed."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = httpx.request(method, self.cell.urls[service] + path, content=encode(body), headers=headers, timeout=30)
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.text}")
        return answer.json()

    @cached_property
    def entries(self) -> Iterator[tuple[str, bytes]]:
        """Path and body of entries that are all different, member by member; each is given out once."""
        members = [member for _, member in self.voters]
        for number, item in itertools.product(range(180), ITEMS):
            day = (date(2026, 1, 1) + timedelta(number)).isoformat()
            for member in members:
                yield "/entries", encode({"member_id": member, "item": item, "occurred_on": day})

    def entry_requests(self, prefix: str = "") -> Iterator[bytes]:
        """Entries as they go over the wire; `prefix` /no-op for the reference."""
        return (request("POST", prefix + path, self.secretary, body, Log.new_id()) for path, body in self.entries)

    def ballot_requests(self, prefix: str = "") -> Iterator[bytes]:
        """Ballots of some hundred voters, again and again, made beforehand."""
        ready = [self._ballot(voter, prefix) for voter in self.voters[:READY_BALLOTS]]
        return (with_key(ballot) for ballot in itertools.cycle(ready))

    def evening_requests(self) -> Iterator[bytes]:
        """Ballots of all voters, one each and then from the start, each made when it is due."""
        return (with_key(self._ballot(voter)) for voter in itertools.cycle(self.voters))

    def _ballot(self, voter: tuple[str, str], prefix: str = "") -> tuple[str, str, bytes]:
        review, member = voter
        peers = [one for one in self.branches[self.branch_of[member]] if one != member]
        scores = {peer: {dimension.code: 12.5 + number % 7 for dimension in DEFAULT_RULES.dimensions} for number, peer in enumerate(peers)}
        token = self.issuer.token(["member"], None, member)
        return f"{prefix}/reviews/{review}/ballots/{member}", token, encode({"scores": scores})

    def all(self, service: ServiceName, method: str, token: str, asked: Iterable[tuple[str, object]]) -> list[Any]:
        """The answers to many requests (path, body) that must succeed, some at a time."""
        port = self.settings.address_of(service)[1]
        found = answers(port, [request(method, path, token, encode(body), Log.new_id()) for path, body in asked], CLIENTS)
        return [msgspec.json.decode(body) for body in found]

    @contextmanager
    def notice(self) -> Iterator[int]:
        """The port of the notice service, which runs meanwhile."""
        _start(self.cell, "notice")
        yield self.settings.address_of("notice")[1]
        self.cell.stop("notice")


def with_key(ballot: tuple[str, str, bytes]) -> bytes:
    """A ballot as it goes over the wire, under a fresh key."""
    path, token, body = ballot
    return request("PUT", path, token, body, Log.new_id())


@contextmanager
def running_town(branches: int, database: str | None, county: str = "local", *, is_published: bool = True) -> Iterator[Town]:
    """The town, made through REST; its processes end with it. Not `is_published`: evaluation's log has no tree and no checkpoints."""
    with tempfile.TemporaryDirectory() as folder:
        urls = {service: f"http://127.0.0.1:{port}" for service, port in zip(SERVICES, free_ports(3), strict=True)}
        own = {"XINGQI_COUNTY": county} | ({"XINGQI_DATABASE_URL": database} if database else {})
        cell = Cell(Path(folder), CLOCK, urls, settings=own)
        named = {f"{service}_url": url for service, url in urls.items()}
        settings = Settings(data=Path(folder) / "data", database_url=database, county=county, clock=CLOCK, _env_file=None, **named)  # type: ignore[arg-type]
        try:
            cell.start("roster")
            _start(cell, "evaluation", *([] if is_published else [WITHOUT_LOG]))
            town = Town(cell, settings, Issuer(settings))
            _settle(town, branches)
            yield town
        finally:
            cell.stop()


def _start(cell: Cell, service: str, *arguments: str) -> None:
    with (cell.folder / f"{service}.log").open("ab") as log:
        cell.running[service] = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.served", service, *arguments],
            env=cell.environment(), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    cell.wait_until_ready(service)


def _settle(town: Town, branches: int) -> None:
    admin = town.issuer.token(["admin"])
    county = town.do("roster", "POST", "/organizations", {"kind": "county", "name": "county"}, admin)["id"]
    town.id = town.do("roster", "POST", "/organizations", {"kind": "town", "name": "town", "parent_id": county}, admin)["id"]
    officer, town.secretary = town.issuer.token(["town_officer"], town.id), town.issuer.token(["branch_secretary"], town.id)
    _people(town, branches, admin)
    rulebook = {"organization_id": town.id, "code": "XH", "title": "积分办法", "rules": DEFAULT_RULES}
    town.do("evaluation", "POST", "/rulebooks", rulebook, officer)
    opening = [("/reviews", {"branch_id": branch, "period": "2026-H1"}) for branch in town.branches]
    reviews = [opened["id"] for opened in town.all("evaluation", "POST", town.secretary, opening)]
    town.all("evaluation", "POST", town.secretary, ((f"/reviews/{review}/phase", {"to": "peer_review"}) for review in reviews))
    town.voters = [(review, member) for review, members in zip(reviews, town.branches.values(), strict=True) for member in members]


def _people(town: Town, branches: int, admin: str) -> None:
    found = [("/organizations", {"kind": "branch", "name": f"branch {number}", "parent_id": town.id}) for number in range(branches)]
    ids = [branch["id"] for branch in town.all("roster", "POST", admin, found)]
    person = {"name": "王秀兰", "joined_on": "2010-07-01", "status": "full"}
    joining = [("/members", {**person, "branch_id": branch}) for branch in ids for _ in range(MEMBERS_A_BRANCH)]
    members = iter([member["id"] for member in town.all("roster", "POST", admin, joining)])
    town.branches = {branch: list(itertools.islice(members, MEMBERS_A_BRANCH)) for branch in ids}
    town.branch_of = {member: branch for branch, members in town.branches.items() for member in members}
    committee = [
        (f"/members/{member}/posts", {"post": "committee", "organization_id": branch, "from": "2020-01-01"})
        for branch, members in town.branches.items()
        for member in members[:4]
    ]
    town.all("roster", "POST", admin, committee)
