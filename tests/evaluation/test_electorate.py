"""Who takes part (spec, section 6): the day of the electorate, the excused, and who scores whom under both scopes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.electorate import (
    ElectorateInFuture,
    ElectorateOutsideHalfYear,
    ExcusedStranger,
    HalfYearNotBegun,
    circles_of,
    electorate_day,
    excused_at_opening,
    require_excusable,
)
from services.evaluation.events.reviews import Excused
from tests.evaluation.builders_review import H1, REASON, day, electorate, rules

LARGE = {f"a{number}": "a" for number in range(6)}
SMALL = {f"b{number}": "b" for number in range(5)}
ALONE: dict[str, str | None] = {"c0": None}
WITHIN_BRANCH, WITHIN_GROUPS = rules().peer, rules(peer={"scope": "group"}).peer


@pytest.mark.spec("6.7")
@pytest.mark.parametrize(
    ("asked", "today", "taken"),
    [
        (None, "2026-07-01", "2026-06-30"),
        (None, "2026-06-30", "2026-06-30"),
        ("2026-03-01", "2026-03-01", "2026-03-01"),
        ("2026-01-01", "2031-05-05", "2026-01-01"),
    ],
)
def test_the_electorate_is_that_of_a_day_in_the_half_year_by_default_its_last(asked: str | None, today: str, taken: str) -> None:
    assert electorate_day(H1, day(asked) if asked else None, day(today)) == day(taken)


@pytest.mark.spec("6.6a")
@pytest.mark.parametrize(
    ("asked", "today", "refusal"),
    [
        (None, "2025-12-31", HalfYearNotBegun),
        ("2026-03-01", "2025-12-31", HalfYearNotBegun),
        (None, "2026-06-29", ElectorateInFuture),
        ("2026-03-02", "2026-03-01", ElectorateInFuture),
        ("2026-07-01", "2026-07-03", ElectorateOutsideHalfYear),
        ("2025-12-31", "2026-07-03", ElectorateOutsideHalfYear),
    ],
)
def test_a_day_to_come_or_outside_the_half_year_is_refused(asked: str | None, today: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        electorate_day(H1, day(asked) if asked else None, day(today))


def test_excused_are_of_the_electorate_each_once() -> None:
    with pytest.raises(ExcusedStranger) as refused:
        require_excusable(electorate(3), ["m1", "x", "m1"])
    assert refused.value.errors == (("/excused/1/member_id", "not of this electorate"), ("/excused/2/member_id", "named twice"))


@pytest.mark.spec("6.11")
def test_who_stands_in_another_review_is_excused_as_rated_elsewhere() -> None:
    assert excused_at_opening({"m1": REASON}, ["m1", "m2"]) == (Excused("m1", "stated", REASON), Excused("m2", "rated_elsewhere"))


@pytest.mark.spec("2.7", "3.16")
def test_under_scope_branch_the_branch_is_one_circle() -> None:
    assert circles_of(LARGE | SMALL, WITHIN_BRANCH) == ((*LARGE, *SMALL),)


@pytest.mark.spec("3.16", "6.21", "6.22")
def test_under_scope_group_each_group_of_six_is_a_circle_and_the_others_are_one() -> None:
    assert circles_of({**LARGE, **SMALL, **ALONE}, WITHIN_GROUPS) == (tuple(LARGE), (*SMALL, *ALONE))


@pytest.mark.spec("6.22")
def test_under_scope_group_fewer_than_six_others_make_the_branch_one_circle() -> None:
    assert circles_of(LARGE | SMALL, WITHIN_GROUPS) == ((*LARGE, *SMALL),)
    assert circles_of({**SMALL, **ALONE}, WITHIN_GROUPS) == ((*SMALL, *ALONE),)


@pytest.mark.spec("0.2", "6.22")
def test_how_small_a_group_may_be_is_the_towns_to_say() -> None:
    threes = rules(peer={"scope": "group", "smallest_group": 3}).peer
    assert circles_of(LARGE | SMALL, threes) == (tuple(LARGE), tuple(SMALL))
    assert circles_of(LARGE | SMALL, rules(peer={"scope": "group", "smallest_group": 8}).peer) == ((*LARGE, *SMALL),)


def test_under_scope_group_nobody_is_left_over_where_all_groups_are_large() -> None:
    other = {f"d{number}": "d" for number in range(7)}
    assert circles_of(LARGE | other, WITHIN_GROUPS) == (tuple(LARGE), tuple(other))


@given(st.dictionaries(st.text("xyz", min_size=1, max_size=4), st.sampled_from([None, "a", "b", "c"]), min_size=1, max_size=40))
def test_everybody_stands_in_one_circle_and_none_of_several_is_small(groups: dict[str, str | None]) -> None:
    circles = circles_of(groups, WITHIN_GROUPS)
    assert sorted(member for circle in circles for member in circle) == sorted(groups)
    assert len(circles) == 1 or all(len(circle) >= 6 for circle in circles)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.one_of(st.none(), st.dates(date(2025, 6, 1), date(2027, 6, 1))))
def test_the_day_taken_is_never_in_the_future_nor_outside(today: date, asked: date | None) -> None:
    try:
        taken = electorate_day(H1, asked, today)
    except (ElectorateInFuture, ElectorateOutsideHalfYear):
        return
    assert H1.first_day <= taken <= min(H1.last_day, today)
