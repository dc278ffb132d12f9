"""From publication to the stars in a random town: objections, notices withdrawn, the period counted, corrections afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.journeys import inspections, lots
from tests.journeys.reckoning import rated_members
from tests.journeys.timeline import morning
from tests.notice.reckoning import ends_on

if TYPE_CHECKING:
    from tests.journeys.half_year import HalfYear


async def publish(course: HalfYear) -> None:
    """All scores are there: the results go on the board."""
    await course.to("publicity")
    course.review.results_at = course.town.world.timeline.tick()


async def confirm(course: HalfYear) -> None:
    """Let the period run, with what happens in it now and then; it ends when the reckoning says so, and not a day earlier."""
    if course.rules["publicity"]["working_days"]:
        since = course.town.world.timeline.today
        await _see_the_period(course, since)
        await course.refused("publicity_running", "confirmed")
        if course.lot.random() < 0.3:
            await _withdraw_for_a_while(course)
        is_objected = course.lot.random() < 0.5 and course.town.world.offers("/objections")
        if is_objected and await _an_objection_is_upheld(course):
            since, course.withdrawn = course.town.world.timeline.today, []
        await _wait_for_the_end(course, since)
    await course.to("confirmed")
    course.review.confirmed = True


async def _wait_for_the_end(course: HalfYear, since: date) -> None:
    """Until the day after the period's last one; outages and days off that were declared meanwhile have moved it."""
    timeline = course.town.world.timeline
    while (end := await _see_the_period(course, since)) >= timeline.today:
        if end == timeline.today:
            await course.refused("publicity_running", "confirmed")
        await timeline.until(max(end, timeline.today + timedelta(days=1)))


async def _newest_notice(course: HalfYear) -> str:
    """The id of the notice of the review's results, once notice has seen what evaluation published."""
    rest = course.town.world.rest
    seen = rest.positions["evaluation"]
    notices = await rest.read("notice/notices", kind="result", review_id=course.review.id, min_position=seen)
    (newest,) = [notice for notice in notices["items"] if notice["replaced_by"] is None]
    return str(newest["id"])


async def _see_the_period(course: HalfYear, since: date) -> date:
    """The day on which the period ends; it must be the reckoned one."""
    rest, weather, rule = course.town.world.rest, course.town.world.weather, course.rules["publicity"]
    publicity = await rest.read(f"notice/notices/{await _newest_notice(course)}/publicity", min_position=rest.positions["evaluation"])
    needed = int(Fraction(rule["readable_share_of_day"]) * 1200)
    away = [*weather.away, *course.withdrawn]
    end = ends_on(morning(since), rule["working_days"], away, half_minutes=needed, works=weather.is_working)
    assert publicity["ends_on"] == end.isoformat(), (
        f"published on {since}, away {away}, days off {weather.free}, reckoned {end}: {publicity}"
    )
    return end


async def _withdraw_for_a_while(course: HalfYear) -> None:
    """An officer takes the notice down and puts it back on a later morning: the end waits, and is then another."""
    rest, place, start = course.town.world.rest, f"notice/notices/{await _newest_notice(course)}", course.town.world.timeline.today
    await rest.do("POST", f"{place}/withdrawal", course.town.officer(), {"reason": "核对姓名"})
    waiting = await rest.read(f"{place}/publicity")
    assert (waiting["ends_on"], waiting["reason"]) == (None, "notice_withdrawn")
    await course.refused("notice_withdrawn", "confirmed")
    await course.days(course.lot.randint(1, 3))
    await rest.do("POST", f"{place}/return", course.town.officer(), {})
    course.withdrawn.append((morning(start), morning(course.town.world.timeline.today)))


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
    """The token of a town officer who is not the member or its kin, sat not on its committee and put not its score.

    Nor is it the branch's secretary, who may be an officer too: the secretary proposes, and a second person confirms.
    """
    kin = {person.id for person in course.town.people if member in person.kin}
    took_part = {*course.attended.get(member, ()), course.put_by_town.get(member, "")}
    return course.town.officer(member, course.branch.secretary.id, *kin, *took_part)


async def correct_afterwards(course: HalfYear) -> None:
    """Now and then a result is corrected after confirmation: an objection was upheld, or a finding made; a second person confirms it."""
    if course.lot.random() < 0.5 or not course.town.world.offers("/corrections"):
        return
    rest = course.town.world.rest
    member, cause = await _a_cause(course)
    score = lots.score(course.lot, 50, 100)
    body = {"member_id": member, "score": score, "cause": cause, "reason": "更正评分"}
    correction = await course.do("POST", "corrections", course.secretary, body)
    place = f"evaluation/corrections/{correction['id']}/confirmation"
    await rest.do("POST", place, _unconcerned(course, member), {})
    course.review.corrected[member] = score
    course.review.corrected_late = True


async def _a_cause(course: HalfYear) -> tuple[str, dict[str, str]]:
    """A member, and an upheld objection to its result or a finding on the branch."""
    if course.lot.random() < 0.4:
        member = course.lot.choice(sorted(rated_members(course.review)))
        return member, {"finding_id": await inspections.a_finding(course.town, course.branch, course.lot)}
    member, objection = await _raise_objection(course)
    decision = {"decision": "upheld", "reason": "经复核确有差错"}
    await course.town.world.rest.do("POST", f"evaluation/objections/{objection}/decision", _unconcerned(course, member), decision)
    return member, {"objection_id": objection}
