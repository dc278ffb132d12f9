"""Committee review in a random town: recusals, escalation to the town, deviations with their reasons."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.journeys import lots
from tests.journeys.reckoning import Committee, Result, committee_score, exact, rated_members, results_of

if TYPE_CHECKING:
    from tests.journeys.half_year import HalfYear


async def score_members(course: HalfYear) -> None:
    """The committee scores whom it may; the town scores the rest, with a reason."""
    present = sorted(person.id for person in course.branch.committee if person.id in course.review.eligible and course.lot.random() < 0.85)
    others = course.lot.randint(0, 2) if present and course.rules["committee"]["mode"] == "agreed" else 0
    results = results_of(course.town.books, course.review)
    token = course.town.committees[course.branch.committee[-1].id]
    mine, escalated = {}, []
    for member in sorted(rated_members(course.review)):
        scoring = _not_recused(course, present, member)
        if len(scoring) + others < course.rules["committee"]["minimum_members"]:
            escalated.append(member)
        else:
            mine[member] = _score(course, member, results[member], scoring)
            course.attended[member] = set(present)
    await course.refused("scores_missing", "publicity")
    sitting = {"attendees": present, "other_attendees": others}
    if mine:
        await _try_without_reason(course, token, sitting, mine)
        await course.do("PUT", "committee-scores", token, {**sitting, "scores": mine})
    await _let_the_town_score(course, token, sitting, escalated)


def _not_recused(course: HalfYear, present: list[str], member: str) -> list[str]:
    """Who may score: not the member itself, and nobody who has named it as kin."""
    return [one for one in present if one != member and member not in course.town.person(one).kin]


def _score(course: HalfYear, member: str, result: Result, scoring: list[str]) -> dict[str, Any]:
    lot = course.lot
    body: dict[str, Any]
    around = int(result.reference if result.reference is not None else 75)
    low, high = max(0, around - 20), min(100, around + 20)
    if course.rules["committee"]["mode"] == "mean":
        by = {one: lots.score(lot, low, high) for one in scoring}
        given, body = Committee(by=by), {"by": by}
    else:
        score = _at_the_limit(course, result) or lots.score(lot, low, high)
        given, body = Committee(score=score), {"score": score}
    if _needs_reason(course, result, given):
        body["reason"] = "群众反映突出，班子集体研究决定。"
    course.review.committee[member] = given
    return body


def _at_the_limit(course: HalfYear, result: Result) -> Decimal | None:
    """Now and then a score exactly the limit away from the reference, where that has two places: no reason is needed."""
    limit = exact(course.rules["committee"]["deviation_limit"])
    if result.reference is None or course.lot.random() > 0.3:
        return None
    score = result.reference - limit
    return Decimal(int(score * 100)) / 100 if score >= 0 and (score * 100).denominator == 1 else None


def _needs_reason(course: HalfYear, result: Result, given: Committee) -> bool:
    score, limit = committee_score(given), exact(course.rules["committee"]["deviation_limit"])
    assert score is not None
    return result.reference is None or abs(score - result.reference) > limit


async def _try_without_reason(course: HalfYear, token: str, sitting: dict[str, Any], mine: dict[str, Any]) -> None:
    member = next((member for member, body in mine.items() if "reason" in body), None)
    if member is not None:
        bare = {name: value for name, value in mine[member].items() if name != "reason"}
        body = {**sitting, "scores": {member: bare}}
        await course.town.world.rest.refused("reason_missing", "PUT", f"{course.place}/committee-scores", token, body, status=422)


async def _let_the_town_score(course: HalfYear, token: str, sitting: dict[str, Any], members: list[str]) -> None:
    if members and sitting["attendees"]:
        body = {**sitting, "scores": {members[0]: {"score": 70, "reason": "试"}}}
        if course.rules["committee"]["mode"] == "agreed":
            await course.town.world.rest.refused("escalated", "PUT", f"{course.place}/committee-scores", token, body, status=409)
    for member in members:
        officer = next(person for person in course.town.officers if person != member and member not in course.town.person(person).kin)
        score = lots.score(course.lot, 40, 100)
        body = {"attendees": [], "scores": {member: {"score": score, "reason": "班子回避，由镇党委评定。"}}}
        await course.do("PUT", "committee-scores", course.town.officers[officer], body)
        course.review.committee[member] = Committee(score=score)
        course.put_by_town[member] = officer
