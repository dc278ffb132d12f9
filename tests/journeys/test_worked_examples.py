"""The worked examples of the spec (section 6), held against the independent reckoning itself."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.journeys.reckoning import (
    Books,
    Committee,
    Entry,
    Review,
    aggregate,
    flags,
    has_quorum,
    period_of,
    points_of,
    publicity_ends_on,
    results_of,
    sheet_of,
    shown,
    stars,
)

BANDS = [{"from": 90, "stars": 3}, {"from": 70, "stars": 2}, {"from": 60, "stars": 1}, {"from": 0, "stars": 0}]
PEER = {"scope": "branch", "aggregate": "trimmed_mean", "trim_from": 5, "quorum": "1/2", "minimum_shown": 5}
RULES = {
    "dimensions": [{"code": "all", "max": 100}],
    "items": [
        {"code": "study", "kind": "base", "points": 5, "cap": 30},
        {"code": "duty", "kind": "base", "points": 20, "cap": 60},
        {"code": "help", "kind": "bonus", "points": {"from": 1, "to": 50}, "cap": 50},
        {"code": "breach", "kind": "deduction", "points": {"from": 1, "to": 100}, "cap": 100},
    ],
    "caps": {"base": 60, "bonus": 40},
    "bands": BANDS,
    "peer": PEER,
    "result": {"formula": "committee", "weights": {"points": 0.5, "peer": 0.5, "committee": 0}},
}
FREE = {date(2026, 9, 25), *(date(2026, 10, day) for day in range(1, 8))}
MADE_UP = {date(2026, 9, 20), date(2026, 10, 10)}


def entry(item: str, points: str | None = None, *, at: int = 1, on: date = date(2026, 3, 2), reversed_at: int | None = None) -> Entry:
    worth = None if points is None else Decimal(points)
    return Entry(id=f"{item}-{at}", member="li", item=item, occurred_on=on, at=at, points=worth, reversed_at=reversed_at)


def books(*entries: Entry, reviews: tuple[Review, ...] = (), **rules: object) -> Books:
    changed = {**RULES, **rules}
    return Books(rules={"2026-H1": changed, "2026-H2": changed}, entries=list(entries), reviews=list(reviews))


@pytest.mark.spec("6.61")
@pytest.mark.parametrize(("score", "expected"), [("89.49", 2), ("89.50", 3), ("59.50", 1), ("59.49", 0), ("100", 3), ("0", 0)])
def test_a_band_looks_at_the_whole_point(score: str, expected: int) -> None:
    assert stars(BANDS, Fraction(score)) == expected


@pytest.mark.spec("6.62", "6.63", "6.64")
@pytest.mark.parametrize(
    ("first", "second", "by_year", "by_half_year"), [(3, 2, 2, 2), (1, 1, 1, 0), (3, 3, 3, 2)], ids=["3 then 2", "1 then 1", "3 then 3"]
)
def test_flags_under_each_accrual(first: int, second: int, by_year: int, by_half_year: int) -> None:
    earned = {"2026-H1": first, "2026-H2": second}

    assert flags({"stars_per_flag": 2, "accrual": "year"}, earned) == by_year
    assert flags({"stars_per_flag": 2, "accrual": "half_year"}, earned) == by_half_year


def test_the_remainder_of_a_year_lapses_but_not_under_lifetime() -> None:
    earned = {"2025-H2": 1, "2026-H1": 1}

    assert flags({"stars_per_flag": 2, "accrual": "year"}, earned) == 0
    assert flags({"stars_per_flag": 2, "accrual": "lifetime"}, earned) == 1


@pytest.mark.spec("6.65")
@pytest.mark.parametrize(("scores", "expected"), [([100, 80, 80, 80, 20], 80), ([90, 80, 70, 60], 75)])
def test_one_highest_and_one_lowest_are_dropped_from_five_on(scores: list[int], expected: int) -> None:
    assert aggregate([Fraction(score) for score in scores], PEER) == expected


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert aggregate([Fraction(score) for score in (60, 90, 70, 81)], {**PEER, "aggregate": "median"}) == Fraction("75.5")


@pytest.mark.spec("6.67")
def test_an_exact_mean_is_shown_rounded_and_banded_unrounded() -> None:
    mean = committee_mean("89.49", "89.50")

    assert mean == Fraction("89.495")
    assert shown(mean) == Decimal("89.50")
    assert stars(BANDS, mean) == 2


def committee_mean(*scores: str) -> Fraction:
    review = Review(id="r", period="2026-H1", eligible={"li": None})
    review.committee["li"] = Committee(by={f"c{number}": Decimal(score) for number, score in enumerate(scores)})
    committee = results_of(books(reviews=(review,)), review)["li"].committee
    assert committee is not None
    return committee


@pytest.mark.spec("6.69")
def test_publicity_over_the_national_day() -> None:
    def is_working(day: date) -> bool:
        return day in MADE_UP or (day.weekday() < 5 and day not in FREE)

    assert publicity_ends_on(date(2026, 9, 28), 5, is_working) == date(2026, 10, 10)


def test_each_item_is_capped_before_its_kind() -> None:
    kept = books(*(entry("study", at=number) for number in range(8)), *(entry("duty", at=number) for number in range(10, 13)))

    assert points_of(kept, "li", "2026-H1").base == 30 + 60
    assert points_of(kept, "li", "2026-H1").total == 60


def test_points_stay_within_0_and_100() -> None:
    assert points_of(books(entry("breach", "30")), "li", "2026-H1").total == 0
    assert points_of(books(entry("duty"), entry("help", "45.5", at=2)), "li", "2026-H1").total == 60


def test_a_reversed_entry_counts_nothing() -> None:
    assert points_of(books(entry("study", reversed_at=9)), "li", "2026-H1").total == 0


def test_an_entry_after_closing_counts_in_the_next_half_year() -> None:
    review = Review(id="r", period="2026-H1", eligible={"li": None}, closed_at=5)
    late, early = entry("study", at=6), entry("study", at=4)
    kept = books(late, early, reviews=(review,))

    assert period_of(kept, early) == "2026-H1"
    assert period_of(kept, late) == "2026-H2"


def test_fewer_scores_than_the_least_number_shown_leave_no_peer_part() -> None:
    everybody = ["li", "wu", "he", "ma", "qi"]
    review = Review(id="r", period="2026-H1", eligible=dict.fromkeys(everybody))
    for rater in everybody:
        review.ballots.append((rater, {ratee: {"all": Decimal(90)} for ratee in sheet_of(review, rater, "branch")}))

    result = results_of(books(reviews=(review,)), review)["li"]

    assert (result.peer, result.peer_scores, result.reference, result.result) == (None, 4, None, None)


def test_the_newest_ballot_counts() -> None:
    review = Review(id="r", period="2026-H1", eligible=dict.fromkeys(["li", "wu"]))
    review.ballots = [("wu", {"li": {"all": Decimal(10)}}), ("wu", {"li": {"all": Decimal(80)}})]
    peer = {**PEER, "minimum_shown": 1}

    assert results_of(books(reviews=(review,), peer=peer), review)["li"].peer == 80


def test_weights_are_scaled_to_the_parts_that_are_there() -> None:
    review = Review(id="r", period="2026-H1", eligible={"li": None}, committee={"li": Committee(score=Decimal(80))})
    weighted = {"formula": "weighted", "weights": {"points": 0.3, "peer": 0.3, "committee": 0.3}}

    assert results_of(books(entry("duty"), reviews=(review,), result=weighted), review)["li"].result == 50


def test_small_groups_score_with_the_branchs_other_members() -> None:
    large = {f"a{number}": "a" for number in range(6)}
    small = {f"b{number}": "b" for number in range(4)}
    alone: dict[str, str | None] = {"c0": None, "c1": None}
    review = Review(id="r", period="2026-H1", eligible={**large, **small, **alone})

    assert sheet_of(review, "a0", "group") == set(large) - {"a0"}
    assert sheet_of(review, "b0", "group") == (set(small) | set(alone)) - {"b0"}


def test_quorum_is_half_of_those_who_may_vote() -> None:
    review = Review(id="r", period="2026-H1", eligible=dict.fromkeys(["li", "wu", "he", "ma"]), excused={"ma"})

    review.ballots = [("li", {})]
    assert not has_quorum(review, RULES)
    review.ballots = [("li", {}), ("wu", {})]
    assert has_quorum(review, RULES)
