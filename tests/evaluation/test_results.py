"""Results (spec, section 6): what they rest on is frozen at publication; stars by band; confirmed with the certificate."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from services.evaluation.domain.committee import GivenScore
from services.evaluation.domain.openings import excuse_member
from services.evaluation.domain.results import CertificateOfOtherResults, ScoresMissing, confirm_review, needs_certificate
from services.evaluation.domain.reviews import WrongPhase
from services.evaluation.events.committee import CommitteeReviewClosed, ResultBasis
from services.evaluation.events.results import Result, ResultsPublished
from tests.evaluation.builders_review import CERTIFICATE, REASON, SECRETARY, Course, rules


def published(course: Course) -> ResultsPublished:
    (event,) = [event for event in course.events if isinstance(event, ResultsPublished)]
    return event


@pytest.mark.spec("6.45")
def test_results_are_published_with_what_they_rest_on() -> None:
    course = Course(7).opened_for_peers().all_cast(18).closed().scored("85").published(points=60)
    (closed,) = [event for event in course.events if isinstance(event, CommitteeReviewClosed)]
    assert closed.basis[0] == ResultBasis("m1", Decimal(60), 3, "90", 6, "75", "85", "85")
    assert published(course).results[0] == Result("m1", Decimal(85), 2)
    assert (published(course).working_days, published(course).raw_scores, published(course).without_peer_quorum) == (5, False, False)


@pytest.mark.spec("6.45", "6.61")
@pytest.mark.parametrize(("score", "stars"), [("89.49", 2), ("89.5", 3), ("59.5", 1), ("59.49", 0)])
def test_stars_follow_the_band_of_the_rounded_result(score: str, stars: int) -> None:
    course = Course(7).opened_for_peers().all_cast().closed().scored(score).published()
    assert {result.stars for result in published(course).results} == {stars}


def test_the_weighted_formula_takes_all_parts() -> None:
    weights = {"formula": "weighted", "weights": rules().result.weights}
    course = Course(7, rules(result=weights)).opened_for_peers().all_cast(18).closed().scored("10").published(points=61)
    assert published(course).results[0] == Result("m1", Decimal("75.5"), 2)


@pytest.mark.spec("6.31", "6.32")
def test_in_a_branch_of_five_the_peer_part_is_absent_for_everybody() -> None:
    weights = {"formula": "weighted", "weights": rules().result.weights}
    course = Course(5, rules(result=weights)).opened_for_peers().all_cast(18).closed().scored("10").published(points=61)
    basis = course.review.basis["m1"]
    assert (basis.peer, basis.peer_scores, basis.reference, basis.result) == (None, 4, None, "61")


@pytest.mark.spec("3.33", "6.28b")
def test_without_a_quorum_the_results_say_so() -> None:
    course = Course(14).opened_for_peers().cast("m1").closed(REASON).scored().published()
    assert published(course).without_peer_quorum
    assert {basis.peer for basis in course.review.basis.values()} == {None}


@pytest.mark.spec("6.41")
def test_results_wait_for_every_rated_members_score() -> None:
    course = Course(7).opened_for_peers().all_cast().closed().scored(only=["m1", "m2", "m3", "m4", "m5"])
    with pytest.raises(ScoresMissing) as refused:
        course.published()
    assert refused.value.extra == {"missing": ["m6", "m7"], "reason_missing": []}


def test_a_score_whose_reference_moved_away_since_needs_its_reason_now() -> None:
    course = Course(7).opened_for_peers().all_cast().closed().scored("80")
    course.scores = {member: given if member != "m1" else _without_reason(given) for member, given in course.scores.items()}
    with pytest.raises(ScoresMissing) as refused:
        course.published(points=50)
    assert refused.value.extra == {"missing": [], "reason_missing": ["m1"]}


def _without_reason(given: GivenScore) -> GivenScore:
    return replace(given, given=msgspec.structs.replace(given.given, reason=None))


def test_who_is_excused_in_the_committee_review_has_no_result() -> None:
    course = Course(7).opened_for_peers().all_cast().closed()
    course.then(excuse_member(course.review, "m7", REASON, SECRETARY)[0])
    course.scored().published()
    assert [result.member_id for result in published(course).results] == ["m1", "m2", "m3", "m4", "m5", "m6"]


def test_confirmation_keeps_the_certificate() -> None:
    course = Course(7).opened_for_peers().all_cast().closed().scored().published().confirmed()
    assert course.review.certificate == CERTIFICATE


def test_a_certificate_of_earlier_results_confirms_nothing() -> None:
    course = Course(7).opened_for_peers().all_cast().closed().scored().published()
    with pytest.raises(CertificateOfOtherResults):
        confirm_review(course.review, CERTIFICATE, course.review.results_position - 1, SECRETARY)


@pytest.mark.parametrize(("days", "is_needed"), [(5, True), (0, False)])
def test_without_a_publicity_period_notice_is_not_asked(days: int, is_needed: bool) -> None:
    course = Course(7, rules(publicity={"working_days": days})).opened_for_peers().all_cast().closed().scored().published()
    assert needs_certificate(course.review) is is_needed


def test_nobody_asks_for_a_certificate_before_publication() -> None:
    with pytest.raises(WrongPhase):
        needs_certificate(Course(7).review)
