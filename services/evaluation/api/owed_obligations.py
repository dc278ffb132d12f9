"""Who owes what, gathered from the views, the roster's tree and calendar, and the rulebooks; used by several routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import date
from typing import Any

from services.evaluation.api.places import RosterPlaces, places_of
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.domain import obligations
from services.evaluation.domain.obligations import Duty, Obligation, judged
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.events.rulebooks import Rules
from services.evaluation.projections.obligations import ANSWERS, COURSES, DUTIES, MEETINGS
from services.evaluation.projections.roster import OrganizationFacts
from services.evaluation.projections.supervision import FINDINGS
from shared.calendar import HalfYear, day_of
from shared.projections import Snapshot
from shared.store import Log
from shared.web import Doorway
from shared.web.fields import parse_instant


class OwedObligations:
    """What the organisations of one request owe, as of the day `today`."""

    def __init__(self, log: Log, places: RosterPlaces, snapshot: Snapshot, today: date) -> None:
        self._log = log
        self._places = places
        self._snapshot = snapshot
        self.today = today
        self._calendar = places.mirror.calendar()

    @classmethod
    async def at(cls, door: Doorway) -> OwedObligations:
        """As of the request's `as_of`, by default of the business clock."""
        snapshot, as_of = await door.snapshot(), door.request.query_params.get("as_of")
        return cls(door.log, places_of(door), snapshot, day_of(parse_instant(as_of)) if as_of else door.log.today())

    async def of(self, organizations: Iterable[OrganizationFacts]) -> list[Obligation]:
        """What each of these organisations owes, the earliest due first; what has no due date yet comes last."""
        found = []
        for one in organizations:
            of_one = self._of_branch if one.kind == "branch" else self._of_inspector
            found += [obligation async for obligation in of_one(one.organization_id)]
            rows = await self._snapshot.rows(ANSWERS, organization_id=one.organization_id)
            found += [self._answer(row, one.organization_id, one.organization_id) for row in rows if row["kind"] != "finding"]
        return sorted(found, key=place)

    async def _of_branch(self, branch_id: str) -> AsyncIterator[Obligation]:
        async for one in self._of_schedule(branch_id):
            yield one
        for row in await self._snapshot.rows(DUTIES, branch_id=branch_id):
            duty = Duty(obligations.PLEDGE, branch_id, branch_id, row["period"], row["pledge_id"])
            yield judged(duty, begins=row["announced_on"], due_on=row["due_on"], met_on=row["reported_on"], today=self.today)

    async def _of_schedule(self, branch_id: str) -> AsyncIterator[Obligation]:
        """The steps of each half-year, and the annual review meeting of each year."""
        courses = {row["period"]: row for row in await self._snapshot.rows(COURSES, branch_id=branch_id)}
        held = {row["year"]: row["held_on"] for row in await self._snapshot.rows(MEETINGS, branch_id=branch_id)}
        for period in self._periods(branch_id, courses):
            if (rules := await self._rules(branch_id, period)) is None:
                continue
            course = courses.get(str(period), {})
            done = {step: course.get(step) for step in obligations.STEPS}
            for one in obligations.of_half_year(branch_id, period, rules.schedule, done, course.get("review_id"), today=self.today):
                yield one
            if period.next().year > period.year:
                for one in obligations.of_year(branch_id, period.year, rules.schedule, held.get(period.year), self.today):
                    yield one

    async def _of_inspector(self, organization_id: str) -> AsyncIterator[Obligation]:
        """Circulars for what it found, and answers to objections against its findings."""
        findings = {row["finding_id"]: row for row in await self._snapshot.rows(FINDINGS, organization_id=organization_id)}
        for finding_id, row in findings.items():
            if row["state"] == "reversed":
                continue
            duty = Duty(obligations.CIRCULAR, organization_id, row["branch_id"], str(row["year"]), finding_id)
            met_on = day_of(row["circular_at"]) if row["circular_at"] else None
            yield await self._circular(duty, day_of(row["recorded_at"]), met_on)
        for row in await self._snapshot.rows(ANSWERS, kind="finding") if findings else ():
            if row["about_id"] in findings:
                yield self._answer(row, organization_id, findings[row["about_id"]]["branch_id"])

    def _answer(self, row: dict[str, Any], who: str, organization_id: str) -> Obligation:
        duty = Duty(obligations.OBJECTION, who, organization_id, str(HalfYear.of(row["raised_on"])), row["objection_id"])
        term = row["raised_on"], row["working_days"], self._calendar
        return obligations.of_term(duty, *term, met_on=row["decided_on"], today=self.today)

    async def _circular(self, duty: Duty, since: date, met_on: date | None) -> Obligation:
        """Within the working days in which objections are answered; without rules nobody can say by when."""
        rules = await self._rules(duty.branch_id, HalfYear.of(since))
        if rules is None:
            return judged(duty, begins=since, due_on=None, met_on=met_on, today=self.today)
        days = rules.objections.answer_within_working_days
        return obligations.of_term(duty, since, days, self._calendar, met_on=met_on, today=self.today)

    def _periods(self, branch_id: str, courses: Iterable[str]) -> list[HalfYear]:
        """Every half-year since the branch is known, and those before that it has reviewed."""
        known_since = self._places.mirror.founded_on(branch_id)
        obliged = {*obligations.half_years(known_since, self.today)} if known_since else set()
        return sorted(obliged | {HalfYear.parse(period) for period in courses})

    async def _rules(self, branch_id: str, period: HalfYear) -> Rules | None:
        try:
            return (await rules_for(self._log, await self._places.ancestry(branch_id), period)).rules
        except NoRulesInForce:
            return None


def place(one: Obligation) -> tuple[str, ...]:
    """Where an obligation stands in a list."""
    duty = one.duty
    return (one.due_on or date.max).isoformat(), duty.branch_id, duty.kind, duty.period or "", duty.about_id or ""


def line(one: Obligation, kinds: dict[str, str]) -> dict[str, Any]:
    """An obligation as it is shown; `kinds`: organisation -> its kind."""
    duty = one.duty
    return {
        "kind": duty.kind,
        "who": {"organization_id": duty.who, "kind": kinds.get(duty.who, "branch")},
        "state": one.state,
        "due_on": one.due_on,
        "since": one.since,
        "late": one.is_late,
        "about": {"period": duty.period, "branch_id": duty.branch_id, "id": duty.about_id},
        "reason": one.reason,
    }
