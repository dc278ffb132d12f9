"""What the services say of a town's year beside what the reckoning says: grades, honours, responsibility scores, circulars."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from tests.journeys.inspections import Circular
from tests.journeys.people import Branch
from tests.journeys.rest import Json
from tests.journeys.towns import Town


async def differences_of_the_year(town: Town) -> list[str]:
    """A sentence for each thing that differs; empty where all agree."""
    found: list[str] = []
    for branch in town.branches:
        found += await _of_meeting(town, branch)
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
