"""The register of an organisation's notices in a year: 1, 2, 3, ... without gaps (spec, section 9)."""

from __future__ import annotations

from services.notice.events.register import NumberGiven
from shared.events import Recorded

NumbersGiven = int


def stream(organization_id: str, year: int) -> str:
    """The stream that protects the numbering of one organisation and year."""
    return f"register/{organization_id}/{year}"


def evolve(given: NumbersGiven, recorded: Recorded) -> NumbersGiven:
    """How many numbers were given."""
    match recorded.event:
        case NumberGiven() as e:
            return e.n
    return given


def give_number(given: NumbersGiven, organization_id: str, code: str, year: int, notice_id: str) -> NumberGiven:
    """The next number: `{code}-{year}-{n}`."""
    n = given + 1
    return NumberGiven(organization_id=organization_id, year=year, n=n, number=f"{code}-{year}-{n}", notice_id=notice_id)
