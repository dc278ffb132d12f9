"""The annual review meeting of a branch in a random town (spec, section 7): who comes, how they vote, and what must come of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.journeys.people import Branch
from tests.journeys.reckoning import Review
from tests.journeys.year_reckoning import GRADES, Meeting, meet

if TYPE_CHECKING:
    from tests.journeys.towns import Town

Votes = dict[str, dict[str, int]]
PLACE = "evaluation/annual-reviews"


@dataclass(frozen=True)
class Held:
    """A meeting that graded: its id, what the reckoning makes of its votes, the codes of the warnings that the service gave."""

    id: str
    came: Meeting
    warnings: list[str]


async def hold(town: Town, branch: Branch) -> None:
    """Now and then too few come at first; then the meeting is held, refused while its grades are not those that its votes give."""
    lot = random.Random(f"{town.seed}/{branch.opens_after}/year")  # noqa: S311 - a lot that can be drawn again
    today = town.world.timeline.today
    entitled = sorted(person.id for person in town.people if person.is_elector(branch, today))
    full = sorted(person.id for person in town.people if person.is_elector(branch, today) and person.state(today) == "full")
    if not entitled:
        return
    rule = {name: Fraction(share) for name, share in town.books.rules["2026-H2"]["annual"].items()}
    enough = next(count for count in range(len(entitled) + 1) if count >= rule["attendance"] * len(entitled))
    if lot.random() < 0.4:
        await _too_few(town, branch, lot.sample(entitled, lot.randint(0, enough - 1)), len(entitled), rule)
    present = lot.sample(entitled, lot.randint(max(enough, 1), len(entitled)))
    votes = {member: _voted(lot, len(present)) for member in full if lot.random() < 0.95}
    came = meet(len(entitled), len(present), votes, **rule)
    await _grade(town, branch, present, votes, came)
    expected = (["too_many_excellent"] if came.needs_reason else []) + (["without_grade"] if set(full) - came.grades.keys() else [])
    assert town.meetings[branch].warnings == expected, town.meetings[branch]


def _voted(lot: random.Random, present: int) -> dict[str, int]:
    """Votes on one member, mostly of one mind; some abstain."""
    favourite = lot.choice([*GRADES[:2], *GRADES[:2], *GRADES])
    given = dict.fromkeys(GRADES, 0)
    for _ in range(present):
        if lot.random() < 0.95:
            given[favourite if lot.random() < 0.85 else lot.choice(GRADES)] += 1
    return given


async def _too_few(town: Town, branch: Branch, present: list[str], entitled: int, rule: dict[str, Fraction]) -> None:
    assert meet(entitled, len(present), {}, **rule).state == "no_quorum"
    held = await town.world.rest.do("POST", PLACE, town.secretaries[branch], _body(town, branch, present, {}, {}))
    assert (held["state"], [one["code"] for one in held["warnings"]]) == ("no_quorum", ["no_quorum"]), held
    await town.world.timeline.until(town.world.timeline.today + timedelta(days=1))


async def _grade(town: Town, branch: Branch, present: list[str], votes: Votes, came: Meeting) -> None:
    """`came`: what the reckoning makes of these votes."""
    rest, by = town.world.rest, town.secretaries[branch]
    claimed = {member: max(GRADES, key=given.__getitem__) for member, given in votes.items()}
    if claimed.keys() != came.grades.keys():
        body = _body(town, branch, present, votes, claimed) | {"excellent_reason": "集体研究"}
        await rest.refused("majority_missing", "POST", PLACE, by, body, status=422)
    body = _body(town, branch, present, votes, dict(came.grades))
    if came.needs_reason:
        await rest.refused("excellent_reason_missing", "POST", PLACE, by, body, status=422)
        body["excellent_reason"] = "表现确实突出"
    await _half_years_as_they_were(town, branch, body)
    held = await rest.do("POST", PLACE, by, body)
    await rest.refused("annual_review_held", "POST", PLACE, by, body, status=409)
    assert held["state"] == came.state == "held", held
    town.meetings[branch] = Held(held["id"], came, [one["code"] for one in held["warnings"]])


async def _half_years_as_they_were(town: Town, branch: Branch, body: dict[str, Any]) -> None:
    """A half-year that was corrected after its confirmation is not merely confirmed, one that never was is not said to be."""
    for period, said in body["half_years"].items():
        review = _review_of(town, branch, period)
        if said == "corrected" or not review.corrected:
            wrong = body | {"half_years": body["half_years"] | {period: "confirmed" if said == "corrected" else "corrected"}}
            await town.world.rest.refused("half_years_not_looked_at", "POST", PLACE, town.secretaries[branch], wrong, status=422)


def _review_of(town: Town, branch: Branch, period: str) -> Review:
    (found,) = [one for one in town.books.reviews if (one.branch, one.period) == (branch.id, period) and one.annulled_at is None]
    return found


def _body(town: Town, branch: Branch, present: list[str], votes: Votes, grades: dict[str, str]) -> dict[str, Any]:
    said = {period: "corrected" if _review_of(town, branch, period).corrected_late else "confirmed" for period in ("2026-H1", "2026-H2")}
    return {
        "branch_id": branch.id,
        "year": 2026,
        "held_on": town.world.timeline.today.isoformat(),
        "present": present,
        "grades": {member: {"grade": grade, "votes": votes[member]} for member, grade in grades.items()},
        "half_years": said,
    }
