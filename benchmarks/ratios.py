"""Figures beside their reference: alternating runs in one process, the median of the ratios. Single figures drift, ratios less."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import dataclass

Rate = Callable[[], float]


@dataclass(frozen=True)
class Figure:
    """A measured rate beside its reference's (both a second, medians) and the median of the ratios pair by pair."""

    name: str
    rate: float
    reference: float
    ratio: float
    lowest: float
    highest: float
    goal: float | None = None

    def line(self) -> str:
        """One row of the table."""
        goal = "" if self.goal is None else f"{self.goal:.2f} {'met' if self.ratio >= self.goal else 'MISSED'}"
        return (
            f"| {self.name} | {self.rate:,.0f} | {self.reference:,.0f} | **{self.ratio:.2f}**"
            f" ({self.lowest:.2f} to {self.highest:.2f}) | {goal} |"
        )


HEAD = "| what | a second | reference a second | ratio, median (lowest to highest) | goal |\n| --- | --- | --- | --- | --- |"


def compare(name: str, measured: Rate, reference: Rate, *, pairs: int = 7, goal: float | None = None) -> Figure:
    """Run both in turn, `pairs` times after one run of each that does not count."""
    measured(), reference()
    rates = [(measured(), reference()) for _ in range(pairs)]
    ratios = sorted(rate / other for rate, other in rates)
    middle = statistics.median
    return Figure(name, middle(r for r, _ in rates), middle(o for _, o in rates), middle(ratios), ratios[0], ratios[-1], goal)


def machine() -> str:
    """What it was measured on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
