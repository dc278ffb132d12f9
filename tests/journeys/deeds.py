"""What members do in a half-year, as entries: activities, deeds, the same deed twice, mistakes reversed, deeds told too late."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.journeys import lots
from tests.journeys.people import Branch, Person
from tests.journeys.reckoning import Entry, half_year_of, period_of

if TYPE_CHECKING:
    from tests.journeys.towns import Town

ACTIVITY_DAY = 2
"""The day of the month on which branches meet; single deeds lie on other days, so that no two are the same by chance."""


async def record_half_year(town: Town, period: str) -> None:
    """Activities, deeds, duplicates and reversals of a half-year that is not yet over."""
    today = town.world.timeline.today
    for branch in town.branches:
        present = [person for person in town.people if person.home(today)[0] is branch]
        for month in range(1, 6):
            await _hold_activity(town, branch, date(2026, month + (6 if period == "2026-H2" else 0), ACTIVITY_DAY))
        for person in present:
            for _ in range(town.lot.randint(0, 4)):
                await record(town, town.lot, person, _day_of_deed(town.lot, person, period, today))


async def record(town: Town, lot: random.Random, person: Person, on: date) -> None:
    """One entry about `person`; now and then the same again, refused, then forced; now and then reversed."""
    rest, timeline = town.world.rest, town.world.timeline
    secretary = town.secretaries[person.home(timeline.today)[0]]
    entry = Entry(id="", member=person.id, item="", occurred_on=on, at=timeline.tick())
    period = period_of(town.books, entry)
    item = lot.choice(town.books.rules[period]["items"])
    entry.item, entry.points = item["code"], lots.worth(lot, item)
    evidence = [{"kind": "text", "value": f"随机记载{lot.randint(1, 10**9)}"}]
    body: dict[str, Any] = {"member_id": person.id, "item": entry.item, "occurred_on": on, "evidence": evidence}
    body |= {"points": entry.points} if entry.points is not None else {}
    if period != half_year_of(on) and town.books.rules[half_year_of(on)]["late_entries"] == "refused":
        await rest.do("POST", "evaluation/entries", secretary, body, expect=(409, 422))
        return
    await _keep(town, entry, body, secretary)
    if lot.random() < 0.08:
        await rest.refused("duplicate_entry", "POST", "evaluation/entries", secretary, body, status=409)
        again = Entry(id="", member=person.id, item=entry.item, occurred_on=on, at=timeline.tick(), points=entry.points)
        await _keep(town, again, {**body, "force_reason": "同日两次"}, secretary)
    if lot.random() < 0.12:
        await reverse(town, entry, secretary)


async def reverse(town: Town, entry: Entry, secretary: str) -> None:
    """Reverse an entry; a second reversal is refused."""
    place = f"evaluation/entries/{entry.id}/reversal"
    await town.world.rest.do("POST", place, secretary, {"reason": "记错了人"})
    entry.reversed_at = town.world.timeline.tick()
    await town.world.rest.do("POST", place, secretary, {"reason": "再次冲销"}, expect=409)


async def _keep(town: Town, entry: Entry, body: dict[str, Any], secretary: str) -> None:
    answer = await town.world.rest.do("POST", "evaluation/entries", secretary, body)
    entry.id = answer["id"]
    period = period_of(town.books, entry)
    item = next(item for item in town.books.rules[period]["items"] if item["code"] == entry.item)
    worth = entry.points if entry.points is not None else item["points"]
    town.books.entries.append(entry)
    assert (answer["period"], Decimal(answer["points"]), answer["kind"]) == (period, worth, item["kind"]), f"{entry}: {answer}"


async def _hold_activity(town: Town, branch: Branch, on: date) -> None:
    members = [person for person in town.people if person.joined_on <= on and person.home(on)[0] is branch]
    there = [person for person in members if town.lot.random() < 0.8]
    if not there:
        return
    attendees = [{"member_id": person.id, "remote": person.is_floating, "badge": town.lot.random() < 0.9} for person in there]
    body = {"branch_id": branch.id, "item": "meeting", "title": "固定党日", "held_on": on, "attendees": attendees}
    activity = await town.world.rest.do("POST", "evaluation/activities", town.secretaries[branch], body)
    at = town.world.timeline.tick()
    town.books.entries += [
        Entry(id=f"{activity['id']}/{person.id}", member=person.id, item="meeting", occurred_on=on, at=at) for person in there
    ]


def _day_of_deed(lot: random.Random, person: Person, period: str, today: date) -> date:
    first = max(date(2026, 1 if period == "2026-H1" else 7, 1), person.joined_on)
    found = lots.day(lot, first, today)
    return found if found.day != ACTIVITY_DAY else date(today.year, today.month, ACTIVITY_DAY + 1)
