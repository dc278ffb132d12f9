"""The ballot box (spec, section 6): whole or refused, the newest counts, closing stores aggregates and nothing below the least number."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.ballots import (
    BallotNotWhole,
    MayNotVote,
    OwnScore,
    QuorumNotReached,
    ScoreOfExcused,
    ScoreOfStranger,
    cast_ballot,
    has_quorum,
    scores_on,
)
from services.evaluation.domain.openings import excuse_member
from services.evaluation.domain.reviews import WrongPhase
from services.evaluation.domain.sheets import ScoreInvalid
from services.evaluation.events.reviews import CountedBallot, PeerReviewClosed, PeerScore
from shared.errors import Invalid
from tests.evaluation.builders_review import REASON, Course, ballot, members, row, rules

POINTS = st.integers(0, 2000).map(lambda hundredths: Decimal(hundredths) / 100)


def closing(course: Course) -> PeerReviewClosed:
    peer = course.review.peer
    assert peer is not None
    return peer


def test_a_ballot_says_exactly_what_was_given() -> None:
    review = Course(4).opened_for_peers().review
    given_scores = ballot(review, "m2", Decimal("16.35"))
    given_scores["m4"]["conduct"] = 0

    said = scores_on(review, cast_ballot(review, "m2", given_scores))

    assert said == {ratee: {code: Decimal(str(each)) for code, each in scores.items()} for ratee, scores in given_scores.items()}


def test_every_sheet_of_a_review_has_the_same_length() -> None:
    groups = {**dict.fromkeys(members(6), "a"), **{f"n{number}": "b" for number in range(8)}}
    review = Course(groups, rules(peer={"scope": "group"})).opened_for_peers().review
    lengths = {len(cast_ballot(review, rater, ballot(review, rater, points))) for rater in ("m1", "n1") for points in (0, 20)}
    assert lengths == {14 * 5 * 2}


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_ballot_outside_the_peer_review_is_refused(phase: str) -> None:
    course = Course(7)
    if phase == "after":
        course.opened_for_peers().all_cast().closed()
    with pytest.raises(WrongPhase):
        cast_ballot(course.review, "m1", {})


@pytest.mark.parametrize("rater", ["stranger", "m3"])
def test_who_is_no_elector_or_excused_has_no_vote(rater: str) -> None:
    review = Course(7, excused=["m3"]).opened_for_peers().review
    with pytest.raises(MayNotVote):
        cast_ballot(review, rater, {})


def test_a_branch_of_one_has_nobody_to_score() -> None:
    course = Course(1).opened_for_peers()
    with pytest.raises(MayNotVote):
        cast_ballot(course.review, "m1", {})
    assert closing(course.closed()).scores == (PeerScore("m1", 0, None),)


@pytest.mark.spec("6.17", "6.18")
@pytest.mark.parametrize(
    ("changed", "refusal", "places"),
    [
        ({"m1": 16}, OwnScore, ["/scores/m1"]),
        ({"m3": 16}, ScoreOfExcused, ["/scores/m3"]),
        ({"str/~anger": 16}, ScoreOfStranger, ["/scores/str~1~0anger"]),
        ({"m2": None, "m4": None}, BallotNotWhole, ["/scores/m2", "/scores/m4"]),
    ],
)
def test_a_ballot_that_scores_others_than_it_should_is_refused(
    changed: dict[str, int | None], refusal: type[Invalid], places: list[str]
) -> None:
    review = Course(7, excused=["m3"]).opened_for_peers().review
    scores = ballot(review, "m1")
    for member, points in changed.items():
        if points is None:
            del scores[member]
        else:
            scores[member] = row(review, points)
    with pytest.raises(refusal) as refused:
        cast_ballot(review, "m1", scores)
    assert [place for place, _ in refused.value.errors] == places


@pytest.mark.parametrize(
    "bad",
    [-1, 21, Decimal("20.01"), Decimal("16.125"), Decimal("16.000000000000000000000000000000001"), Decimal("1e400"), Decimal("NaN"),
     Decimal("Infinity"), Decimal("-0.01"), "16", True, None, [16], 10**400],
    ids=lambda bad: f"{type(bad).__name__} {str(bad)[:24]}",
)  # fmt: skip
def test_a_score_that_is_no_exact_number_within_its_maximum_is_refused_with_its_place(bad: object) -> None:
    review = Course(7).opened_for_peers().review
    scores = ballot(review, "m1")
    scores["m5"]["morality"] = bad
    with pytest.raises(ScoreInvalid) as refused:
        cast_ballot(review, "m1", scores)
    assert [place for place, _ in refused.value.errors] == ["/scores/m5/morality"]


@pytest.mark.spec("6.19")
def test_a_dimension_too_few_or_too_many_is_refused_with_its_place() -> None:
    review = Course(7).opened_for_peers().review
    scores = ballot(review, "m1")
    scores["m2"] = {"zeal" if code == "conduct" else code: points for code, points in scores["m2"].items()}
    with pytest.raises(BallotNotWhole) as refused:
        cast_ballot(review, "m1", scores)
    assert refused.value.errors == (("/scores/m2/conduct", "missing"), ("/scores/m2/zeal", "no dimension of the rulebook"))


def test_the_refusal_of_a_ballot_tells_nothing_of_its_scores() -> None:
    review = Course(7).opened_for_peers().review
    scores = ballot(review, "m1", Decimal("13.37"))
    scores["m2"]["conduct"] = Decimal("77.77")
    with pytest.raises(ScoreInvalid) as refused:
        cast_ballot(review, "m1", scores)
    said = f"{refused.value} {refused.value.errors}"
    assert "13.37" not in said
    assert "77.77" not in said


@pytest.mark.spec("6.20")
def test_the_newest_ballot_counts() -> None:
    course = Course(7).opened_for_peers().all_cast(10)
    for rater in course.review.voters:
        course.cast(rater, 18)
    closed = closing(course.closed())
    assert closed.counted[0] == CountedBallot("m1", 2)
    assert closed.scores[0] == PeerScore("m1", 6, "90")


@pytest.mark.spec("3.19", "6.31", "6.66", "11.6")
def test_five_scores_are_shown_four_are_not_stored_anywhere() -> None:
    course = Course(6).opened_for_peers()
    for rater in ("m1", "m2", "m3", "m4", "m5"):
        course.cast(rater)
    scores = {score.member_id: score for score in closing(course.closed()).scores}
    assert scores["m6"] == PeerScore("m6", 5, "80")
    assert scores["m1"] == PeerScore("m1", 4, None)


def test_the_aggregate_is_kept_exact() -> None:
    course = Course(4, rules(peer={"minimum_shown": 3, "aggregate": "mean"})).opened_for_peers()
    for rater, points in (("m1", 16), ("m2", 16), ("m3", 15)):
        course.cast(rater, points)
    assert closing(course.closed()).scores[3] == PeerScore("m4", 3, "235/3")


@pytest.mark.spec("6.27a")
def test_without_a_quorum_the_phase_stays_open() -> None:
    course = Course(7).opened_for_peers()
    for rater in ("m1", "m2", "m3"):
        course.cast(rater)
    with pytest.raises(QuorumNotReached) as refused:
        course.closed()
    assert refused.value.extra == {"cast": 3, "may_vote": 7, "quorum": "1/2"}


@pytest.mark.spec("6.28a")
def test_closed_by_the_town_without_a_quorum_the_peer_part_is_absent_for_everybody() -> None:
    course = Course(14).opened_for_peers()
    for rater in members(6):
        course.cast(rater)
    closed = closing(course.closed(REASON))
    assert closed.without_quorum == REASON
    assert {score.aggregate for score in closed.scores} == {None}
    assert closed.scores[13] == PeerScore("m14", 6, None)
    assert len(closed.counted) == 6


def test_where_there_is_a_quorum_a_reason_for_doing_without_changes_nothing() -> None:
    course = Course(7).opened_for_peers().all_cast().closed(REASON)
    assert closing(course).without_quorum is None
    assert closing(course).scores[0].aggregate == "80"


@pytest.mark.spec("6.10")
def test_who_is_excused_later_keeps_its_ballot_and_has_no_score() -> None:
    course = Course(8).opened_for_peers().all_cast()
    course.then(excuse_member(course.review, "m8", REASON, "secretary")[0])
    closed = closing(course.closed())
    assert [score.member_id for score in closed.scores] == members(7)
    assert closed.scores[0].scores == 7
    assert closed.may_vote == 8


@pytest.mark.spec("6.26")
def test_who_is_excused_before_it_voted_is_not_counted_for_the_quorum() -> None:
    course = Course(8).opened_for_peers()
    for rater in ("m1", "m2", "m3"):
        course.cast(rater)
    for member in ("m7", "m8"):
        course.then(excuse_member(course.review, member, REASON, "secretary")[0])
    assert closing(course.closed()).may_vote == 6


@pytest.mark.spec("6.21")
def test_under_scope_group_one_scores_ones_own_group_alone() -> None:
    groups = {**dict.fromkeys(members(6), "a"), **{f"n{number}": "b" for number in range(7)}}
    course = Course(groups, rules(peer={"scope": "group"})).opened_for_peers().all_cast()
    scores = {score.member_id: score.scores for score in closing(course.closed()).scores}
    assert (scores["m1"], scores["n0"]) == (5, 6)


@pytest.mark.spec("3.18", "6.26")
@pytest.mark.parametrize(("cast", "may_vote", "is_enough"), [(24, 49, False), (25, 49, True), (24, 48, True), (0, 0, True)])
def test_a_quorum_is_at_least_its_share_of_those_who_may_vote(cast: int, may_vote: int, is_enough: bool) -> None:
    assert has_quorum(cast, may_vote, "1/2") is is_enough


@pytest.mark.spec("6.29")
@given(st.lists(POINTS, min_size=5, max_size=5), st.integers(2, 12))
def test_a_raters_score_is_the_sum_of_the_dimensions(points: list[Decimal], count: int) -> None:
    course = Course(count, rules(peer={"minimum_shown": 1, "aggregate": "mean"})).opened_for_peers()
    review = course.review
    scores: dict[str, object] = dict(zip([dimension.code for dimension in review.rules.dimensions], points, strict=True))
    for rater in review.voters:
        course.sheets[rater] = (1, cast_ballot(review, rater, dict.fromkeys(review.ratees_of(rater), scores)))
    assert {Fraction(score.aggregate or 0) for score in closing(course.closed()).scores} == {Fraction(sum(points))}
