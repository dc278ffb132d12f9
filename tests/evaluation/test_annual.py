"""The rules of the year (spec, section 7): quorum, majority, the share of excellent ones, half-years, recommendations, flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain import honours
from services.evaluation.domain.annual import AlreadyGraded, HalfYearsNotLookedAt, hold, honours_of, warnings_of
from services.evaluation.domain.annual_votes import (
    ExcellentReasonMissing,
    Given,
    MajorityMissing,
    Meeting,
    MoreVotesThanPresent,
    is_too_many,
    majority,
    quorum,
)
from services.evaluation.domain.corrections import Proposal, confirm_correction, propose_correction
from services.evaluation.domain.corrections import evolve as evolve_correction
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.honours import FlagHeldAlready, FlagTakenOver, Holder, hand_on
from services.evaluation.domain.recommendations import recommend
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.domain.standings import RatedHalfYear
from services.evaluation.events.annual import AnnualReviewHeld, Votes
from services.evaluation.events.corrections import Cause
from services.evaluation.events.reviews import Eligible
from services.evaluation.events.rulebooks import Flags
from shared.calendar import HalfYear
from tests.evaluation.builders_review import REASON, START, Course, members, recorded

RULE = DEFAULT_RULES.annual
H1, H2 = "2026-H1", "2026-H2"
CONFIRMED = {H1: "confirmed", H2: "confirmed"}


def reviews(course: Course | None = None) -> dict[str, Review | None]:
    one = (course or Course(7).opened_for_peers().all_cast().closed().scored().published().confirmed()).review
    return {H1: one, H2: one}


def graded(excellent: int, of: int, yes: int) -> dict[str, Given]:
    """So many of so many members excellent, the others qualified, each with `yes` votes for it."""
    best, good = Given("excellent", Votes(yes, 0, 0, 0)), Given("qualified", Votes(0, yes, 0, 0))
    return {member: best if number < excellent else good for number, member in enumerate(members(of))}


def meeting(
    entitled: int = 30,
    present: int = 30,
    grades: Mapping[str, Given] | None = None,
    said: Mapping[str, str] = CONFIRMED,
    *,
    has_reason: bool = False,
) -> Meeting:
    return Meeting(
        annual_review_id="a1", branch_id="b1", year=2026, held_on=date(2027, 3, 2),
        entitled=tuple(Eligible(member, None, "full", floating=False) for member in members(entitled)),
        present=tuple(members(present)), grades=grades or {}, half_years=said, excellent_reason=REASON if has_reason else None,
    )  # fmt: skip


def held(wanted: Meeting, of_year: Mapping[str, Review | None] | None = None, earlier: str | None = None) -> AnnualReviewHeld:
    return hold(wanted, of_year or reviews(), RulesInForce("book", 1, DEFAULT_RULES), earlier, "secretary")


# Quorum and majority


@given(st.integers(1, 2000))
def test_a_quorum_is_at_least_half_and_a_majority_more_than_half(entitled: int) -> None:
    assert 2 * quorum(entitled, RULE) >= entitled > 2 * (quorum(entitled, RULE) - 1)
    assert 2 * majority(entitled, RULE) > entitled >= 2 * (majority(entitled, RULE) - 1)


@pytest.mark.parametrize(("entitled", "needed", "passes"), [(30, 15, 16), (31, 16, 16), (1, 1, 1), (2, 1, 2)])
def test_what_is_needed(entitled: int, needed: int, passes: int) -> None:
    assert (quorum(entitled, RULE), majority(entitled, RULE)) == (needed, passes)


@pytest.mark.spec("7.4")
def test_fifteen_of_thirty_are_a_quorum_and_fourteen_grade_nobody() -> None:
    assert held(meeting(30, 15)).state == "held"
    none = held(meeting(30, 14, graded(1, 30, 14)))
    assert (none.state, none.grades, none.half_years) == ("no_quorum", (), ())
    assert honours_of(none, lambda: "h") == []


@pytest.mark.spec("7.5")
def test_a_grade_needs_more_than_half_of_those_entitled_not_of_those_present() -> None:
    with pytest.raises(MajorityMissing):
        held(meeting(30, 20, graded(0, 30, 15)))
    assert len(held(meeting(30, 20, graded(0, 30, 16))).grades) == 30


def test_nobody_has_two_votes() -> None:
    with pytest.raises(MoreVotesThanPresent):
        held(meeting(30, 20, graded(0, 30, 21)))


# Excellent ones


@pytest.mark.spec("3.29", "6.68")
def test_ten_of_thirty_may_be_excellent_and_eleven_of_thirty_warn() -> None:
    assert not is_too_many(10, 30, RULE)
    assert is_too_many(11, 30, RULE)
    assert warnings_of(held(meeting(grades=graded(10, 30, 16)))) == []
    with pytest.raises(ExcellentReasonMissing):
        held(meeting(grades=graded(11, 30, 16)))
    (warned,) = warnings_of(held(meeting(grades=graded(11, 30, 16), has_reason=True)))
    assert (warned.code, warned.facts["excellent"], warned.facts["graded"]) == ("too_many_excellent", 11, 30)


@pytest.mark.spec("3.29")
@given(st.integers(0, 60), st.integers(0, 60))
def test_a_third_is_never_too_many(thirds: int, more: int) -> None:
    assert not is_too_many(thirds, 3 * thirds + more, RULE)
    assert is_too_many(thirds + 1, 3 * thirds, RULE)


def test_each_excellent_one_is_honoured() -> None:
    ids = iter(["h1", "h2"])
    given_ = honours_of(held(meeting(grades=graded(2, 30, 16))), lambda: next(ids))
    assert [(one.award_id, one.member_id, one.organization_id, one.year) for one in given_] == [
        ("h1", "m1", "b1", 2026), ("h2", "m2", "b1", 2026),
    ]  # fmt: skip


# Half-years


def corrected() -> Course:
    """A confirmed review in which a second person confirmed a correction."""
    course = Course(7).opened_for_peers().all_cast().closed().scored().published().confirmed()
    proposal = Proposal("c1", "m1", Decimal(60), Cause(finding_id="f1"), REASON)
    proposed = evolve_correction(None, recorded(propose_correction(course.review, proposal, "secretary")))
    assert proposed is not None
    course.then(confirm_correction(course.review, proposed, "officer", START)[1])
    return course


@pytest.mark.spec("7.1b")
def test_a_half_year_that_was_corrected_is_noted_as_corrected() -> None:
    with pytest.raises(HalfYearsNotLookedAt):
        held(meeting(), reviews(corrected()))
    noted = held(meeting(said={H1: "corrected", H2: "corrected"}), reviews(corrected()))
    assert [(one.said, one.is_confirmed, one.corrections) for one in noted.half_years] == [("corrected", True, 1)] * 2


@pytest.mark.spec("7.2", "7.1b")
def test_a_half_year_that_was_never_corrected_is_not_said_to_be() -> None:
    with pytest.raises(HalfYearsNotLookedAt):
        held(meeting(said={H1: "corrected", H2: "confirmed"}))


@pytest.mark.spec("7.1a")
@pytest.mark.parametrize("said", [{H1: "confirmed"}, {}, {**CONFIRMED, "2025-H2": "confirmed"}])
def test_the_meeting_looks_at_both_half_years_of_its_year(said: Mapping[str, str]) -> None:
    with pytest.raises(HalfYearsNotLookedAt):
        held(meeting(said=said))


def test_a_half_year_without_a_confirmed_review_is_a_warning() -> None:
    running = Course(7).review
    told = warnings_of(held(meeting(grades=graded(0, 30, 16)), {H1: running, H2: None}))
    assert [(one.code, one.facts["periods"]) for one in told] == [("half_year_unconfirmed", [H1, H2])]


@pytest.mark.spec("2.9")
def test_a_branch_is_graded_once_a_year() -> None:
    with pytest.raises(AlreadyGraded):
        held(meeting(), earlier="a0")


# Recommendations


def halves(*results: tuple[str, int], rule: Flags = DEFAULT_RULES.flags) -> list[RatedHalfYear]:
    """The half-years of 2026 with these scores and stars."""
    return [RatedHalfYear(HalfYear(2026, half), Decimal(score), stars, rule) for half, (score, stars) in zip((1, 2), results, strict=False)]


def places(**of: Sequence[RatedHalfYear]) -> list[tuple[int, str]]:
    return [(one.place, one.member_id) for one in recommend(2026, of.items())]


@pytest.mark.spec("7.8")
def test_flags_come_first_then_stars_then_the_mean_score() -> None:
    listed = places(
        flagless=halves(("69.99", 1)),
        low=halves(("90", 3), ("70", 2)),
        high=halves(("91", 3), ("70", 2)),
        three=halves(("90", 3), ("90", 3)),
    )
    assert listed == [(1, "three"), (2, "high"), (3, "low"), (4, "flagless")]


@pytest.mark.spec("7.8")
def test_of_as_many_flags_more_stars_come_before_a_higher_mean_score() -> None:
    assert places(higher=halves(("89", 2), ("89", 2)), more=halves(("90", 3), ("70", 2))) == [(1, "more"), (2, "higher")]


@pytest.mark.spec("7.9")
def test_ties_share_a_place_and_the_next_one_stands_further_on() -> None:
    same = halves(("90", 3), ("80", 2))
    assert places(one=same, other=same, third=halves(("90", 3), ("79.99", 2))) == [(1, "one"), (1, "other"), (3, "third")]


def test_a_mean_is_exact_so_that_a_hundredth_of_a_half_decides() -> None:
    assert places(a=halves(("90", 3), ("80.01", 2)), b=halves(("90", 3), ("80", 2))) == [(1, "a"), (2, "b")]
    assert recommend(2026, [("a", halves(("90", 3), ("80.01", 2)))])[0].mean == Fraction(17001, 200)


def test_under_lifetime_a_star_of_the_last_year_is_carried_over() -> None:
    rule = Flags(2, "lifetime")
    before = [RatedHalfYear(HalfYear(2025, 2), Decimal(60), 1, rule)]
    (one,) = recommend(2026, [("m", [*before, *halves(("60", 1), rule=rule)])])
    assert (one.flags, one.stars) == (1, 1)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_whoever_stands_before_another_has_no_less(stars: list[tuple[int, int]]) -> None:
    listed = recommend(2026, [(f"m{n}", halves((str(30 * a), a), (str(30 * b), b))) for n, (a, b) in enumerate(stars)])
    worth = [(one.flags, one.stars, one.mean) for one in listed]
    assert worth == sorted(worth, reverse=True)
    assert [one.place for one in listed] == [1 + sum(other > own for other in worth) for own in worth]


# Flags


@pytest.mark.spec("2.11", "7.10")
def test_a_flag_takes_over_from_all_holders_of_the_latest_earlier_year_of_its_kind() -> None:
    chain: honours.Chain = ()
    for number, (year, holder) in enumerate(
        [(2024, Holder(None, "b1")), (2025, Holder(None, "b2")), (2025, Holder(None, "b3")), (2025, Holder("m1", None))]
    ):
        chain = (*chain, hand_on(chain, f"w{number}", "town", year, holder, by="officer"))
    assert [one.taken_over_from for one in chain] == [(), ("w0",), ("w0",), ()]
    assert hand_on(chain, "w9", "town", 2027, Holder(None, "b1"), by="officer").taken_over_from == ("w1", "w2")
    with pytest.raises(FlagTakenOver):
        hand_on(chain, "w9", "town", 2024, Holder(None, "b9"), by="officer")
    with pytest.raises(FlagHeldAlready):
        hand_on(chain, "w9", "town", 2025, Holder(None, "b2"), by="officer")
