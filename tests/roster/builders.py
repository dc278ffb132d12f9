"""What tests of the roster build: members by their facts, and a roster that answers, with the people who call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from services.roster.app import make_app
from services.roster.domain.members import Member, evolve
from services.roster.events.members import (
    MemberFloating,
    MemberJoined,
    MemberReturned,
    MemberTransferred,
    PostAssigned,
    StatusChanged,
)
from services.roster.issuer import Issuer
from shared.events import Event, Recorded, TextRef
from shared.settings import Settings

TODAY = date(2026, 11, 25)
WRITTEN = TextRef(id="text", hash="0" * 64)
OFFICER = "officer"


def recorded(event: Event, version: int = 1) -> Recorded:
    """An event as a log would give it."""
    return Recorded(version, "stream", version, datetime(2026, 11, 25, tzinfo=UTC), event)


def member(*facts: Event, since: str = "2010-07-01", status: str = "full", branch: str = "north", group: str | None = None) -> Member:
    """A member who joined so, and these later facts in the order of recording."""
    joined = MemberJoined(
        member_id="member",
        branch_id=branch,
        group_id=group,
        joined_on=date.fromisoformat(since),
        in_branch_since=date.fromisoformat(since),
        status=status,
        recorded_by=OFFICER,
    )
    state = Member()
    for version, event in enumerate([joined, *facts], start=1):
        state = evolve(state, recorded(event, version))
    return state


def moved(on: str, branch: str, group: str | None = None) -> MemberTransferred:
    """A transfer."""
    return MemberTransferred(
        member_id="member", branch_id=branch, group_id=group, on=date.fromisoformat(on), reason=WRITTEN, recorded_by=OFFICER
    )


def became(status: str, on: str) -> StatusChanged:
    """Another status."""
    return StatusChanged(member_id="member", status=status, on=date.fromisoformat(on), reason=WRITTEN, recorded_by=OFFICER)


def away(since: str) -> MemberFloating:
    """Away working."""
    return MemberFloating(member_id="member", since=date.fromisoformat(since), place=WRITTEN, host_branch_id=None, recorded_by=OFFICER)


def back(on: str) -> MemberReturned:
    """Back again."""
    return MemberReturned(member_id="member", on=date.fromisoformat(on), recorded_by=OFFICER)


def holds(post: str, at: str, since: str, to: str | None = None) -> PostAssigned:
    """A post."""
    last = date.fromisoformat(to) if to else None
    return PostAssigned(
        member_id="member", post=post, organization_id=at, from_on=date.fromisoformat(since), to_on=last, recorded_by=OFFICER
    )


@dataclass
class Roster:
    """A running roster with a county, a town, two branches, and two groups of the first one."""

    app: FastAPI
    client: httpx.AsyncClient
    issuer: Issuer
    places: dict[str, str] = field(default_factory=dict)

    @property
    def admin(self) -> str:
        """A token of the administrator of the whole cell."""
        return self.issuer.token(["admin"])

    @property
    def service(self) -> str:
        """A token of another service."""
        return self.issuer.token(["service"])

    def token(self, role: str, place: str, member: str | None = None) -> str:
        """A token of somebody who holds `role` at one of the places."""
        return self.issuer.token([role], self.places.get(place, place), member)

    def of_member(self, member: str) -> str:
        """A token of a member."""
        return self.issuer.token(["member"], None, member)

    async def send(self, method: str, path: str, body: object = None, by: str | None = None, **headers: str) -> httpx.Response:
        """Whatever the roster answers; the administrator calls where nobody else is named."""
        sent = {"Authorization": f"Bearer {by or self.admin}", **headers}
        return await self.client.request(method, path, json=body, headers=sent)

    async def do(self, method: str, path: str, body: object = None, by: str | None = None, **headers: str) -> Any:  # noqa: ANN401 - JSON
        """The answer of a command or a read that must succeed."""
        answer = await self.send(method, path, body, by, **headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def refused(self, code: str, method: str, path: str, body: object = None, by: str | None = None) -> dict[str, Any]:
        """The problem of something that must be refused with this code."""
        answer = await self.send(method, path, body, by)
        assert 400 <= answer.status_code < 500, answer.text
        problem: dict[str, Any] = answer.json()
        assert problem["code"] == code, problem
        return problem

    async def found(self, kind: str, name: str, parent: str | None = None, **more: str) -> str:
        """The id of a new organisation under one of the places; it is remembered under `name`."""
        body = {"kind": kind, "name": name, **more} | ({"parent_id": self.places.get(parent, parent)} if parent else {})
        self.places[name] = (await self.do("POST", "/organizations", body))["id"]
        return self.places[name]

    async def join(self, name: str = "王秀兰", branch: str = "north", group: str | None = None, **more: object) -> str:
        """The id of a new member."""
        body = {"name": name, "branch_id": self.places[branch], "joined_on": "2010-07-01", "status": "full", **more}
        body |= {"group_id": self.places[group]} if group else {}
        identity: str = (await self.do("POST", "/members", body))["id"]
        return identity

    async def electorate(self, branch: str = "north", on: str = "2026-11-25", as_of: str = "") -> dict[str, Any]:
        """The electorate of a branch."""
        query = f"?on={on}" + (f"&as_of={as_of}" if as_of else "")
        answer: dict[str, Any] = await self.do("GET", f"/branches/{self.places[branch]}/electorate{query}", by=self.service)
        return answer

    async def voters(self, branch: str = "north", on: str = "2026-11-25", as_of: str = "") -> list[str]:
        """Who is of the electorate, by id."""
        return [one["member_id"] for one in (await self.electorate(branch, on, as_of))["members"]]


@asynccontextmanager
async def running_roster(data: Path, clock: str = "manual:2026-11-25T02:00:00Z") -> AsyncIterator[Roster]:
    """A roster on the data folder `data`, as a real app with its projector, without a network."""
    settings = Settings(data=data, clock=clock, _env_file=None)
    app = make_app(settings, shows_defects=True)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://roster") as client:
        yield Roster(app, client, Issuer(settings))


async def settle(roster: Roster) -> None:
    """Found the county, its town, the branches `north` and `south`, and the groups `first` and `second` of `north`."""
    await roster.found("county", "county")
    await roster.found("town", "town", "county")
    await roster.found("branch", "north", "town")
    await roster.found("branch", "south", "town")
    await roster.found("group", "first", "north")
    await roster.found("group", "second", "north")
    await roster.found("group", "far", "south")
