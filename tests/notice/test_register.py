from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notice.domain.register import evolve, give_number, stream
from tests.notice.builders import BRANCH, clock, october, recorded


@pytest.mark.spec("9.15")
@given(st.integers(1, 50))
def test_numbers_run_from_1_without_a_gap(count: int) -> None:
    given_so_far, numbers = 0, []
    for number in range(count):
        event = give_number(given_so_far, BRANCH, "XH01", 2026, str(number))
        given_so_far = evolve(given_so_far, recorded(event, clock(october(8))))
        numbers.append(event.number)
    assert numbers == [f"XH01-2026-{n}" for n in range(1, count + 1)]


def test_each_organisation_and_year_has_a_stream_of_its_own() -> None:
    assert len({stream("a", 2026), stream("a", 2027), stream("b", 2026)}) == 3
