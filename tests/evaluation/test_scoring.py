"""From scores to stars and flags: the worked examples of the spec (section 6) as tables, and what holds for all numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.scoring import (
    StarredHalfYear,
    aggregate,
    band_of,
    flags_by_year,
    needs_reason,
    peer_score,
    reference_score,
    result_score,
    rounded,
    shown,
)
from services.evaluation.events.rulebooks import Flags, Peer, ResultRule, Weights
from shared.calendar import HalfYear
from tests.evaluation.builders_review import H1, rules

BANDS = DEFAULT_RULES.bands
PEER = DEFAULT_RULES.peer
HUNDREDTHS = st.integers(0, 100_00).map(lambda hundredths: Fraction(hundredths, 100))
EXACT = st.fractions(0, 100)


def fractions(*scores: float | str) -> list[Fraction]:
    return [Fraction(str(score)) for score in scores]


@pytest.mark.spec("3.12", "3.13", "6.61")
@pytest.mark.parametrize(
    ("score", "whole", "stars"),
    [
        ("89.49", 89, 2),
        ("89.50", 90, 3),
        ("59.50", 60, 1),
        ("59.49", 59, 0),
        ("69.49", 69, 1),
        ("69.50", 70, 2),
        ("89.495", 89, 2),
        ("0", 0, 0),
        ("100", 100, 3),
    ],
)
def test_a_result_is_rounded_half_up_once_and_lies_in_one_band(score: str, whole: int, stars: int) -> None:
    assert rounded(Fraction(score)) == whole
    assert band_of(Fraction(score), BANDS).stars == stars


@pytest.mark.spec("6.30c")
@pytest.mark.parametrize(("exact", "said"), [("89.495", "89.50"), ("89.494", "89.49"), ("80", "80"), ("0.005", "0.01")])
def test_what_is_shown_is_rounded_half_up_to_two_places(exact: str, said: str) -> None:
    assert shown(Fraction(exact)) == Decimal(said)


@pytest.mark.spec("6.67", "6.30b")
def test_a_mean_is_shown_higher_than_its_band_looks_at_it() -> None:
    mean = aggregate(fractions(89.49, 89.50), Peer("branch", "mean", 5, "1/2", 3))
    assert (mean, shown(mean), band_of(mean, BANDS).stars) == (Fraction("89.495"), Decimal("89.50"), 2)


@pytest.mark.spec("3.17", "6.65", "6.66")
@pytest.mark.parametrize(
    ("scores", "aggregated"),
    [
        ((100, 80, 80, 80, 20), "80"),
        ((90, 80, 70, 60), "75"),
        ((100, 90, 80, 70, 60, 50), "75"),
        ((100, 100, 100, 100, 0), "100"),
    ],
)
def test_the_trimmed_mean_drops_one_highest_and_one_lowest_from_five_scores_on(scores: tuple[int, ...], aggregated: str) -> None:
    assert aggregate(fractions(*scores), PEER) == Fraction(aggregated)


@pytest.mark.spec("3.17")
@pytest.mark.parametrize(("kind", "aggregated"), [("mean", "72"), ("median", "80"), ("trimmed_mean", "80")])
def test_the_rulebook_names_the_aggregate(kind: str, aggregated: str) -> None:
    assert aggregate(fractions(100, 80, 80, 80, 20), rules(peer={"aggregate": kind}).peer) == Fraction(aggregated)


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert aggregate(fractions(60, 90, "70.25", 81), rules(peer={"aggregate": "median"}).peer) == Fraction("75.625")


def test_fewer_scores_than_may_be_shown_leave_no_peer_part() -> None:
    assert peer_score(fractions(90, 80, 70, 60), PEER) is None
    assert peer_score(fractions(90, 80, 70, 60), rules(peer={"minimum_shown": 4}).peer) == 75


@pytest.mark.spec("6.30a")
def test_means_are_exact_until_the_end() -> None:
    third = aggregate(fractions(80, 80, 81), rules(peer={"aggregate": "mean"}).peer)
    assert third == Fraction(241, 3)


@pytest.mark.spec("3.22")
@pytest.mark.parametrize(
    ("weights", "points", "peer", "reference"),
    [
        (("0.5", "0.5", "0"), "60", "90", "75"),
        (("0.2", "0.3", "0.5"), "60", "90", "78"),
        (("0.5", "0.5", "0"), "60", None, None),
        (("0", "0", "1"), "60", "90", None),
        (("1", "0", "0"), "60", None, None),
    ],
)
def test_the_reference_takes_points_and_peers_by_their_weights_scaled_to_one(
    weights: tuple[str, str, str], points: str, peer: str | None, reference: str | None
) -> None:
    said = reference_score(Fraction(points), None if peer is None else Fraction(peer), Weights(*map(Decimal, weights)))
    assert said == (None if reference is None else Fraction(reference))


@pytest.mark.spec("3.21", "3.33")
@pytest.mark.parametrize(
    ("weights", "peer", "result"),
    [
        (("0.3", "0.3", "0.4"), "90", "77"),
        (("0.3", "0.3", "0.4"), None, "500/7"),
        (("0", "1", "0"), None, None),
    ],
)
def test_weighted_takes_the_parts_that_are_there_scaled_to_one(weights: tuple[str, str, str], peer: str | None, result: str | None) -> None:
    rule = ResultRule("weighted", Weights(*map(Decimal, weights)))
    said = result_score(rule, Fraction(60), None if peer is None else Fraction(peer), Fraction(80))
    assert said == (None if result is None else Fraction(result))


@pytest.mark.parametrize("formula", ["committee", "weighted"])
def test_without_the_committees_part_there_is_no_result(formula: str) -> None:
    rule = ResultRule(formula, DEFAULT_RULES.result.weights)
    assert result_score(rule, Fraction(60), Fraction(90), None) is None


@pytest.mark.spec("3.21")
def test_under_the_committees_formula_its_score_is_the_result() -> None:
    assert result_score(DEFAULT_RULES.result, Fraction(60), Fraction(90), Fraction(77)) == 77


@pytest.mark.parametrize(
    ("committee", "reference", "needed"), [("85", "75", False), ("85.01", "75", True), ("64.99", "75", True), ("75", None, True)]
)
def test_a_reason_is_needed_beyond_the_limit_and_without_a_reference(committee: str, reference: str | None, needed: bool) -> None:
    assert needs_reason(Fraction(committee), None if reference is None else Fraction(reference), Decimal(10)) is needed


def earned(*stars: int, accrual: str = "year", per_flag: int = 2, first: HalfYear = H1) -> list[StarredHalfYear]:
    halves, period = [], first
    for count in stars:
        halves.append(StarredHalfYear(period, count, Flags(per_flag, accrual)))
        period = period.next()
    return halves


@pytest.mark.spec("3.15", "6.62", "6.63", "6.64")
@pytest.mark.parametrize(("stars", "by_year", "by_half_year"), [((3, 2), 2, 2), ((1, 1), 1, 0), ((3, 3), 3, 2), ((0, 0), 0, 0)], ids=str)
def test_flags_of_a_year_under_two_accruals(stars: tuple[int, int], by_year: int, by_half_year: int) -> None:
    assert flags_by_year(earned(*stars)) == {2026: by_year}
    assert flags_by_year(earned(*stars, accrual="half_year")) == {2026: by_half_year}


@pytest.mark.spec("3.15")
def test_the_remainder_of_a_year_lapses_and_is_carried_on_under_lifetime() -> None:
    assert flags_by_year(earned(3, 0, 3, 0)) == {2026: 1, 2027: 1}
    assert flags_by_year(earned(3, 0, 3, 0, accrual="lifetime")) == {2026: 1, 2027: 2}


def test_where_the_rule_changes_the_years_last_half_year_decides() -> None:
    halves = [*earned(1), *earned(1, accrual="half_year", first=HalfYear(2026, 2))]
    assert flags_by_year(halves) == {2026: 0}


@given(st.lists(HUNDREDTHS, min_size=1, max_size=60), st.sampled_from(["mean", "median", "trimmed_mean"]))
def test_an_aggregate_lies_between_the_lowest_and_the_highest(scores: list[Fraction], kind: str) -> None:
    assert min(scores) <= aggregate(scores, rules(peer={"aggregate": kind}).peer) <= max(scores)


@given(st.lists(HUNDREDTHS, min_size=5, max_size=60))
def test_one_voter_alone_moves_a_trimmed_mean_within_the_others(scores: list[Fraction]) -> None:
    others = sorted(scores)[1:]
    for outlier in (Fraction(0), Fraction(100)):
        assert others[0] <= aggregate([*others, outlier], PEER) <= others[-1]


@given(st.permutations([Fraction(score) for score in (100, 93, 80, 41, 80, 7)]))
def test_the_order_of_ballots_changes_nothing(scores: list[Fraction]) -> None:
    assert aggregate(scores, PEER) == Fraction("73.5")


@given(st.lists(EXACT, min_size=2, max_size=20))
def test_stars_never_fall_as_the_score_rises(scores: list[Fraction]) -> None:
    for lower, higher in pairwise(sorted(scores)):
        assert band_of(lower, BANDS).stars <= band_of(higher, BANDS).stars


@given(EXACT)
def test_rounding_is_never_further_away_than_half_a_step(score: Fraction) -> None:
    assert -Fraction(1, 2) < rounded(score) - score <= Fraction(1, 2)
    assert -Fraction(1, 200) < Fraction(shown(score)) - score <= Fraction(1, 200)


@pytest.mark.spec("3.14")
@given(st.lists(st.integers(0, 3), max_size=12), st.sampled_from(["year", "half_year", "lifetime"]), st.integers(1, 4))
def test_flags_are_never_more_than_the_stars_can_pay(stars: list[int], accrual: str, per_flag: int) -> None:
    flags = flags_by_year(earned(*stars, accrual=accrual, per_flag=per_flag))
    assert sum(flags.values()) <= sum(stars) // per_flag
    if accrual == "lifetime":
        assert sum(flags.values()) == sum(stars) // per_flag


@given(HUNDREDTHS, st.one_of(st.none(), HUNDREDTHS), HUNDREDTHS)
def test_a_weighted_result_lies_between_its_parts(points: Fraction, peer: Fraction | None, committee: Fraction) -> None:
    rule = ResultRule("weighted", Weights(Decimal("0.2"), Decimal("0.3"), Decimal("0.5")))
    parts = [part for part in (points, peer, committee) if part is not None]
    result = result_score(rule, points, peer, committee)
    assert result is not None
    assert min(parts) <= result <= max(parts)
