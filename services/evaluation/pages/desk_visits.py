"""A visit of the supervisor's desk: which branches it may look at, in which half-year, what they owe, and where to look.

The county's supervisor sees its county with the leads; a town's officer sees its town's branches without them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from services.evaluation.pages.branches import half_years
from services.evaluation.pages.visits import Visit
from services.evaluation.projections.leads import leads_of
from services.evaluation.projections.reviews import REVIEWS
from services.evaluation.projections.roster import OrganizationFacts
from shared.calendar import HalfYear
from shared.errors import Unknown
from shared.pinyin import syllables
from shared.web import Doorway

SUPERVISOR = "county_supervisor"
GRADES = ("look", "formal")
"""The levels that are leads; a `note` is shown and accuses nobody."""
DONE_WITH = frozenset({"explained", "finding", "closed"})
"""The states in which a lead waits for nobody."""


@dataclass
class Desk:
    """What one request of the desk knows: `branches` and `towns` by name, `own`: the organisations that the caller answers for."""

    visit: Visit
    branches: list[OrganizationFacts]
    towns: dict[str, OrganizationFacts]
    own: frozenset[str]
    supervised: list[str]
    period: str

    @property
    def is_county(self) -> bool:
        """Whether the caller sees leads."""
        return bool(self.supervised)

    @property
    def today(self) -> date:
        """The business day."""
        return self.visit.door.log.today()

    def town_of(self, branch: OrganizationFacts) -> str:
        """The id of what the branch stands under."""
        return branch.parent_id or ""

    def branch(self, branch_id: str) -> OrganizationFacts:
        """One of the branches. Raises Unknown for any other organisation."""
        found = next((one for one in self.branches if one.organization_id == branch_id), None)
        if found is None:
            raise Unknown
        return found

    async def obligations(self) -> list[dict[str, Any]]:
        """All that the caller's organisations owe or owed, the earliest due first."""
        return await self.visit.own.every("/obligations")

    async def leads(self, period: str | None = None, levels: tuple[str, ...] = GRADES) -> list[dict[str, Any]]:
        """The leads of the half-year in the county; none for a town's officer."""
        found: list[dict[str, Any]] = []
        for organization_id in self.supervised:
            asked = {"organization_id": organization_id, "period": period or self.period, "limit": None}
            found += await self.visit.own.every("/audits/fairness", **asked)
        return [one for one in found if one["level"] in levels]

    async def leads_elsewhere(self) -> list[tuple[str, int]]:
        """How many recorded leads wait in other half-years than the one that is looked at, the newest half-year first; for the county."""
        if not self.is_county:
            return []
        rows = await leads_of(await self.visit.door.snapshot(), [one.organization_id for one in self.branches], levels=GRADES)
        waiting = [row["period"] for row in rows if row["state"] not in DONE_WITH and not row["is_gone"]]
        return sorted(((period, waiting.count(period)) for period in set(waiting) - {self.period}), reverse=True)

    def common(self, tab: str) -> dict[str, Any]:
        """What the head of each page of the desk needs."""
        return {"desk": self, "tab": tab, "period": self.period, "periods": half_years(self.visit), "is_county": self.is_county}


async def at_desk(door: Doorway, period: str | None = None) -> Desk:
    """The desk of somebody who may have one. Raises NotAllowed."""
    scopes = await door.scopes()
    visit = Visit(door)
    places = cast(Any, door.places)
    if scopes is not None and any(visit.mirror.organization(one) is None for one in scopes):
        await places.catch_up_with_roster()
    known = visit.mirror.organizations() if scopes is None else [one for top in scopes for one in visit.mirror.organizations_under(top)]
    by_id = {one.organization_id: one for one in known}
    branches = sorted((one for one in by_id.values() if one.kind == "branch"), key=name_order)
    towns = {one.parent_id: visit.mirror.organization(one.parent_id) for one in branches if one.parent_id}
    return Desk(
        visit=visit,
        branches=branches,
        towns={key: town for key, town in sorted(towns.items(), key=lambda each: name_order(each[1])) if town},
        own=scopes or frozenset(one.organization_id for one in known if one.kind == "county"),
        supervised=_supervised(door, known),
        period=period or await _newest_period(visit, {one.organization_id for one in branches}),
    )


def _supervised(door: Doorway, known: list[OrganizationFacts]) -> list[str]:
    grants = [grant for grant in door.caller.grants if grant.role == SUPERVISOR]
    if any(grant.organization_id is None for grant in grants):
        return [one.organization_id for one in known if one.kind == "county"]
    return [grant.organization_id for grant in grants if grant.organization_id]


async def _newest_period(visit: Visit, branches: set[str]) -> str:
    """The newest half-year that one of the branches has reviewed; the last one that has ended where none was."""
    ended = half_years(visit)[1]
    snapshot = await visit.door.snapshot()
    for period in half_years(visit):
        rows = await snapshot.rows(REVIEWS, period=period)
        if any(row["branch_id"] in branches and row["phase"] != "annulled" for row in rows):
            return period
    return ended


def name_order(organization: OrganizationFacts | None) -> tuple[list[str], str]:
    """By the pinyin of the name: there is no league table."""
    name = organization.name if organization else ""
    return syllables(name), name


def counted_by_branch(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Leads, by the branch that they are about."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in rows:
        found[one["branch_id"]].append(one)
    return found


def end_of(period: str) -> date:
    """The last day of the half-year, from which the schedule counts."""
    return HalfYear.parse(period).last_day
