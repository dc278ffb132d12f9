"""From entries and ballots to stars once more (spec, section 8): what was recorded on the way is what comes out, or the step is named."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.ballots import OpenedBallot
from services.evaluation.domain.corrections import Proposal, confirm_correction, propose_correction
from services.evaluation.domain.corrections import evolve as evolve_correction
from services.evaluation.domain.points import Ledger
from services.evaluation.domain.recomputation import Recomputed, Standing, recompute, standing_of
from services.evaluation.events.committee import CommitteeReviewClosed
from services.evaluation.events.corrections import Cause
from services.evaluation.events.results import Result, ResultsPublished
from services.evaluation.events.reviews import PeerReviewClosed, PeerScore
from shared.events import Event
from tests.evaluation.builders import entry, ledger
from tests.evaluation.builders_review import REASON, START, Course, members, recorded


def anew(course: Course, member: str = "m1", kept: Ledger | None = None, *, is_sealed: bool = False) -> Recomputed:
    """The way of a member once more, from the course's own ballots."""
    ballots = [OpenedBallot(rater, number, sheet) for rater, (number, sheet) in course.sheets.items()]
    return recompute(course.review, member, kept or Ledger(), course.scores, None if is_sealed else ballots)


def lived(score: str = "80", points: int = 16, total: int = 0) -> Course:
    return Course(7).opened_for_peers().all_cast(points).closed().scored(score).published(total).confirmed()


def differing(told: Recomputed) -> list[str]:
    return [check.step for check in told.checks if not check.agrees]


def with_events(course: Course, *events: Event) -> Course:
    """The same course as if these events had been recorded instead of those of their kind."""
    made = Course(7)
    made.sheets, made.scores = course.sheets, course.scores
    kinds = {type(one): one for one in events}
    made.then(*(kinds.get(type(one), one) for one in course.events[1:]))
    return made


@given(score=st.integers(0, 100), points=st.integers(0, 20), member=st.sampled_from(members(7)))
def test_every_step_of_an_honest_review_comes_out_as_it_was_recorded(score: int, points: int, member: str) -> None:
    course = lived(str(score), points)
    told = anew(course, member)
    assert told.agrees
    assert told.result == course.review.results[member]
    assert [check.step for check in told.checks] == ["scores", "peer", "points", "committee", "result", "shown", "stars"]


def test_what_a_view_must_say_follows_from_the_phase() -> None:
    course = Course(7).opened_for_peers()
    assert standing_of(anew(course)) is None
    course.all_cast().closed().scored("91").published(0)
    assert standing_of(anew(course)) == Standing(Decimal(91), 3, counts=False)
    course.confirmed()
    assert standing_of(anew(course)) == Standing(Decimal(91), 3, counts=True)


def test_the_ledger_is_added_up_anew() -> None:
    kept = ledger(entry("study", number=1))
    assert anew(lived(total=5), kept=kept).agrees
    assert differing(anew(lived(total=6), kept=kept)) == ["points"]


def test_an_aggregate_that_is_not_that_of_the_ballots_is_named() -> None:
    course = lived()
    closed = next(one for one in course.events if isinstance(one, PeerReviewClosed))
    scores = tuple(PeerScore(one.member_id, one.scores, "99") for one in closed.scores)
    told = anew(with_events(course, msgspec.structs.replace(closed, scores=scores)))
    assert differing(told) == ["peer"]
    assert told.counted is not None
    assert told.counted.peer == Fraction(80)


def test_stars_that_are_not_those_of_the_band_are_named() -> None:
    course = lived()
    published = next(one for one in course.events if isinstance(one, ResultsPublished))
    forged = tuple(Result(one.member_id, one.result, 3) for one in published.results)
    assert differing(anew(with_events(course, msgspec.structs.replace(published, results=forged)))) == ["stars"]


def test_a_result_that_is_not_the_committees_is_named() -> None:
    course = lived()
    closed = next(one for one in course.events if isinstance(one, CommitteeReviewClosed))
    forged = tuple(msgspec.structs.replace(one, result="95") for one in closed.basis)
    assert differing(anew(with_events(course, msgspec.structs.replace(closed, basis=forged)))) == ["result"]


def test_without_a_quorum_the_peer_part_is_absent_and_the_way_says_so() -> None:
    course = Course(7).opened_for_peers()
    for rater in members(3):
        course.cast(rater)
    told = anew(course.closed(REASON).scored().published(0))
    assert told.agrees
    assert told.counted is not None
    assert (told.counted.ballots, told.counted.may_vote, told.counted.is_quorate, told.counted.peer) == (3, 7, False, None)
    assert told.explanation.without_peer_quorum


def test_ballots_whose_key_was_destroyed_are_not_counted_again() -> None:
    told = anew(lived(), is_sealed=True)
    assert (told.counted, told.is_sealed_for_good, told.agrees) == (None, True, True)


def corrected(course: Course, member: str, score: str) -> Course:
    proposal = Proposal("c1", member, Decimal(score), Cause(finding_id="f1"), REASON)
    proposed = evolve_correction(None, recorded(propose_correction(course.review, proposal, "secretary")))
    assert proposed is not None
    course.then(confirm_correction(course.review, proposed, "officer", START)[1])
    return course


def test_a_correction_is_the_result_and_leaves_the_others_alone() -> None:
    course = corrected(lived(), "m1", "60")
    assert standing_of(anew(course, "m1")) == Standing(Decimal(60), 1, counts=True)
    assert standing_of(anew(course, "m2")) == Standing(Decimal(80), 2, counts=True)
    assert anew(course, "m1").agrees
    assert anew(course, "m2").agrees


def test_a_correction_that_touches_somebody_else_is_named() -> None:
    course = corrected(lived(), "m1", "60")
    fact = course.review.corrections[0].fact
    forged = msgspec.structs.replace(fact, results=_raised(fact.results, "m2"))
    assert differing(anew(with_events(course, forged), "m2")) == ["left alone"]


def _raised(results: Sequence[Result], member: str) -> tuple[Result, ...]:
    return tuple(Result(one.member_id, Decimal(95), 3) if one.member_id == member else one for one in results)
