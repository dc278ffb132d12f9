"""Scores in the dimensions of the rulebook, as ballots and self reviews give them: each dimension once, exact, within its maximum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from services.evaluation.events.rulebooks import Dimension
from shared.errors import Invalid

_CENT = Decimal("0.01")
Errors = list[tuple[str, str]]


class ScoreInvalid(Invalid):
    """A score is an exact number with at most two decimals, from 0 to its maximum."""

    code = "score_invalid"
    sentence = "Some scores are no numbers from 0 to their maximum with at most two decimals; the errors say which."


class SheetNotWhole(Invalid):
    """Every dimension of the rulebook is scored, and nothing else."""

    code = "sheet_not_whole"
    sentence = "Every dimension of the rulebook is scored, and nothing else; the errors say what is missing or too much."


def hundredths(value: object, most: Decimal) -> int | None:
    """A JSON number from 0 to `most` with at most two decimals, in hundredths of a point; None where it is anything else."""
    if type(value) is int:
        return value * 100 if 0 <= value <= most else None
    if type(value) is Decimal and value.is_finite() and 0 <= value <= most and value == value.quantize(_CENT):
        return int(value * 100)
    return None


def missing_or_unknown(dimensions: Sequence[Dimension], given: Mapping[str, object], place: str) -> Errors:
    """The dimensions that are not scored, and what is scored that is no dimension."""
    codes = [dimension.code for dimension in dimensions]
    missing = [(f"{place}/{code}", "missing") for code in codes if code not in given]
    return missing + [(f"{place}/{escaped(code)}", "no dimension of the rulebook") for code in given if code not in codes]


def invalid_scores(dimensions: Sequence[Dimension], given: Mapping[str, object], place: str) -> Errors:
    """The places of the scores that are no exact numbers within their maximum."""
    return [
        (f"{place}/{dimension.code}", f"must be a number from 0 to {dimension.max:f} with at most two decimals")
        for dimension in dimensions
        if hundredths(given.get(dimension.code), dimension.max) is None
    ]


def require_sheet(dimensions: Sequence[Dimension], given: Mapping[str, object], place: str) -> dict[str, Decimal]:
    """The scores by dimension, in the rulebook's order. Raises SheetNotWhole, ScoreInvalid."""
    if errors := missing_or_unknown(dimensions, given, place):
        raise SheetNotWhole(errors=errors)
    if errors := invalid_scores(dimensions, given, place):
        raise ScoreInvalid(errors=errors)
    return {dimension.code: Decimal(str(given[dimension.code])) for dimension in dimensions}


def escaped(token: str) -> str:
    """A reference token of a JSON pointer (RFC 6901), shortened: made-up keys may be as long as they like."""
    return token[:64].replace("~", "~0").replace("/", "~1")
