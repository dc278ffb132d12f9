"""From publication to the stars in a random town: objections upheld and dismissed, the period counted, corrections afterwards."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tests.journeys import lots
from tests.journeys.reckoning import publicity_ends_on, rated_members

if TYPE_CHECKING:
    from tests.journeys.half_year import HalfYear

FREE = {
    date(2026, 9, 25), *(date(2026, 10, day) for day in range(1, 8)),
    date(2027, 1, 1), *(date(2027, 2, day) for day in range(5, 12)),
}  # fmt: skip
MADE_UP = {date(2026, 9, 20), date(2026, 10, 10), date(2027, 1, 30), date(2027, 2, 14)}


def is_working(day: date) -> bool:
    """The calendar of the second half of 2026 as the state council gave it, and of 2027 as the random county entered it."""
    return day in MADE_UP or (day.weekday() < 5 and day not in FREE)


async def publish(course: HalfYear) -> None:
    """All scores are there: the results go on the board."""
    await course.to("publicity")
    course.review.results_at = course.town.world.timeline.tick()


async def confirm(course: HalfYear) -> None:
    """Let the period run, with an objection now and then; it ends when the reckoning says so, and not a day earlier."""
    if course.rules["publicity"]["working_days"]:
        since = course.town.world.timeline.today
        await _see_the_period(course, since)
        await course.refused("publicity_running", "confirmed")
        is_objected = course.lot.random() < 0.5 and course.town.world.offers("/objections")
        if is_objected and await _an_objection_is_upheld(course):
            since = course.town.world.timeline.today
        await course.town.world.timeline.until(await _see_the_period(course, since))
        await course.refused("publicity_running", "confirmed")
        await course.days(1)
    await course.to("confirmed")
    course.review.confirmed = True


async def _see_the_period(course: HalfYear, since: date) -> date:
    """The day on which the period ends, once notice has seen what evaluation published; it must be the reckoned one."""
    rest = course.town.world.rest
    seen = rest.positions["evaluation"]
    notices = await rest.read("notice/notices", kind="result", organization_id=course.branch.id, period=course.period, min_position=seen)
    (newest,) = [notice for notice in notices["items"] if notice["replaced_by"] is None and notice["state"] in {"current", "corrected"}]
    publicity = await rest.read(f"notice/notices/{newest['id']}/publicity", min_position=seen)
    end = publicity_ends_on(since, course.rules["publicity"]["working_days"], is_working)
    assert publicity["ends_on"] == end.isoformat(), f"published on {since}, reckoned {end}: {publicity}"
    return end


async def _an_objection_is_upheld(course: HalfYear) -> bool:
    """A member objects to its own result; on the next day someone of the town who is not concerned decides."""
    member, objection = await _raise_objection(course)
    await course.days(1)
    is_upheld = course.lot.random() < 0.5
    body: dict[str, Any] = {"decision": "upheld" if is_upheld else "dismissed", "reason": "经复核"}
    if is_upheld:
        body["score"] = course.review.corrected[member] = lots.score(course.lot, 55, 100)
    place = f"evaluation/objections/{objection}/decision"
    await course.town.world.rest.do("POST", place, _unconcerned(course, member), body)
    return is_upheld


async def _raise_objection(course: HalfYear) -> tuple[str, str]:
    member = course.lot.choice(sorted(rated_members(course.review)))
    about = {"kind": "result", "id": course.review.id, "member_id": member}
    body = {"about": about, "text": "对评分结果有异议，请复核。"}
    answer = await course.town.world.rest.do("POST", "evaluation/objections", course.town.person(member).token, body)
    return member, answer["id"]


def _unconcerned(course: HalfYear, member: str) -> str:
    """The token of a town officer who is not the member or its kin, sat not on its committee and put not its score."""
    kin = {person.id for person in course.town.people if member in person.kin}
    return course.town.officer(member, *kin, *course.attended.get(member, ()), course.put_by_town.get(member, ""))


async def correct_afterwards(course: HalfYear) -> None:
    """Now and then an objection after confirmation is upheld: it is the cause of a correction, which a second person confirms."""
    if course.lot.random() < 0.6 or not course.town.world.offers("/corrections"):
        return
    rest = course.town.world.rest
    member, objection = await _raise_objection(course)
    decision = {"decision": "upheld", "reason": "经复核确有差错"}
    await rest.do("POST", f"evaluation/objections/{objection}/decision", _unconcerned(course, member), decision)
    score = lots.score(course.lot, 50, 100)
    body = {"member_id": member, "score": score, "cause": {"objection_id": objection}, "reason": "更正评分"}
    correction = await course.do("POST", "corrections", course.secretary, body)
    place = f"evaluation/corrections/{correction['id']}/confirmation"
    await rest.do("POST", place, _unconcerned(course, member), {})
    course.review.corrected[member] = score
