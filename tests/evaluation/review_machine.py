"""The review stepped beside its model (`review_model.py`) on a real log: they must agree after every step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.evaluation.commands import ballots, committee, results, reviews
from services.evaluation.commands.committee import ProposedScore
from services.evaluation.commands.rulebooks import publish_first
from services.evaluation.domain.committee import Meeting
from services.evaluation.events.reviews import PeerReviewClosed, ReviewOpened
from tests.evaluation.builders_review import H1, SECRETARY, electorate, members
from tests.evaluation.review_model import (
    ANNULLED,
    BRANCH,
    COMMITTEE,
    CONFIRMED,
    KIN,
    LEAST_SHOWN,
    OFFICER,
    PEER,
    PUBLICITY,
    RULES,
    SELF,
    SIZES,
    TOWN,
    ReviewModel,
    given,
    stars,
    trimmed,
)

LOTS = st.integers(0, max(SIZES))
POINTS = st.integers(0, 20)
REASONS = st.sampled_from([None, "集体研究"])
SCORES = st.sampled_from([Decimal(text) for text in ("0", "25", "45.5", "59.49", "59.5", "69.49", "69.50", "89.49", "89.50", "100")])


def within(*phases: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Taken by lot in these phases only, so that a walk comes far; `out_of_phase` takes every step in any."""
    return precondition(lambda machine: machine.phase in phases)


