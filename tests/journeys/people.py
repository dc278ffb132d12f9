"""Who lives in a random town, and when: facts with their own dates, so that an electorate can be reckoned as of any day."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date

from tests.journeys import lots

SETTLED = date(2026, 3, 20)
"""The day on which the roster is entered; nobody joined later."""


@dataclass(eq=False)
class Branch:
    """A branch: its groups, who holds which post; `early` moves the electorate's day before the half-year's end."""

    name: str
    size: int
    opens_after: int
    id: str = ""
    groups: dict[str, str] = field(default_factory=dict)
    secretary: Person = None  # type: ignore[assignment]
    committee: list[Person] = field(default_factory=list)


@dataclass(eq=False)
class Person:
    """A member: where it belonged and what its status was, from which day on; what it declared; its token."""

    name: str
    joined_on: date
    homes: list[tuple[date, Branch, str | None]]
    states: list[tuple[date, str]]
    is_floating: bool = False
    id: str = ""
    token: str = ""
    kin: set[str] = field(default_factory=set)

    def home(self, on: date) -> tuple[Branch, str | None]:
        """Its branch and group at the end of that day."""
        return next((branch, group) for since, branch, group in reversed(self.homes) if since <= on)

    def state(self, on: date) -> str:
        """Its status at the end of that day."""
        return next(state for since, state in reversed(self.states) if since <= on)

    def is_elector(self, branch: Branch, on: date) -> bool:
        """Whether it belongs to the electorate of that branch and day (api.md): full or probationary, floating or not."""
        if on < self.homes[0][0]:
            return False
        return self.home(on)[0] is branch and self.state(on) in {"full", "probationary"}


def branches(lot: random.Random, count: int) -> list[Branch]:
    """Branches of 1 to 20 members; one of 4 and one large one are always there."""
    sizes = [4, lot.randint(13, 20), *(lot.choice([1, 2, 3, 5, 6, 7, 9, 12]) for _ in range(count - 2))]
    return [
        Branch(f"{lot.choice('东西南北上下新')}{lot.choice('庄湾台寨沟')}村党支部{number}", size, number)
        for number, size in enumerate(sizes)
    ]


def settle(lot: random.Random, branch: Branch) -> list[Person]:
    """The people of one branch at the start, some on probation, some away; its posts, and the kin its committee names."""
    keys = [f"第{number}党小组" for number in range(1, max(2, branch.size // 6 + 1))] if branch.size >= 5 else []
    branch.groups = dict.fromkeys(keys, "")
    people = [_person(lot, branch, keys) for _ in range(branch.size)]
    branch.secretary, *others = people
    branch.committee = [branch.secretary, *others[: min(len(others), lot.choice([2, 3, 4]))]]
    return people


def _person(lot: random.Random, branch: Branch, groups: list[str]) -> Person:
    joined = lots.day(lot, date(1985, 1, 1), date(2025, 6, 30))
    status = "full"
    if branch.size > 2 and lot.random() < 0.12:
        joined, status = lots.day(lot, date(2025, 8, 1), date(2026, 3, 10)), "probationary"
    group = lot.choice([*groups, None]) if groups else None
    return Person(lots.name(lot), joined, [(joined, branch, group)], [(joined, status)], is_floating=lot.random() < 0.2)


def is_post_holder(person: Person) -> bool:
    """Whether it holds a post in its branch; such people stay where they are."""
    return any(person in branch.committee for _, branch, _ in person.homes)
