"""What the services say beside what the reckoning says: every points, peer, result, star and flag figure of a town."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.journeys.reckoning import Review, confirmed_stars, exact, flags, points_of, rated_members, results_of, shown, stars_by_year
from tests.journeys.towns import PERIODS, Town

FIGURES = ("points", "peer", "peer_scores", "reference", "committee", "result", "stars")


async def differences(town: Town) -> list[str]:
    """A sentence for each figure that differs; empty where all agree."""
    found: list[str] = []
    for review in town.books.reviews:
        if review.annulled_at is None:
            found += await _of_review(town, review)
    for person in town.people:
        for period in PERIODS:
            found += await _of_points(town, person.id, period)
        found += await _of_standing(town, person.id)
    return [f"town {town.seed}: {difference}" for difference in found]


async def _of_review(town: Town, review: Review) -> list[str]:
    branch = next(branch for branch in town.branches if branch.secretary.id in review.eligible)
    answer = await town.world.rest.read(f"evaluation/reviews/{review.id}/results", town.secretaries[branch])
    said = {item["member_id"]: item for item in answer["items"]}
    found = []
    for member, reckoned in results_of(town.books, review).items():
        expected = {name: _shown(getattr(reckoned, name)) for name in FIGURES}
        if member in review.corrected:
            expected.pop("committee")
        found += [f"review {review.period} {review.id} {member}: {text}" for text in _unequal(said.get(member, {}), expected)]
    unrated = [member for member, item in said.items() if member not in rated_members(review) and item["stars"] is not None]
    return found + [f"review {review.id}: {member} is excused and has stars" for member in unrated]


async def _of_points(town: Town, member: str, period: str) -> list[str]:
    said = await town.world.rest.read(f"evaluation/members/{member}/points", town.officer(), period=period, min_position=_seen(town))
    reckoned = points_of(town.books, member, period)
    caps = town.books.rules[period]["caps"]
    expected = {"deductions": shown(reckoned.deductions), "total": shown(reckoned.total)}
    found = list(_unequal(said, expected))
    for name, worth in (("base", reckoned.base), ("bonus", reckoned.bonus)):
        if said[name] not in {shown(worth), shown(min(worth, exact(caps[name])))}:
            found.append(f"{name} is {said[name]}, reckoned {shown(worth)}")
    return [f"points of {member} in {period}: {text}" for text in found]


async def _of_standing(town: Town, member: str) -> list[str]:
    said = await town.world.rest.read(f"evaluation/members/{member}/standing", town.officer(), min_position=_seen(town))
    earned = confirmed_stars(town.books, member)
    rule = town.books.rules["2026-H1"]["flags"]
    expected: dict[str, Any] = {"stars": sum(earned.values()), "flags": flags(rule, earned)}
    found = list(_unequal(said, expected))
    by_period = {item["period"]: item["stars"] for item in said["periods"] if item["stars"] is not None}
    if by_period != earned:
        found.append(f"stars by half-year are {by_period}, reckoned {earned}")
    by_year = {year: count for year, count in said["flags_by_year"].items() if count}
    if rule["accrual"] != "lifetime" and by_year != _flags_by_year(rule, earned):
        found.append(f"flags by year are {by_year}, reckoned {_flags_by_year(rule, earned)}")
    return [f"standing of {member}: {text}" for text in found]


def _flags_by_year(rule: Mapping[str, Any], earned: dict[str, int]) -> dict[str, int]:
    years = {year: {period: count for period, count in earned.items() if period[:4] == year} for year in stars_by_year(earned)}
    return {year: count for year, of_year in years.items() if (count := flags(rule, of_year))}


def _seen(town: Town) -> int:
    return town.world.rest.positions["evaluation"]


def _unequal(said: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    for name, value in expected.items():
        if name not in said:
            yield f"{name} is missing, reckoned {value}"
        elif said[name] != value:
            yield f"{name} is {said[name]}, reckoned {value}"


def _shown(figure: Fraction | int | None) -> Decimal | int | None:
    return figure if figure is None or isinstance(figure, int) else shown(figure)
