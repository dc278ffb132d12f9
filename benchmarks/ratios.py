"""Figures beside their reference: alternating runs in one process, the median of the ratios. Single figures drift, ratios less."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import dataclass

Rate = Callable[[], float]


@dataclass(frozen=True)
class Plan:
    """How long to measure: seconds a slice, pairs of slices, events of a rebuild, branches, seconds of an evening; on which database."""

    seconds: float = 1.0
    pairs: int = 7
    events: int = 1_000_000
    branches: int = 12
    evening: float = 60.0
    database: str | None = None

    def goal(self, sqlite: float, postgres: float) -> float:
        """The goal on the database of this plan."""
        return postgres if self.database else sqlite


FULL = Plan()
QUICK = Plan(seconds=0.1, pairs=1, events=3_000, branches=1, evening=6)
COUNTY = Plan(branches=600, evening=600)


@dataclass(frozen=True)
class Figure:
    """A measured rate beside its reference's (both a second, medians) and the median of the ratios pair by pair.

    The goal is a least ratio, or a least rate `goal_a_second`.
    """

    name: str
    rate: float
    reference: float
    ratio: float
    lowest: float
    highest: float
    goal: float | None = None
    goal_a_second: float | None = None

    def line(self) -> str:
        """One row of the table."""
        return (
            f"| {self.name} | {self.rate:,.0f} | {self.reference:,.0f} | **{self.ratio:.2f}**"
            f" ({self.lowest:.2f} to {self.highest:.2f}) | {self._verdict()} |"
        )

    def _verdict(self) -> str:
        if self.goal_a_second is not None:
            return f"{self.goal_a_second:,.0f} a second: {'met' if self.rate >= self.goal_a_second else 'MISSED'}"
        return "" if self.goal is None else f"{self.goal:.2f} {'met' if self.ratio >= self.goal else 'MISSED'}"


HEAD = "| what | a second | reference a second | ratio, median (lowest to highest) | goal |\n| --- | --- | --- | --- | --- |"


def compare(
    name: str,
    measured: Rate,
    reference: Rate,
    *,
    pairs: int = 7,
    goal: float | None = None,
    goal_a_second: float | None = None,
    warm: bool = True,
) -> Figure:
    """Run both in turn, `pairs` times, after one run of each that does not count (unless not `warm`)."""
    if warm:
        measured(), reference()
    rates = [(measured(), reference()) for _ in range(pairs)]
    ratios = sorted(rate / other for rate, other in rates)
    middle = statistics.median
    seen = (middle(rate for rate, _ in rates), middle(other for _, other in rates), middle(ratios), ratios[0], ratios[-1])
    return Figure(name, *seen, goal, goal_a_second)


def machine() -> str:
    """What it was measured on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
