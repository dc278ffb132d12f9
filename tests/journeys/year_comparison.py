"""What the services say of a town's year beside what the reckoning says: grades, honours, responsibility scores, circulars."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from tests.journeys.inspections import Circular
from tests.journeys.people import Branch
from tests.journeys.reckoning import Result, flags, rated_members, results_of
from tests.journeys.rest import Json
from tests.journeys.towns import Town
from tests.journeys.year_reckoning import Place, placed
from tests.journeys.year_reckoning import shown as published


async def differences_of_the_year(town: Town) -> list[str]:
    """A sentence for each thing that differs; empty where all agree."""
    found: list[str] = []
    for branch in town.branches:
        found += await _of_meeting(town, branch)
        found += await _of_recommendations(town, branch)
        found += [one for year in (2026, 2027) for one in await _of_responsibility(town, branch, year)]
        found += await _of_circulars(town, branch)
    return found


async def _of_meeting(town: Town, branch: Branch) -> list[str]:
    if branch not in town.meetings:
        return []
    held, reckoned = town.meetings[branch], town.meetings[branch].came
    said = await town.world.rest.read(f"evaluation/annual-reviews/{held.id}", town.secretaries[branch])
    found = []
    if {member: one["grade"] for member, one in said["grades"].items()} != reckoned.grades:
        found.append(f"grades of {branch.name} are {said['grades']}, reckoned {reckoned.grades}")
    honours = await _notices(town, branch, "honour")
    excellent = sum(grade == "excellent" for grade in reckoned.grades.values())
    if len(honours) != excellent:
        found.append(f"{branch.name} has {len(honours)} honours on the board, reckoned {excellent}")
    return found


async def _of_recommendations(town: Town, branch: Branch) -> list[str]:
    """The list of 2026: who stands in it, in which order, with what; the services show the mean of the results that were published."""
    seen = town.world.rest.positions["evaluation"]
    place = f"evaluation/branches/{branch.id}/recommendations"
    listed = (await town.world.rest.read(place, town.secretaries[branch], year=2026, min_position=seen))["items"]
    said = {one["member_id"]: Place(one["place"], one["flags"], one["stars"], Fraction(one["mean_score"])) for one in listed}
    reckoned = placed({member: _merits(town, member) for member in _last_rated_in(town, branch)})
    found = [f"recommendations of {branch.name} are not in order: {listed}"] if _is_unordered(listed) else []
    found += [
        f"{branch.name} recommends {member} as {said.get(member)}, reckoned {reckoned.get(member)}"
        for member in said.keys() | reckoned.keys()
        if said.get(member) != reckoned.get(member)
    ]
    grades = town.meetings[branch].came.grades if branch in town.meetings else {}
    if any(one["grade"] != grades.get(one["member_id"]) for one in listed):
        found.append(f"grades in the recommendations of {branch.name}: {listed}, reckoned {grades}")
    return found


def _is_unordered(listed: list[Json]) -> bool:
    return [one["place"] for one in listed] != sorted(one["place"] for one in listed)


def _confirmed(town: Town, member: str) -> list[tuple[str, str, Result]]:
    """The half-years of 2026 that count for the member, in order: half-year, branch, what stands."""
    reviews = [one for one in town.books.reviews if one.confirmed and one.annulled_at is None and member in rated_members(one)]
    return [(one.period, one.branch, results_of(town.books, one)[member]) for one in sorted(reviews, key=lambda one: one.period)]


def _last_rated_in(town: Town, branch: Branch) -> list[str]:
    """Whose newest half-year of 2026 is this branch's."""
    confirmed = {person.id: _confirmed(town, person.id) for person in town.people}
    return [member for member, halves in confirmed.items() if halves and halves[-1][1] == branch.id]


def _merits(town: Town, member: str) -> tuple[int, int, Fraction]:
    """Flags, stars and mean score of 2026; no half-year lies before it, so under `lifetime` nothing was carried over."""
    halves = _confirmed(town, member)
    by_period = {period: one.stars for period, _, one in halves if one.stars is not None}
    scores = [published(one.result) for _, _, one in halves if one.result is not None]
    return flags(town.books.rules["2026-H1"]["flags"], by_period), sum(by_period.values()), sum(scores, Fraction(0)) / len(scores)


async def _of_responsibility(town: Town, branch: Branch, year: int) -> list[str]:
    seen = town.world.rest.positions["evaluation"]
    said = await town.world.rest.read(f"evaluation/branches/{branch.id}/responsibility", town.supervisor, year=year, min_position=seen)
    reckoned = town.supervision.ledger.score(branch.id, year)
    return (
        []
        if Fraction(said["score"]) == reckoned
        else [f"responsibility of {branch.name} in {year} is {said['score']}, reckoned {reckoned}"]
    )


async def _of_circulars(town: Town, branch: Branch) -> list[str]:
    issued = [one for one in town.supervision.circulars if one.branch is branch]
    notices, found = await _notices(town, branch, "circular"), []
    states, expected = Counter(notice["state"] for notice in notices), sum((_states(town, one) for one in issued), Counter[str]())
    if states != expected:
        found.append(f"circulars of {branch.name} are {dict(states)}, reckoned {dict(expected)}")
    current = [notice["id"] for notice in notices if notice["state"] == "current"]
    texts = {(await town.world.rest.read(f"notice/notices/{one}"))["content"]["text"] for one in current}
    if texts != {one.said[-1] for one in issued if _states(town, one)["current"]}:
        found.append(f"circulars of {branch.name} say {texts}")
    by_id = {notice["id"]: notice for notice in notices}
    if any(by_id[notice["replaces"]]["replaced_by"] != notice["id"] for notice in notices if notice["replaces"]):
        found.append(f"circulars of {branch.name} are not linked both ways")
    return found


def _states(town: Town, circular: Circular) -> Counter[str]:
    """One notice for each text that it had: all but the last corrected, the last as its findings and its time let it be."""
    last = "withdrawn" if not circular.standing else "current" if town.world.timeline.today <= circular.until else "expired"
    return Counter({"corrected": len(circular.said) - 1}) + Counter([last])


async def _notices(town: Town, branch: Branch, kind: str) -> list[Json]:
    seen = town.world.rest.positions["evaluation"]
    answer = await town.world.rest.read("notice/notices", kind=kind, organization_id=branch.id, limit=200, min_position=seen)
    items: list[Json] = answer["items"]
    return items