class ReviewMachine(ReviewModel, RuleBasedStateMachine):
    """Each rule takes one step in both, and says what must come of it."""

    # Opening

    @initialize(size=st.sampled_from(SIZES))
    def publish_and_open(self, size: int) -> None:
        self.all = members(size)
        self.run(publish_first(self.log, TOWN, above=(), by=SECRETARY, code="XH", title="办法", rules=RULES, from_period=H1))
        self.open()

    def open(self) -> None:
        wanted = reviews.ReviewToOpen((BRANCH, TOWN), H1, electorate(len(self.all)))
        stored = self.run(reviews.open_review(self.log, wanted, by=SECRETARY))
        opened = stored.recorded[0].event
        assert isinstance(opened, ReviewOpened)
        self.review = opened.review_id
        self.phase, self.excused, self.ballots, self.peer, self.scores = SELF, set(), {}, {}, {}

    @within(CONFIRMED, ANNULLED)
    @rule()
    def open_again(self) -> None:
        """A branch has one review a half-year, until it is annulled."""
        if self.phase == ANNULLED:
            self.open()
        else:
            wanted = reviews.ReviewToOpen((BRANCH, TOWN), H1, electorate(len(self.all)))
            self.expect("review_exists", reviews.open_review(self.log, wanted, by=SECRETARY))

    @within(SELF)
    @rule()
    def open_peer_review(self) -> None:
        self.expect(None if self.phase == SELF else "wrong_phase", reviews.open_peer_review(self.log, self.review, by=SECRETARY))
        self.phase = PEER if self.phase == SELF else self.phase

    @within(SELF, PEER, COMMITTEE)
    @rule(lot=LOTS)
    def excuse(self, lot: int) -> None:
        member, wrong = self.somebody(lot), None
        if self.phase not in {SELF, PEER, COMMITTEE}:
            wrong = "wrong_phase"
        elif member not in self.all:
            wrong = "not_of_electorate"
        elif member in self.excused:
            wrong = "already_excused"
        self.expect(wrong, reviews.excuse_member(self.log, self.review, member, reason="病假", by=SECRETARY))
        if wrong is None:
            self.excused.add(member)
            self.cast(member, lot)

    @rule(is_meant=st.integers(0, 4).map(lambda drawn: drawn == 4))
    def annul(self, *, is_meant: bool) -> None:
        """Seldom, so that most reviews come to their end."""
        if not is_meant:
            return
        wrong = "wrong_phase" if self.phase in {CONFIRMED, ANNULLED} else None
        self.expect(wrong, reviews.annul_review(self.log, self.review, reason="程序有误", by=OFFICER))
        self.phase = ANNULLED if wrong is None else self.phase

    # The ballot box

    @within(PEER)
    @rule(lot=LOTS, points=POINTS)
    def somebody_casts(self, lot: int, points: int) -> None:
        self.cast(self.somebody(lot), points)

    def cast(self, rater: str, points: int) -> None:
        wrong = self.why_not_cast(rater)
        self.expect(wrong, ballots.cast_ballot(self.log, self.review, rater, self.sheet(rater, points), by=rater))
        if wrong is None:
            self.ballots[rater] = (self.ballots.get(rater, (0, 0))[0] + 1, points)

    @within(PEER)
    @rule(points=POINTS)
    def all_cast(self, points: int) -> None:
        """Everybody votes, and the first once more."""
        for number, rater in enumerate([*self.rated, *self.rated[:1]]):
            self.cast(rater, (points + number * number) % 21)

    @within(SELF, PEER)
    @rule(points=POINTS)
    def half_cast_and_close(self, points: int) -> None:
        """Exactly half of those who may vote: enough for the default's quorum. Of an odd number one too few: then the town closes."""
        if self.phase == SELF:
            self.open_peer_review()
        for rater in self.rated:
            if self.phase == PEER and rater not in self.ballots and 2 * (len(self.ballots) + 1) <= self.may_vote:
                self.cast(rater, points)
        self.close(None)
        if self.phase == PEER:
            self.close("人太少")

    @within(PEER)
    @rule(reason=REASONS)
    def close(self, reason: str | None) -> None:
        wrong = None
        if self.phase != PEER:
            wrong = "wrong_phase"
        elif 2 * len(self.ballots) < self.may_vote and reason is None:
            wrong = "quorum_not_reached"
        self.expect(wrong, ballots.close_peer_review(self.log, self.review, without_quorum=reason, by=SECRETARY))
        if wrong is None:
            self.closed()

    @within(PEER)
    @rule(lot=LOTS, points=POINTS)
    def cast_against_closing(self, lot: int, points: int) -> None:
        """Both at once: an acknowledged ballot is counted, one that came too late is refused."""
        rater = self.somebody(lot)
        may, sheet = self.why_not_cast(rater), self.sheet(rater, points)

        async def both() -> tuple[object, object]:
            casting = ballots.cast_ballot(self.log, self.review, rater, sheet, by=rater)
            closing = ballots.close_peer_review(self.log, self.review, without_quorum="人太少", by=SECRETARY)
            cast, closed = await asyncio.gather(casting, closing, return_exceptions=True)
            return cast, closed

        cast, closed = self.run(both())
        if self.phase != PEER:
            assert {getattr(cast, "code", None), getattr(closed, "code", None)} == {"wrong_phase"}
            return
        assert not isinstance(closed, BaseException), closed
        if isinstance(cast, BaseException):
            assert getattr(cast, "code", None) == (may or "wrong_phase")
        else:
            self.ballots[rater] = (self.ballots.get(rater, (0, 0))[0] + 1, points)
        self.closed()

    def closed(self) -> None:
        """The close counts every voter's newest ballot, and the aggregates are reckoned of just these."""
        self.phase = COMMITTEE
        history = self.run(self.log.history(f"phase/{self.review}"))
        (closed,) = [recorded.event for recorded in history if isinstance(recorded.event, PeerReviewClosed)]
        assert {one.rater_id: one.number for one in closed.counted} == {rater: number for rater, (number, _) in self.ballots.items()}
        assert closed.may_vote == self.may_vote
        is_quorate = 2 * len(self.ballots) >= closed.may_vote
        assert (closed.without_quorum is None) == is_quorate
        for member in self.rated:
            sums = [Fraction(5 * given(points, member)) for rater, (_, points) in self.ballots.items() if rater != member]
            self.peer[member] = trimmed(sums) if is_quorate and len(sums) >= LEAST_SHOWN else None
        said = {score.member_id: None if score.aggregate is None else Fraction(score.aggregate) for score in closed.scores}
        assert said == self.peer

    # The committee, publicity (none under these rules), confirmation

    @within(COMMITTEE)
    @rule(lot=LOTS, score=SCORES, reason=REASONS, present=st.sampled_from([3, 4]))
    def team_scores(self, lot: int, score: Decimal, reason: str | None, present: int) -> None:
        member = self.somebody(lot)
        team = members(4)[:present] if len(self.all) >= present else self.all
        meeting = Meeting(attendees=tuple(team), other_attendees=0, kin=KIN, is_town=False)
        self.put(self.why_not_score(member, score, reason, team), meeting, ProposedScore(member, score, reason=reason))

    @within(COMMITTEE)
    @rule(lot=LOTS, score=SCORES, reason=REASONS)
    def town_scores_somebody(self, lot: int, score: Decimal, reason: str | None) -> None:
        self.town_scores(self.somebody(lot), score, reason)

    def town_scores(self, member: str, score: Decimal, reason: str | None) -> None:
        meeting = Meeting(attendees=(), other_attendees=0, kin={}, is_town=True)
        self.put(self.why_not_score(member, score, reason, None), meeting, ProposedScore(member, score, reason=reason))

    @within(COMMITTEE)
    @rule(score=SCORES)
    def town_scores_everybody(self, score: Decimal) -> None:
        if self.phase == COMMITTEE:
            for member in self.rated:
                self.town_scores(member, score, "镇里研究")

    def put(self, wrong: str | None, meeting: Meeting, proposed: ProposedScore) -> None:
        self.expect(wrong, committee.give_scores(self.log, self.review, meeting, [proposed], by=OFFICER))
        if wrong is None and proposed.score is not None:
            self.scores[proposed.member_id] = proposed.score

    @within(COMMITTEE)
    @rule()
    def publish(self) -> None:
        wrong = "wrong_phase" if self.phase != COMMITTEE else None if self.scores.keys() >= set(self.rated) else "scores_missing"
        self.expect(wrong, results.publish_results(self.log, self.review, by=SECRETARY))
        if wrong is None:
            self.phase = PUBLICITY
            found = {one.member_id: (one.result, one.stars) for one in self.state().results.values()}
            assert found == {member: (self.scores[member], stars(self.scores[member])) for member in self.rated}

    @within(PUBLICITY)
    @rule(is_of_these=st.booleans())
    def confirm(self, *, is_of_these: bool) -> None:
        """Results that were published anew meanwhile are not confirmed by what was said about the earlier ones."""
        position = self.state().results_position
        wrong = "wrong_phase" if self.phase != PUBLICITY else None if is_of_these else "results_changed"
        of_position = position if is_of_these else position - 1
        self.expect(wrong, results.confirm_review(self.log, self.review, None, of_position=of_position, by=SECRETARY))
        self.phase = CONFIRMED if wrong is None else self.phase

    @rule(lot=LOTS, points=POINTS)
    def out_of_phase(self, lot: int, points: int) -> None:
        """Every step, in the phase in which it is not to be taken; what may be taken is left to the other rules."""
        if self.phase != SELF:
            self.open_peer_review()
        if self.phase != PEER:
            self.cast(self.somebody(lot), points)
            self.cast_against_closing(lot, points)
            self.close("人太少")
        if self.phase != COMMITTEE:
            self.town_scores(self.somebody(lot), Decimal(points), "镇里研究")
            self.publish()
        if self.phase != PUBLICITY:
            self.confirm(is_of_these=True)
        if self.phase not in {SELF, PEER, COMMITTEE}:
            self.excuse(lot)
        if self.phase != ANNULLED:
            self.open_again()

    @invariant()
    def the_review_is_where_the_model_is(self) -> None:
        if self.review:
            review = self.state()
            assert review.phase == self.phase
            assert set(review.excused) == self.excused
            assert set(self.run(ballots.who_voted(self.log, review))) == set(self.ballots)
