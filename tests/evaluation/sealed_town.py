"""A running town in whose log reviews with sealed ballots lie: what an examination reads, with what was planted in it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from benchmarks.fairness.sealed import Sitting, Writer, member_id
from shared.calendar import HalfYear
from shared.store import Log
from tests.evaluation.builders import Town

H1 = HalfYear(2026, 1)
SIZE = 14


def people(first: int, count: int = SIZE) -> list[str]:
    """Ids of members."""
    return [member_id(first + k) for k in range(count)]


def honest(members: list[str], seed: int, spread: float = 3.0) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """What honest raters give each other, and each one's merit."""
    rng = np.random.default_rng(seed)
    merit = {one: float(m) for one, m in zip(members, 78 + rng.normal(0, 6, len(members)), strict=True)}
    severity = {one: float(s) for one, s in zip(members, rng.normal(0, 2, len(members)), strict=True)}
    given = {
        rater: {
            ratee: float(np.clip(round(merit[ratee] + severity[rater] + rng.normal(0, spread)), 0, 100))
            for ratee in members
            if ratee != rater
        }
        for rater in members
    }
    return given, merit


def sitting(branch: str, first: int, seed: int, period: HalfYear = H1, count: int = SIZE, **more: Any) -> Sitting:  # noqa: ANN401
    """A branch's half-year without anything planted."""
    members = people(first, count)
    given, _ = honest(members, seed)
    final = {one: Decimal(round(np.mean([row[one] for row in given.values() if one in row]))) for one in members}
    return Sitting(branch, period, members, given, final, committee=members[:4], **more)


def straight(one: Sitting, rater: int = 5, score: float = 85.0) -> str:
    """Have one rater give everybody the same; returns whom."""
    who = one.members[rater]
    one.scores[who].update(dict.fromkeys(one.scores[who], score))  # type: ignore[attr-defined]
    return who


@dataclass
class Sealed:
    """The town with its log's reviews; `planted` by a word."""

    town: Town
    planted: dict[str, str] = field(default_factory=dict)
    reviews: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Log:
        """The service's log."""
        log: Log = self.town.app.state.service.log
        return log

    @property
    def supervisor(self) -> str:
        """A token of the county's supervisor."""
        return self.town.roster.token("county_supervisor", "county")

    def write(self, name: str, one: Sitting, **more: Any) -> None:  # noqa: ANN401
        """Store a review under a word."""
        self.reviews[name] = Writer(self.log).write(one, **more)

    async def examine(self, period: str = "2026-H1", from_period: str | None = None, place: str = "county") -> dict[str, Any]:
        """Begin an examination, and wait for it."""
        body: dict[str, Any] = {"organization_id": self.town.places[place], "period": period, "from_period": from_period or period}
        begun = await self.town.do("POST", "/examinations", body, self.supervisor)
        for _ in range(600):
            told: dict[str, Any] = await self.town.do("GET", f"/examinations/{begun['id']}", by=self.supervisor)
            if told["state"] != "running":
                return told
            await asyncio.sleep(0.05)
        raise TimeoutError("the examination did not end")

    async def leads(self, period: str = "2026-H1", place: str = "county", query: str = "") -> list[dict[str, Any]]:
        """The leads of a half-year as the supervisor sees them."""
        path = f"/audits/fairness?organization_id={self.town.places[place]}&period={period}&min_position={self.log.head()}{query}"
        return list((await self.town.do("GET", path, by=self.supervisor))["items"])

    async def lead(self, indicator: str, period: str = "2026-H1") -> dict[str, Any]:
        """The one lead of this indicator, whole."""
        (found,) = [one for one in await self.leads(period) if one["indicator"] == indicator]
        return await self.whole(found["id"])

    async def whole(self, lead_id: str) -> dict[str, Any]:
        """A lead with all that belongs to it."""
        told: dict[str, Any] = await self.town.do("GET", f"/leads/{lead_id}", by=self.supervisor)
        return told
