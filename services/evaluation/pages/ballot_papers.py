"""A ballot as a form: whom one scores, in what, what was written so far, and which cells are still wrong.

The same sheet serves the member's own ballot, the one cast from afar with a code, and paper that is keyed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.web.forms import Fields

PREFIX = "s."
CENTS = -2
Scores = Mapping[str, Mapping[str, Decimal | int | str]]


@dataclass(frozen=True)
class Paper:
    """Whom this rater scores, and in which dimensions."""

    ratees: Sequence[str]
    dimensions: Sequence[Mapping[str, Any]]

    def sum_of(self, row: Mapping[str, Decimal | int | str]) -> Decimal | str:
        """The sum of a whole row; the empty text while a score is missing or is none."""
        scores = [row.get(dimension["code"]) for dimension in self.dimensions]
        if not all(isinstance(score, Decimal | int) for score in scores):
            return ""
        return sum((Decimal(score) for score in scores if score is not None), Decimal(0))

    def faults(self, scores: Scores) -> dict[str, str]:
        """The cells that are empty or hold no possible score, by their places in the contract's body: `scores/<ratee>/<dimension>`."""
        return dict(self._faults(scores))

    def _faults(self, scores: Scores) -> Iterator[tuple[str, str]]:
        for ratee in self.ratees:
            for dimension in self.dimensions:
                score = scores.get(ratee, {}).get(dimension["code"])
                if not _is_score(score, Decimal(dimension["max"])):
                    yield f"scores/{ratee}/{dimension['code']}", ""


def paper_of(answer: Mapping[str, Any]) -> Paper:
    """The paper that the contract's answer describes."""
    return Paper(answer["ratees"], answer["dimensions"])


def written_in(fields: Fields) -> dict[str, dict[str, Decimal | str]]:
    """The scores that were written into the sheet of a form."""
    return fields.sheet(PREFIX)


def _is_score(score: Decimal | int | str | None, most: Decimal) -> bool:
    if isinstance(score, str) or score is None:
        return False
    exact = Decimal(score)
    exponent = exact.normalize().as_tuple().exponent
    return 0 <= exact <= most and isinstance(exponent, int) and exponent >= CENTS
