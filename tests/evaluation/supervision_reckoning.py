"""An independent reckoning of the responsibility score, written from the spec alone (section 8). It imports nothing of the product.

Told what supervisors did in order, it says what every branch's score of every year must be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

START = Fraction(100)
AMOUNTS = {
    "poor_implementation": Fraction(5),
    "falsification": Fraction(10),
    "unfair_selection": Fraction(10),
    "late_disclosure": Fraction(5),
}


def whose_rules(year: int, inspected_on: date) -> str:
    """The half-year whose amounts a finding about `year` deducts: a half-year has one version, and the one of the inspection holds.

    What is found after the year's end follows the year's last half: later rules do not reach back.
    """
    if inspected_on.year > year:
        return f"{year}-H2"
    return f"{year}-H1" if inspected_on.month <= 6 else f"{year}-H2"


@dataclass
class Ledger:
    """What supervisors did. A finding is worth nothing until it has been in a circular, and nothing after its reversal."""

    start: Fraction = START
    of_finding: dict[str, tuple[str, int, Fraction]] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)

    def found(self, finding: str, branch: str, year: int, kind: str, own_amount: str | None = None) -> None:
        """A finding about a branch and year; its kind's amount, or one of its own."""
        self.of_finding[finding] = branch, year, AMOUNTS[kind] if own_amount is None else Fraction(own_amount)

    def circular(self, *findings: str) -> None:
        """A circular names these findings."""
        self.published.extend(findings)

    def reversed(self, finding: str) -> None:
        """The finding does not stand."""
        self.withdrawn.add(finding)

    def score(self, branch: str, year: int) -> Fraction:
        """What is left of the start, at least nothing."""
        left = self.start
        for finding in self.published:
            of_branch, of_year, amount = self.of_finding[finding]
            if (of_branch, of_year) == (branch, year) and finding not in self.withdrawn:
                left -= amount
        return left if left > 0 else Fraction(0)
