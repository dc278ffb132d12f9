"""The review against a simple model (spec, section 6): phases, who may vote, replaced ballots, casting against closing, on a real log."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.evaluation.commands import ballots, reviews
from services.evaluation.commands.rulebooks import publish_first
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.scoring import aggregate
from services.evaluation.events.reviews import PeerReviewClosed, PeerScore
from shared.errors import Refusal
from shared.store import Files, Log
from tests.evaluation.builders_review import H1, SECRETARY, electorate, members
from tests.shared.facts import MASTER

COUNT = 6
TOWN, BRANCH = "town", "branch"
SELF, PEER, COMMITTEE, ANNULLED = "self_review", "peer_review", "committee_review", "annulled"
NAMES = st.sampled_from([*members(COUNT), "stranger"])
POINTS = st.integers(0, 20)
T = TypeVar("T")


class ReviewMachine(RuleBasedStateMachine):
    """The model: the phase, who is excused, and of each voter how many ballots it cast and what the newest gave."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.log = Log(Files(Path(self.folder.name) / "evaluation"), MASTER)
        self.review = ""
        self.phase = ""
        self.excused: set[str] = set()
        self.ballots: dict[str, tuple[int, int]] = {}

    def teardown(self) -> None:
        self.log.close()
        self.runner.close()
        self.folder.cleanup()

    def run(self, command: Coroutine[Any, Any, T]) -> T | str:
        """What a command gives, or the code of its refusal."""
        try:
            return self.runner.run(command)
        except Refusal as refusal:
            return refusal.code

    def expect(self, wanted: str | None, command: Coroutine[Any, Any, object]) -> None:
        """The command is refused with just this code, or does what it is for."""
        told = self.run(command)
        assert (told if isinstance(told, str) else None) == wanted

    def sheet(self, rater: str, points: int) -> dict[str, dict[str, object]]:
        rated = [member for member in members(COUNT) if member not in self.excused and member != rater]
        return {member: {dimension.code: points for dimension in DEFAULT_RULES.dimensions} for member in rated}

    def why_not_cast(self, rater: str) -> str | None:
        if self.phase != PEER:
            return "wrong_phase"
        alone = not [member for member in members(COUNT) if member not in self.excused and member != rater]
        return "may_not_vote" if rater == "stranger" or rater in self.excused or alone else None

    def why_not_close(self, cast: int) -> str | None:
        if self.phase != PEER:
            return "wrong_phase"
        may_vote = self.may_vote()
        return None if 2 * cast >= may_vote else "quorum_not_reached"

    def may_vote(self) -> int:
        rated = set(members(COUNT)) - self.excused
        return len((rated if len(rated) > 1 else set()) | set(self.ballots))

    @initialize()
    def publish_and_open(self) -> None:
        rules = {"code": "XH", "title": "办法", "rules": DEFAULT_RULES, "from_period": H1}
        self.runner.run(publish_first(self.log, TOWN, above=(), by=SECRETARY, **rules))
        self.open()

    def open(self) -> None:
        wanted = reviews.ReviewToOpen((BRANCH, TOWN), H1, electorate(COUNT))
        stored = self.runner.run(reviews.open_review(self.log, wanted, by=SECRETARY))
        self.review = stored.recorded[0].event.review_id  # type: ignore[attr-defined]
        self.phase, self.excused, self.ballots = SELF, set(), {}

    @rule()
    def open_again(self) -> None:
        """A branch has one review a half-year, until it is annulled."""
        if self.phase == ANNULLED:
            self.open()
        else:
            wanted = reviews.ReviewToOpen((BRANCH, TOWN), H1, electorate(COUNT))
            self.expect("review_exists", reviews.open_review(self.log, wanted, by=SECRETARY))

    @rule()
    def open_peer_review(self) -> None:
        self.expect(None if self.phase == SELF else "wrong_phase", reviews.open_peer_review(self.log, self.review, by=SECRETARY))
        self.phase = PEER if self.phase == SELF else self.phase

    @rule(rater=NAMES, points=POINTS)
    def cast(self, rater: str, points: int) -> None:
        wrong = self.why_not_cast(rater)
        self.expect(wrong, ballots.cast_ballot(self.log, self.review, rater, self.sheet(rater, points), by=rater))
        if wrong is None:
            self.ballots[rater] = (self.ballots.get(rater, (0, 0))[0] + 1, points)

    @rule(points=POINTS, count=st.integers(1, COUNT))
    def several_cast(self, points: int, count: int) -> None:
        for rater in [member for member in members(COUNT) if member not in self.excused][:count]:
            self.cast(rater, points)

    @rule(member=NAMES)
    def excuse(self, member: str) -> None:
        wrong = None
        if self.phase not in {SELF, PEER, COMMITTEE}:
            wrong = "wrong_phase"
        elif member == "stranger":
            wrong = "not_of_electorate"
        elif member in self.excused:
            wrong = "already_excused"
        self.expect(wrong, reviews.excuse_member(self.log, self.review, member, reason="病假", by=SECRETARY))
        if wrong is None:
            self.excused.add(member)

    @rule(reason=st.sampled_from([None, "人太少"]))
    def close(self, reason: str | None) -> None:
        wrong = self.why_not_close(len(self.ballots))
        if wrong == "quorum_not_reached" and reason:
            wrong = None
        self.expect(wrong, ballots.close_peer_review(self.log, self.review, without_quorum=reason, by=SECRETARY))
        if wrong is None:
            self.phase = COMMITTEE
            self.counted_are_the_newest()

    @rule(rater=st.sampled_from(members(COUNT)), points=POINTS)
    def cast_against_closing(self, rater: str, points: int) -> None:
        """Both at once: an acknowledged ballot is counted, one that came too late is refused."""
        may = self.why_not_cast(rater)
        sheet = self.sheet(rater, points)

        async def both() -> tuple[object, object]:
            casting = ballots.cast_ballot(self.log, self.review, rater, sheet, by=rater)
            closing = ballots.close_peer_review(self.log, self.review, without_quorum="人太少", by=SECRETARY)
            cast, closed = await asyncio.gather(casting, closing, return_exceptions=True)
            return cast, closed

        cast, closed = self.runner.run(both())
        if self.phase != PEER:
            assert {getattr(cast, "code", None), getattr(closed, "code", None)} == {"wrong_phase"}
            return
        assert not isinstance(closed, BaseException), closed
        if isinstance(cast, BaseException):
            assert getattr(cast, "code", None) == (may or "wrong_phase")
        else:
            self.ballots[rater] = (self.ballots.get(rater, (0, 0))[0] + 1, points)
        self.phase = COMMITTEE
        self.counted_are_the_newest()

    @rule(is_meant=st.integers(0, 4).map(lambda drawn: drawn == 4))
    def annul(self, *, is_meant: bool) -> None:
        """Seldom, so that most reviews come to their closing."""
        if not is_meant:
            return
        wrong = "wrong_phase" if self.phase == ANNULLED else None
        self.expect(wrong, reviews.annul_review(self.log, self.review, reason="程序有误", by="officer"))
        self.phase = ANNULLED

    def counted_are_the_newest(self) -> None:
        """The close counts every voter's newest ballot, and the aggregates are reckoned of just these."""
        history = self.runner.run(self.log.history(f"phase/{self.review}"))
        (closed,) = [recorded.event for recorded in history if isinstance(recorded.event, PeerReviewClosed)]
        assert {one.rater_id: one.number for one in closed.counted} == {rater: number for rater, (number, _) in self.ballots.items()}
        assert closed.may_vote == self.may_vote()
        is_quorate = 2 * len(self.ballots) >= closed.may_vote
        assert (closed.without_quorum is None) == is_quorate
        assert {score.member_id for score in closed.scores} == set(members(COUNT)) - self.excused
        for score in closed.scores:
            assert self.expected(score, is_quorate=is_quorate) == score.aggregate

    def expected(self, score: PeerScore, *, is_quorate: bool) -> str | None:
        sums = [Fraction(5 * points) for rater, (_, points) in self.ballots.items() if rater != score.member_id]
        peer = DEFAULT_RULES.peer
        return str(aggregate(sums, peer)) if is_quorate and len(sums) >= peer.minimum_shown else None

    @invariant()
    def the_review_is_where_the_model_is(self) -> None:
        if not self.review:
            return
        review = self.runner.run(reviews.load_review(self.log, self.review)).state
        assert review.phase == self.phase
        assert set(review.excused) == self.excused
        assert set(self.runner.run(ballots.who_voted(self.log, review))) == set(self.ballots)


ReviewMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=25, deadline=None)
TestReview = ReviewMachine.TestCase
