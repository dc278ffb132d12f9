"""A member's standing (spec, sections 3 and 6): confirmed half-years, stars, flags by year."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.evaluation.domain.standings import RatedHalfYear, standing
from services.evaluation.events.rulebooks import Flags
from shared.calendar import HalfYear

YEAR = Flags(2, "year")


def half(text: str, stars: int | None) -> RatedHalfYear:
    return RatedHalfYear(HalfYear.parse(text), None if stars is None else Decimal(80), stars, YEAR)


@pytest.mark.spec("2.10", "6.49")
def test_half_years_are_in_order_and_add_up() -> None:
    found = standing([half("2026-H2", 2), half("2025-H2", 1), half("2026-H1", 3)])
    assert [str(one.period) for one in found.periods] == ["2025-H2", "2026-H1", "2026-H2"]
    assert (found.stars, found.flags, found.flags_by_year) == (6, 2, {2025: 0, 2026: 2})


def test_a_half_year_without_a_result_adds_nothing() -> None:
    found = standing([half("2026-H1", None), half("2026-H2", 2)])
    assert (found.stars, found.flags, len(found.periods)) == (2, 1, 2)


def test_nothing_confirmed_is_an_empty_standing() -> None:
    found = standing([])
    assert (found.periods, found.stars, found.flags, found.flags_by_year) == ((), 0, 0, {})
