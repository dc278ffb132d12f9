"""Who recorded what when in a branch's half-year: the review's steps, its ballots by day, its entries by day and recorder, objections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from markupsafe import Markup

from services.evaluation.commands.trail import trail_of_review
from services.evaluation.domain.reviews import Review
from services.evaluation.events.ballots import BallotCast
from services.evaluation.events.committee import CommitteeReviewClosed, CommitteeScored
from services.evaluation.events.corrections import ResultsCorrected
from services.evaluation.events.results import ResultsPublished, ReviewConfirmed
from services.evaluation.events.reviews import MemberExcused, PeerReviewClosed, PeerReviewOpened, ReviewAnnulled, ReviewOpened
from services.evaluation.pages import charts
from services.evaluation.pages.charts import Mark, Tick
from services.evaluation.pages.desk_visits import Desk, end_of
from services.evaluation.projections.points import ENTRIES
from shared.calendar import day_of
from shared.events import Event, Recorded
from shared.web.languages import message

ROWS = (message("评议"), message("投票"), message("商评"), message("积分"), message("异议"))
REVIEWED, VOTED, SCORED, ENTERED, OBJECTED = range(len(ROWS))
WORDS: dict[type[Event], tuple[int, str]] = {
    ReviewOpened: (REVIEWED, message("开启评议")),
    PeerReviewOpened: (REVIEWED, message("互评开始")),
    MemberExcused: (REVIEWED, message("一名党员列为不参评")),
    PeerReviewClosed: (REVIEWED, message("互评结束")),
    CommitteeScored: (SCORED, message("商评评分")),
    CommitteeReviewClosed: (SCORED, message("商评结束")),
    ResultsPublished: (REVIEWED, message("结果公布")),
    ReviewConfirmed: (REVIEWED, message("结果确认")),
    ReviewAnnulled: (REVIEWED, message("评议作废")),
    ResultsCorrected: (REVIEWED, message("结果更正")),
}


class Happening(NamedTuple):
    """A line of the course. `at` is None where several things of a day stand in one line; `times`: how many."""

    row: int
    on: date
    at: datetime | None
    says: str
    by: str | None
    times: int = 1
    position: int | None = None


async def happenings(desk: Desk, branch_id: str, review: Review | None) -> list[Happening]:
    """What was recorded about the branch's half-year, the earliest first."""
    found = await _entries(desk, branch_id)
    if review is not None:
        found += [_of_review(desk, one) for one in await trail_of_review(desk.visit.door.log, review.id)]
        found += await _ballots(desk, review)
        found += await _objections(desk, branch_id, review.id)
    return sorted(found, key=lambda one: (one.on, one.at is not None, one.position or 0, one.row))


def picture(desk: Desk, steps: list[Tick], found: Iterable[Happening]) -> Markup:
    """The course as a picture."""
    say = desk.visit.say
    marks = [Mark(one.on, one.row, f"{one.on:%m-%d} {one.says}" + (f" × {one.times}" if one.times > 1 else "")) for one in found]
    late = sum(step.is_late for step in steps)
    says = say(message("半年结束以后的经过：%(count)s个步骤，其中%(late)s个晚了。下面的表格列出每一条。"), count=len(steps), late=late)
    return charts.course(end_of(desk.period), steps, marks, [say(one) for one in ROWS], says)


def _of_review(desk: Desk, one: Recorded) -> Happening:
    row, words = WORDS[type(one.event)]
    says, count = desk.visit.say(words), len(one.event.scores) if isinstance(one.event, CommitteeScored) else 1
    return Happening(row, day_of(one.recorded_at), one.recorded_at, says, getattr(one.event, "recorded_by", None), count, one.position)


async def _ballots(desk: Desk, review: Review) -> list[Happening]:
    """How many ballots were cast on which day; not by whom."""
    days: Counter[tuple[date, bool]] = Counter()
    for rater in review.voters:
        for one in await desk.visit.door.log.history(f"ballot/{review.id}/{rater}"):
            if isinstance(one.event, BallotCast):
                days[day_of(one.recorded_at), one.event.on_paper] += 1
    words = {False: desk.visit.say(message("投票")), True: desk.visit.say(message("纸质选票录入"))}
    return [Happening(VOTED, on, None, words[is_paper], None, count) for (on, is_paper), count in days.items()]


async def _entries(desk: Desk, branch_id: str) -> list[Happening]:
    """How many entries of the half-year were recorded on which day by whom."""
    snapshot = await desk.visit.door.snapshot(is_current=True)
    rows = await snapshot.rows(ENTRIES, branch_id=branch_id, period=desk.period)
    days = Counter((day_of(row["recorded_at"]), row["recorded_by"]) for row in rows)
    return [Happening(ENTERED, on, None, desk.visit.say(message("记录积分")), by, count) for (on, by), count in days.items()]


async def _objections(desk: Desk, branch_id: str, review_id: str) -> list[Happening]:
    listed: list[dict[str, Any]] = await desk.visit.own.every("/objections", organization_id=branch_id)
    raised = desk.visit.say(message("提出异议"))
    found = []
    for one in listed:
        if one["about"]["id"] == review_id:
            at = datetime.fromisoformat(one["raised_at"])
            found.append(Happening(OBJECTED, day_of(at), at, f"{raised} {one['reference']}", one["raised_by"]))
    return found
