"""A branch's review of one half-year in a random town, from the opening to the correction after confirmation."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.journeys import deeds, lots
from tests.journeys.ballots import cast_ballots
from tests.journeys.committee import score_members
from tests.journeys.people import Branch
from tests.journeys.publicity import confirm, correct_afterwards, publish
from tests.journeys.reckoning import Review, Rules, rated_members
from tests.journeys.rest import Json
from tests.journeys.towns import LAST_DAYS, Town

REASONS = ("因病长期请假", "外出失联", "在其他单位考核")


@dataclass(eq=False)
class HalfYear:
    """One branch and half-year: what its helpers need. `lot` is this review's own, so that lives side by side draw the same."""

    town: Town
    branch: Branch
    period: str
    lot: random.Random
    review: Review = field(default_factory=lambda: Review(id="", period="", eligible={}))
    put_by_town: dict[str, str] = field(default_factory=dict)
    attended: dict[str, set[str]] = field(default_factory=dict)
    withdrawn: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def rules(self) -> Rules:
        """The rules of this half-year."""
        return self.town.books.rules[self.period]

    @property
    def secretary(self) -> str:
        """The token of the branch's secretary."""
        return self.town.secretaries[self.branch]

    @property
    def place(self) -> str:
        """Where the review lies."""
        return f"evaluation/reviews/{self.review.id}"

    async def days(self, count: int) -> None:
        """Let `count` days go by."""
        await self.town.world.timeline.until(self.town.world.timeline.today + timedelta(days=count))

    async def do(self, method: str, path: str, by: str, body: Json, expect: int | tuple[int, ...] = (200, 201, 202, 204)) -> Json:
        """A command on this review."""
        return await self.town.world.rest.do(method, f"{self.place}/{path}", by, body, expect)

    async def to(self, phase: str, **more: Json) -> None:
        """The secretary moves the review on."""
        await self.do("POST", "phase", self.secretary, {"to": phase, **more})

    async def refused(self, code: str, phase: str) -> None:
        """The secretary may not move the review on, because of `code`."""
        await self.town.world.rest.refused(code, "POST", f"{self.place}/phase", self.secretary, {"to": phase}, status=409)


async def live(town: Town, branch: Branch, period: str) -> None:
    """What a branch does once a half-year has ended."""
    course = HalfYear(town, branch, period, random.Random(f"{town.seed}/{branch.opens_after}/{period}"))  # noqa: S311 - a lot that can be drawn again
    await town.world.timeline.until(LAST_DAYS[period] + timedelta(days=2 + branch.opens_after))
    await _open(course)
    if course.lot.random() < 0.2:
        await _annul_and_open_again(course)
    await _review_oneself(course)
    await course.refused("wrong_phase", "publicity")
    await course.to("peer_review")
    await cast_ballots(course)
    await course.days(1)
    await _record_too_late(course)
    await score_members(course)
    await course.days(1)
    await publish(course)
    await confirm(course)
    await course.days(2)
    await correct_afterwards(course)


async def _open(course: HalfYear) -> None:
    async with course.town.rolls:
        await _open_alone(course)


async def _open_alone(course: HalfYear) -> None:
    town, lot = course.town, course.lot
    on = LAST_DAYS[course.period]
    body: dict[str, Any] = {"branch_id": course.branch.id, "period": course.period}
    if lot.random() < 0.4:
        on = date(on.year, on.month, lot.randint(5, 24))
        body["electorate_on"] = on
    eligible = {person.id: person.home(on)[1] for person in town.people if person.is_elector(course.branch, on)}
    free = [member for member in eligible if member not in {person.id for person in course.branch.committee}]
    excused = set(lot.sample(free, min(len(free), lot.randint(0, 2)))) if len(eligible) > 6 else set()
    elsewhere = {member for member in eligible if _stands_elsewhere(town, member, course.period)}
    body["excused"] = [{"member_id": member, "reason": lot.choice(REASONS)} for member in sorted(excused - elsewhere)]
    answer = await town.world.rest.do("POST", "evaluation/reviews", course.secretary, body)
    course.review = Review(id=answer["id"], period=course.period, branch=course.branch.id, eligible=eligible, excused=excused | elsewhere)
    town.books.reviews.append(course.review)
    counted = len(eligible) - len(excused | elsewhere)
    assert (answer["phase"], answer["rated"], answer["raters"]) == ("self_review", counted, counted), f"opened on {on}: {answer}"
    await town.world.rest.refused("review_exists", "POST", "evaluation/reviews", course.secretary, body, status=409)


def _stands_elsewhere(town: Town, member: str, period: str) -> bool:
    others = (review for review in town.books.reviews if review.period == period and review.annulled_at is None)
    return any(member in rated_members(review) for review in others)


async def _annul_and_open_again(course: HalfYear) -> None:
    """The town annuls, now and then with ballots already cast; the half-year is opened anew."""
    if course.lot.random() < 0.6:
        await course.to("peer_review")
        await cast_ballots(course, closes=course.lot.random() < 0.5)
    async with course.town.rolls:
        await course.do("POST", "annulment", course.town.officer(), {"reason": "名单有误，重新开展"})
        course.review.annulled_at = course.town.world.timeline.tick()
    await course.days(1)
    await _open(course)


async def _review_oneself(course: HalfYear) -> None:
    dimensions = course.rules["dimensions"]
    for member in sorted(rated_members(course.review)):
        if course.lot.random() < 0.3:
            person = course.town.person(member)
            scores = lots.row(course.lot, dimensions, 0.85)
            body = {"achievements": "带头学习，按时参加活动。", "shortcomings": "联系群众不够。", "pledges": [], "scores": scores}
            await course.do("PUT", f"self-reviews/{member}", person.token, body)


async def _record_too_late(course: HalfYear) -> None:
    """Deeds of the half-year that are told after its peer review has closed, and one mistake found then."""
    last = LAST_DAYS[course.period]
    for member in sorted(rated_members(course.review))[:3]:
        person = course.town.person(member)
        on = lots.day(course.lot, date(last.year, last.month, 3), last)
        await deeds.record(course.town, course.lot, person, on)
    await _find_a_mistake(course)


async def _find_a_mistake(course: HalfYear) -> None:
    """An entry that counted is reversed while the committee sits: the committee sees the points without it."""
    rated = rated_members(course.review)
    standing = [entry for entry in course.town.books.entries if entry.member in rated and entry.reversed_at is None and "/" not in entry.id]
    if standing and course.lot.random() < 0.5:
        entry = course.lot.choice(sorted(standing, key=lambda entry: entry.at))
        await deeds.reverse(course.town, entry, course.secretary)
