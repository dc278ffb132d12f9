"""Peer review in a random town: ballots, replaced ballots, paper ballots, someone excused in between, and the closing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys import lots
from tests.journeys.reckoning import Review, has_quorum, rated_members, sheet_of

if TYPE_CHECKING:
    from tests.journeys.half_year import HalfYear

LARGE_ENOUGH_TO_MISS_ONE = 8


async def cast_ballots(course: HalfYear, *, closes: bool = True) -> None:
    """Most vote, some twice, some on paper, some not at all; then the phase is closed, by the town where there is no quorum."""
    review, lot = course.review, course.lot
    merits = {member: lot.uniform(0.55, 1.0) for member in sorted(review.eligible)}
    diligence = lot.choice([0.9, 0.9, 0.8, 1.0, 0.35])
    raters = sorted(rated_members(review))
    halfway = len(raters) // 2
    for number, rater in enumerate(raters):
        if number == halfway and len(raters) >= LARGE_ENOUGH_TO_MISS_ONE and lot.random() < 0.4:
            await _excuse_one(course, raters[-1])
        if rater in review.excused_later:
            continue
        if lot.random() < diligence:
            await _vote(course, rater, merits)
    if review.excused_later:
        await _let_the_rest_vote(course, merits)
    if closes:
        await _close(course)


async def _vote(course: HalfYear, rater: str, merits: dict[str, float]) -> None:
    lot = course.lot
    if lot.random() < 0.12 and rater != course.branch.secretary.id and course.town.world.offers("/paper-ballots"):
        await _on_paper(course, rater, merits)
        if lot.random() < 0.7:
            return
    for _ in range(2 if lot.random() < 0.2 else 1):
        await _online(course, rater, merits)


async def _online(course: HalfYear, rater: str, merits: dict[str, float]) -> None:
    scores = _sheet(course, rater, merits)
    if not scores:
        return
    token = course.town.person(rater).token
    answer = await course.do("PUT", f"ballots/{rater}", token, {"scores": scores}, expect=200)
    assert answer["scores"] == len(scores), answer
    course.review.ballots.append((rater, scores))
    assert answer["number"] == sum(1 for cast, _ in course.review.ballots if cast == rater), answer


async def _on_paper(course: HalfYear, rater: str, merits: dict[str, float]) -> None:
    """The secretary keys the sheet, a committee member keys it again; never over a ballot of the member's own."""
    scores = _sheet(course, rater, merits)
    second = next((person.id for person in course.branch.committee[1:] if person.id != rater), None)
    if not scores or second is None:
        return
    body = {"rater_id": rater, "sheet": f"第{course.lot.randint(1, 999)}号", "scores": scores}
    paper = await course.do("POST", "paper-ballots", course.secretary, body)
    place = f"evaluation/paper-ballots/{paper['id']}/confirmation"
    await course.town.world.rest.refused("same_person", "POST", place, course.secretary, {"scores": scores}, status=403)
    await course.refused("paper_ballots_unconfirmed", "committee_review")
    await course.town.world.rest.do("POST", place, course.town.committees[second], {"scores": scores}, expect=200)
    course.review.ballots.append((rater, scores))


def _sheet(course: HalfYear, rater: str, merits: dict[str, float]) -> dict[str, Any]:
    rated = sorted(sheet_of(course.review, rater, course.rules["peer"]["scope"]))
    return {ratee: lots.row(course.lot, course.rules["dimensions"], merits[ratee]) for ratee in rated}


async def _excuse_one(course: HalfYear, member: str) -> None:
    """Someone falls ill in the middle: its ballot stays, nobody scores it from now on."""
    if course.lot.random() < 0.5:
        await _online(course, member, dict.fromkeys(course.review.eligible, 0.8))
    async with course.town.rolls:
        await course.do("POST", "excused", course.secretary, {"member_id": member, "reason": "突发疾病"})
        course.review.excused_later.add(member)


async def _let_the_rest_vote(course: HalfYear, merits: dict[str, float]) -> None:
    """Who may vote is a matter of view once somebody was excused late; with all others voting, both views agree."""
    voted = {rater for rater, _ in course.review.ballots}
    for rater in sorted(rated_members(course.review) - voted):
        await _online(course, rater, merits)


async def _close(course: HalfYear) -> None:
    review = course.review
    await course.days(1)
    if has_quorum(review, course.rules) or _has_nobody_to_score(review):
        await course.to("committee_review")
    else:
        await course.refused("quorum_not_reached", "committee_review")
        body = {"to": "committee_review", "without_quorum": "多数党员外出务工"}
        await course.do("POST", "phase", course.secretary, body, expect=(403, 409))
        await course.do("POST", "phase", course.town.officer(), body)
        review.without_quorum = True
    review.closed_at = course.town.world.timeline.tick()
    await course.refused("wrong_phase", "committee_review")


def _has_nobody_to_score(review: Review) -> bool:
    return len(review.eligible.keys() - review.excused) == 1
