"""A town to measure on: branches of 49 members in peer review, so that a ballot scores 48; roster and evaluation as real processes."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import msgspec

from benchmarks.client import request
from benchmarks.served import WITHOUT_LOG
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.roster.issuer import Issuer
from shared.settings import Settings
from shared.store import Log
from tests.journeys.processes import ROOT, SERVICES, Cell, free_ports

CLOCK = "manual:2026-07-02T02:00:00Z"
MEMBERS_A_BRANCH = 49
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
    secretary: str = ""

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
        """Ballots of all voters, again and again."""
        ready = [self._ballot(review, member) for review, member in self.voters]
        return (request("PUT", prefix + path, token, body, Log.new_id()) for path, token, body in itertools.cycle(ready))

    def _ballot(self, review: str, member: str) -> tuple[str, str, bytes]:
        peers = [one for at, one in self.voters if at == review and one != member]
        scores = {peer: {dimension.code: 12.5 + number % 7 for dimension in DEFAULT_RULES.dimensions} for number, peer in enumerate(peers)}
        return f"/reviews/{review}/ballots/{member}", self.issuer.token(["member"], None, member), encode({"scores": scores})


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
            _start_evaluation(cell, [] if is_published else [WITHOUT_LOG])
            town = Town(cell, settings, Issuer(settings))
            _settle(town, branches)
            yield town
        finally:
            cell.stop()


def _start_evaluation(cell: Cell, arguments: list[str]) -> None:
    with (cell.folder / "evaluation.log").open("ab") as log:
        cell.running["evaluation"] = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.served", *arguments],
            env=cell.environment(), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    cell.wait_until_ready("evaluation")


def _settle(town: Town, branches: int) -> None:
    admin = town.issuer.token(["admin"])
    county = town.do("roster", "POST", "/organizations", {"kind": "county", "name": "county"}, admin)["id"]
    place = town.do("roster", "POST", "/organizations", {"kind": "town", "name": "town", "parent_id": county}, admin)["id"]
    officer, town.secretary = town.issuer.token(["town_officer"], place), town.issuer.token(["branch_secretary"], place)
    rulebook = {"organization_id": place, "code": "XH", "title": "积分办法", "rules": DEFAULT_RULES}
    for number in range(branches):
        found = {"kind": "branch", "name": f"branch {number}", "parent_id": place}
        branch = town.do("roster", "POST", "/organizations", found, admin)["id"]
        joining = {"name": "王秀兰", "branch_id": branch, "joined_on": "2010-07-01", "status": "full"}
        town.branches[branch] = [town.do("roster", "POST", "/members", joining, admin)["id"] for _ in range(MEMBERS_A_BRANCH)]
        for member in town.branches[branch][:4]:
            post = {"post": "committee", "organization_id": branch, "from": "2020-01-01"}
            town.do("roster", "POST", f"/members/{member}/posts", post, admin)
    town.do("evaluation", "POST", "/rulebooks", rulebook, officer)
    for branch, members in town.branches.items():
        opened = town.do("evaluation", "POST", "/reviews", {"branch_id": branch, "period": "2026-H1"}, town.secretary)["id"]
        town.do("evaluation", "POST", f"/reviews/{opened}/phase", {"to": "peer_review"}, town.secretary)
        town.voters += [(opened, member) for member in members]
