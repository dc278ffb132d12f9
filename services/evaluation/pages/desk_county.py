"""The county at a glance: of each branch its results against the lines of the stars, its steps against the schedule, its leads. By name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.pages import charts
from services.evaluation.pages.charts import Tick
from services.evaluation.pages.desk_tables import Heading, Sheet
from services.evaluation.pages.desk_visits import Desk, counted_by_branch, end_of
from services.evaluation.pages.says import DEADLINES, PHASES
from services.evaluation.projections.reviews import REVIEWS
from services.evaluation.projections.roster import OrganizationFacts
from services.evaluation.projections.standings import rated_in
from shared.calendar import HalfYear
from shared.projections import Snapshot, Values
from shared.web.languages import message

STEPS = ("review_opened", "peer_review_closed", "committee_review_held", "results_published", "review_confirmed")
HALF = Decimal("0.5")
HEADINGS = (
    Heading("town_id", "", is_for="programs"),
    Heading("branch_id", "", is_for="programs"),
    Heading("town", message("镇"), is_for="people"),
    Heading("branch", message("支部"), is_for="people"),
    Heading("period", message("半年")),
    Heading("phase", message("阶段")),
    Heading("rated", message("参评"), "count"),
    Heading("lowest", message("最低分"), "score"),
    Heading("median", message("中位数"), "score"),
    Heading("highest", message("最高分"), "score"),
    Heading("three", message("三星"), "count"),
    Heading("two", message("二星"), "count"),
    Heading("one", message("一星"), "count"),
    Heading("none", message("无星"), "count"),
    Heading("late", message("晚的步骤"), "count"),
    Heading("days_late", message("最多晚几天"), "count"),
)
OF_LEADS = (Heading("leads", message("疑点"), "count"), Heading("formal", message("其中需正式询问"), "count"))


@dataclass(frozen=True)
class Glance:
    """A branch in one half-year. `scores` and `stars` of the members with a result; `steps`: those that the schedule obliges to."""

    branch: OrganizationFacts
    town_id: str
    review: Values | None = None
    scores: Sequence[Decimal] = ()
    stars: Counter[int] = field(default_factory=Counter)
    lines: Sequence[Decimal] = ()
    steps: Sequence[Tick] = ()
    days_late: int = 0
    leads: Sequence[dict[str, Any]] = ()

    @property
    def late(self) -> int:
        """How many steps came too late, or have not come although they are due."""
        return sum(step.is_late for step in self.steps)

    @property
    def formal(self) -> int:
        """How many of the leads are to be asked about formally."""
        return sum(one["level"] == "formal" for one in self.leads)

    @property
    def median(self) -> Decimal | None:
        """The middle result."""
        ordered = sorted(self.scores)
        return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2 if ordered else None


async def glances(desk: Desk, branches: Sequence[OrganizationFacts]) -> list[Glance]:
    """The branches in the desk's half-year, in this order."""
    snapshot = await desk.visit.door.snapshot(is_current=True)
    ids = {one.organization_id for one in branches}
    rows = [row for row in await snapshot.rows(REVIEWS, period=desk.period) if row["phase"] != "annulled" and row["branch_id"] in ids]
    reviews = {row["branch_id"]: row for row in rows}
    steps = steps_by_branch(desk, await desk.obligations())
    leads = counted_by_branch(await desk.leads())
    return [
        Glance(
            branch=one,
            town_id=desk.town_of(one),
            review=reviews.get(one.organization_id),
            lines=await lines_of(desk, one.organization_id),
            steps=(of_branch := steps.get(one.organization_id, [])),
            days_late=max((((step.on or desk.today) - step.due_on).days for step in of_branch if step.is_late), default=0),
            leads=leads[one.organization_id],
            **await _results(snapshot, reviews.get(one.organization_id)),
        )
        for one in branches
    ]


async def _results(snapshot: Snapshot, review: Values | None) -> dict[str, Any]:
    """The scores and stars that were published in the review; none before."""
    rated = await rated_in(snapshot, review["review_id"]) if review else []
    scores = [row["score"] for row in rated if row["score"] is not None]
    return {"scores": scores, "stars": Counter(row["stars"] for row in rated if row["stars"] is not None)}


def steps_by_branch(desk: Desk, obligations: Sequence[dict[str, Any]]) -> dict[str, list[Tick]]:
    """The steps of the desk's half-year that each branch owes or owed, in their order."""
    found: dict[str, list[Tick]] = {}
    of_period = [one for one in obligations if one["about"]["period"] == desk.period and one["kind"] in STEPS and one["due_on"]]
    for one in sorted(of_period, key=lambda each: STEPS.index(each["kind"])):
        found.setdefault(one["about"]["branch_id"], []).append(tick(desk, one))
    return found


def tick(desk: Desk, one: dict[str, Any]) -> Tick:
    """An obligation as a step on the schedule."""
    on = date.fromisoformat(one["since"]) if one["state"] == "met" else None
    is_late = one["late"] or one["state"] == "overdue"
    return Tick(desk.visit.say(DEADLINES[one["kind"]]), date.fromisoformat(one["due_on"]), on, is_late)


async def lines_of(desk: Desk, branch_id: str) -> list[Decimal]:
    """The scores from which each star is given, before rounding: 59.5, 69.5, 89.5; none where no rules are in force."""
    try:
        rules = (await rules_for(desk.visit.door.log, await desk.visit.door.places.ancestry(branch_id), HalfYear.parse(desk.period))).rules
    except NoRulesInForce:
        return []
    return sorted(band.least - HALF for band in rules.bands if band.least > 0)


def pictures(desk: Desk, one: Glance) -> tuple[Markup, Markup]:
    """The results and the steps of a branch as small pictures; each says in words what it shows."""
    say = desk.visit.say
    if one.scores:
        words = {"count": len(one.scores), "low": min(one.scores), "high": max(one.scores), "median": one.median}
        results = say(message("%(count)s个结果：最低%(low)s，中位数%(median)s，最高%(high)s。虚线是评星的分数线。"), **words)
    else:
        results = say(message("还没有结果。"))
    steps = say(message("%(count)s个步骤，其中%(late)s个晚了。"), count=len(one.steps), late=one.late)
    return (
        charts.histogram(one.scores, one.lines, results),
        charts.ticks(end_of(desk.period), one.steps, desk.today, steps),
    )


def sheet_of(desk: Desk, found: Sequence[Glance]) -> Sheet:
    """The county as a table, a row a branch."""
    headings = (*HEADINGS, *OF_LEADS) if desk.is_county else HEADINGS
    return Sheet(f"branches-{desk.period}", message("各支部"), headings, [_row(desk, one) for one in found])


def _row(desk: Desk, one: Glance) -> dict[str, Any]:
    town = desk.towns.get(one.town_id)
    return {
        "town_id": one.town_id,
        "branch_id": one.branch.organization_id,
        "town": town.name if town else "",
        "branch": one.branch.name,
        "period": desk.period,
        "phase": desk.visit.say(PHASES[one.review["phase"]]) if one.review else desk.visit.say(message("没有开启")),
        "rated": one.review["rated"] if one.review else 0,
        "lowest": min(one.scores, default=None),
        "median": one.median,
        "highest": max(one.scores, default=None),
        "three": one.stars[3],
        "two": one.stars[2],
        "one": one.stars[1],
        "none": one.stars[0],
        "late": one.late,
        "days_late": one.days_late,
        "leads": len(one.leads),
        "formal": one.formal,
    }
