"""The review against a simple model (spec, section 6), from the opening to the confirmation; and the model against wrong rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import Phase as Steps
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from services.evaluation.domain import ballots, committee, results
from services.evaluation.domain.ballots import Ballot
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.rulebooks import share
from services.evaluation.domain.scoring import aggregate, peer_score
from services.evaluation.events.reviews import PeerScore
from services.evaluation.events.rulebooks import Band, Peer
from shared.events import Recorded
from tests.evaluation.review_machine import ReviewMachine

ReviewMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestReview = ReviewMachine.TestCase


# Rules that are wrong in one thing: the machine must notice each


def more_than_the_quorum(cast: int, may_vote: int, quorum: str) -> bool:
    return cast > share(quorum) * may_vote


right_evolve, right_cast = ballots.evolve, ballots.cast_ballot


def first_ballot_counts(ballot: Ballot, recorded: Recorded) -> Ballot:
    return ballot if ballot.number else right_evolve(ballot, recorded)


def voting_after_the_close(review: Review, rater_id: str, scores: Mapping[str, Mapping[str, object]]) -> bytes:
    return right_cast(replace(review, phase=Phase.PEER_REVIEW) if review.phase == Phase.COMMITTEE_REVIEW else review, rater_id, scores)


def excused_vote_too(review: Review, rater_id: str) -> tuple[str, ...]:
    circle = next((circle for circle in review.opening.circles if rater_id in circle), ())
    return tuple(member for member in circle if member != rater_id and member not in review.excused)


def shown_of_any_number(sums: Sequence[Fraction], peer: Peer) -> Fraction | None:
    return aggregate(sums, peer) if sums else None


def shown_without_quorum(review: Review, member_id: str, sums: Sequence[Fraction], is_quorate: bool) -> PeerScore:
    score = peer_score(sums, review.rules.peer)
    return PeerScore(member_id, len(sums), None if score is None else str(score))


def rounded_down(score: Fraction, bands: Sequence[Band]) -> Band:
    return next(band for band in bands if floor(score) >= band.least)


@pytest.mark.parametrize(
    ("place", "name", "wrong"),
    [
        (ballots, "has_quorum", more_than_the_quorum),
        pytest.param(ballots, "evolve", first_ballot_counts, marks=pytest.mark.slow),
        (ballots, "cast_ballot", voting_after_the_close),
        (Review, "ratees_of", excused_vote_too),
        (ballots, "peer_score", shown_of_any_number),
        (ballots, "_peer_score", shown_without_quorum),
        (committee, "recused_from", lambda _member, _attendees, _kin: []),
        (committee, "needs_reason", lambda _committee, _reference, _limit: False),
        (results, "band_of", rounded_down),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_model_notices_a_wrong_rule(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, wrong: object) -> None:  # noqa: ANN401
    monkeypatch.setattr(place, name, wrong)
    quick = settings(
        max_examples=200,
        stateful_step_count=30,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=[Steps.generate],
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(ReviewMachine, settings=quick)
