"""The phases of a review (spec, section 6): in order, none skipped, none twice; excusing and annulling; one review a half-year."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.electorate import NobodyToRate
from services.evaluation.domain.openings import (
    AlreadyExcused,
    NotOfElectorate,
    Opening,
    ReviewExists,
    annul_review,
    excuse_member,
    open_peer_review,
    open_review,
)
from services.evaluation.domain.reviews import Phase, Review, UnknownReview, WrongPhase, known, listed_branch, listed_member
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.events.reviews import BranchDelisted, BranchListed, Excused, MemberDelisted, MemberListed
from tests.evaluation.builders_review import H1, REASON, SECRETARY, Course, day, electorate, members, recorded

STEPS: list[tuple[Phase, Callable[[Course], Course]]] = [
    (Phase.PEER_REVIEW, Course.opened_for_peers),
    (Phase.COMMITTEE_REVIEW, Course.closed),
    (Phase.PUBLICITY, Course.published),
    (Phase.CONFIRMED, Course.confirmed),
]


def at(phase: Phase) -> Course:
    """A review that has come to `phase`, with all that the next step asks for."""
    course = Course(7)
    for reached, step in STEPS:
        if course.review.phase == phase:
            break
        if reached == Phase.COMMITTEE_REVIEW:
            course.all_cast()
        if reached == Phase.PUBLICITY:
            course.scored()
        step(course)
    if phase == Phase.ANNULLED:
        course = Course(7)
        course.then(annul_review(course.review, REASON, "officer")[0])
    return course


@pytest.mark.spec("6.2")
@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize(("target", "step"), STEPS)
def test_each_step_belongs_to_one_phase_and_none_can_be_skipped_or_taken_twice(
    phase: Phase, target: Phase, step: Callable[[Course], Course]
) -> None:
    course = at(phase)
    order = [Phase.SELF_REVIEW, *(reached for reached, _ in STEPS)]
    if phase != Phase.ANNULLED and order.index(target) == order.index(phase) + 1:
        if target == Phase.COMMITTEE_REVIEW:
            course.all_cast()
        if target == Phase.PUBLICITY:
            course.scored()
        assert step(course).review.phase == target
    else:
        with pytest.raises(WrongPhase) as refused:
            step(course)
        assert refused.value.extra == {"phase": phase.value}


@pytest.mark.spec("6.3")
def test_every_step_keeps_who_and_when() -> None:
    review = at(Phase.CONFIRMED).review
    assert [step.phase for step in review.steps] == [Phase.SELF_REVIEW, *(phase for phase, _ in STEPS)]
    assert {step.by for step in review.steps} == {SECRETARY}
    assert all(earlier.at < later.at for earlier, later in zip(review.steps, review.steps[1:], strict=False))


def opening(*excused: Excused) -> Opening:
    return Opening("r1", "b1", H1, electorate(3), excused, RulesInForce("book", 1, DEFAULT_RULES))


def test_opening_keeps_the_electorate_and_lists_the_branch_and_every_rated_member() -> None:
    opened, branch, listed = open_review(opening(Excused("m2", "stated", REASON)), other_review=None, by=SECRETARY)
    assert [member.member_id for member in opened.eligible] == members(3)
    assert opened.circles == (("m1", "m3"),)
    assert branch == BranchListed(review_id="r1", branch_id="b1", period="2026-H1")
    assert [one.member_id for one in listed] == ["m1", "m3"]


@pytest.mark.spec("6.5")
def test_a_branch_has_one_review_a_half_year() -> None:
    with pytest.raises(ReviewExists) as refused:
        open_review(opening(), other_review="r0", by=SECRETARY)
    assert refused.value.extra == {"review_id": "r0"}


def test_a_review_of_nobody_is_none() -> None:
    with pytest.raises(NobodyToRate):
        open_review(opening(*(Excused(member, "rated_elsewhere") for member in members(3))), other_review=None, by=SECRETARY)


@pytest.mark.spec("6.14c")
def test_annulled_it_frees_its_branch_and_all_whom_it_rates() -> None:
    course = Course(4, excused=["m2"])
    annulled, branch, freed = annul_review(course.review, REASON, "officer")
    assert annulled.reason == REASON
    assert branch == BranchDelisted(review_id="r1", branch_id="b1", period="2026-H1")
    assert [one.member_id for one in freed] == ["m1", "m3", "m4"]


@pytest.mark.spec("6.13")
@pytest.mark.parametrize("phase", [Phase.CONFIRMED, Phase.ANNULLED])
def test_a_review_is_annulled_before_its_confirmation_and_once(phase: Phase) -> None:
    with pytest.raises(WrongPhase):
        annul_review(at(phase).review, REASON, "officer")


@pytest.mark.parametrize("phase", [Phase.SELF_REVIEW, Phase.PEER_REVIEW, Phase.COMMITTEE_REVIEW])
def test_a_member_is_excused_until_results_are_published(phase: Phase) -> None:
    course = at(phase)
    excused, delisted = excuse_member(course.review, "m7", REASON, SECRETARY)
    course.then(excused)
    assert course.review.rated == tuple(members(6))
    assert "m7" not in course.review.ratees_of("m1")
    assert course.review.ratees_of("m7") == ()
    assert delisted == MemberDelisted(review_id="r1", member_id="m7", period="2026-H1")


@pytest.mark.parametrize("phase", [Phase.PUBLICITY, Phase.CONFIRMED, Phase.ANNULLED])
def test_nobody_is_excused_once_results_are_published(phase: Phase) -> None:
    with pytest.raises(WrongPhase):
        excuse_member(at(phase).review, "m7", REASON, SECRETARY)


@pytest.mark.parametrize(("member", "refusal"), [("stranger", NotOfElectorate), ("m7", AlreadyExcused)])
def test_only_electors_are_excused_and_each_once(member: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        excuse_member(Course(7, excused=["m7"]).review, member, REASON, SECRETARY)


def test_the_lists_hold_one_review_at_a_time() -> None:
    listed = recorded(BranchListed(review_id="r1", branch_id="b1", period="2026-H1"))
    delisted = recorded(BranchDelisted(review_id="r1", branch_id="b1", period="2026-H1"))
    assert listed_branch(None, listed) == "r1"
    assert listed_branch("r1", delisted) is None
    assert listed_member(None, recorded(MemberListed(review_id="r1", member_id="m1", period="2026-H1"))) == "r1"
    assert listed_member("r1", recorded(MemberDelisted(review_id="r1", member_id="m1", period="2026-H1"))) is None


@pytest.mark.parametrize("fold", [listed_branch, listed_member])
def test_a_foreign_event_in_a_stream_stops(fold: Callable[..., object]) -> None:
    with pytest.raises(TypeError):
        fold(None, recorded(open_peer_review(Course(7).review, SECRETARY)))


def test_an_unknown_review_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownReview):
        known(None)


@pytest.mark.spec("3.25")
def test_the_schedule_counts_from_the_half_years_end() -> None:
    review: Review = Course(3).review
    assert review.deadlines() == {
        "opened": day("2026-07-10"),
        "peer_closed": day("2026-07-25"),
        "committee": day("2026-08-04"),
        "published": day("2026-08-11"),
        "confirmed": day("2026-09-08"),
    }
    assert not review.is_opened_late
