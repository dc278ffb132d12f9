"""A simple model of a review (spec, section 6), stepped beside the real commands on a real log; they must agree after every step."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.evaluation.commands import ballots, committee, results, reviews
from services.evaluation.commands.committee import ProposedScore
from services.evaluation.commands.rulebooks import publish_first
from services.evaluation.domain.committee import Meeting
from services.evaluation.domain.reviews import Review
from services.evaluation.events.reviews import PeerReviewClosed
from shared.errors import Refusal
from shared.store import Files, Log
from tests.evaluation.builders_review import H1, SECRETARY, electorate, members, rules
from tests.shared.facts import MASTER

SIZES = (1, 4, 6, 7)
NAMES = st.sampled_from([*members(max(SIZES)), "stranger"])
POINTS = st.integers(0, 20)
REASONS = st.sampled_from([None, "集体研究"])
SCORES = st.sampled_from([Decimal(text) for text in ("0", "25", "45.5", "59.49", "59.5", "69.49", "69.50", "89.49", "89.50", "100")])
LEAST_SHOWN, TRIM_FROM, LEAST_MEMBERS, LIMIT = 3, 5, 3, 10
RULES = rules(peer={"minimum_shown": LEAST_SHOWN, "trim_from": TRIM_FROM}, publicity={"working_days": 0})
DIMENSIONS = [dimension.code for dimension in RULES.dimensions]
KIN: Mapping[str, tuple[str, ...]] = {"m1": ("m5",)}
TOWN, BRANCH, OFFICER = "town", "branch", "officer"
SELF, PEER, COMMITTEE, PUBLICITY, CONFIRMED, ANNULLED = (
    "self_review",
    "peer_review",
    "committee_review",
    "publicity",
    "confirmed",
    "annulled",
)
T = TypeVar("T")


def given(points: int, ratee: str) -> int:
    """What a ballot of so many points gives a ratee in each dimension: another number to each, so that no two are mixed up."""
    return (points + 3 * int(ratee[1:])) % 21


def trimmed(sums: list[Fraction]) -> Fraction:
    """The mean; from five on without one highest and one lowest."""
    kept = sorted(sums)[1:-1] if len(sums) >= TRIM_FROM else sums
    return sum(kept, Fraction(0)) / len(kept)


def stars(score: Decimal) -> int:
    """The stars of a score: rounded half up once, then by the bands 90, 70, 60."""
    whole = int(score + Decimal("0.5"))
    return sum(whole >= least for least in (90, 70, 60))


class ReviewMachine(RuleBasedStateMachine):
    """The model: the phase, who is excused, each voter's ballots and what the newest gave, the committee's scores."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.log = Log(Files(Path(self.folder.name) / "evaluation"), MASTER)
        self.review = ""
        self.phase = ""
        self.all: list[str] = []
        self.excused: set[str] = set()
        self.ballots: dict[str, tuple[int, int]] = {}
        self.peer: dict[str, Fraction | None] = {}
        self.scores: dict[str, Decimal] = {}

    def teardown(self) -> None:
        self.log.close()
        self.runner.close()
        self.folder.cleanup()

    def expect(self, wanted: str | None, command: Coroutine[Any, Any, object]) -> None:
        """The command is refused with just this code, or does what it is for."""
        try:
            self.runner.run(command)
        except Refusal as refusal:
            assert refusal.code == wanted
        else:
            assert wanted is None, f"{wanted} was to be said"

    def state(self) -> Review:
        """The review as the product has it."""
        return self.runner.run(reviews.load_review(self.log, self.review)).state

    # What the model says

    @property
    def rated(self) -> list[str]:
        """The electorate without the excused."""
        return [member for member in self.all if member not in self.excused]

    @property
    def may_vote(self) -> int:
        """Who has somebody to score, and who has voted already."""
        return len({*(self.rated if len(self.rated) > 1 else ()), *self.ballots})

    def why_not_cast(self, rater: str) -> str | None:
        if self.phase != PEER:
            return "wrong_phase"
        return None if rater in self.rated and len(self.rated) > 1 else "may_not_vote"

    def why_not_score(self, member: str, score: Decimal, reason: str | None, team: list[str] | None) -> str | None:
        if self.phase != COMMITTEE:
            return "wrong_phase"
        if member not in self.rated:
            return "not_rated"
        left = [one for one in team or () if one != member and member not in KIN.get(one, ())]
        if team is not None and len(left) < LEAST_MEMBERS:
            return "escalated"
        peer = self.peer[member]
        is_far = peer is None or abs(Fraction(score) - peer / 2) > LIMIT
        return "reason_missing" if reason is None and (is_far or team is None) else None

    def sheet(self, rater: str, points: int) -> dict[str, dict[str, object]]:
        return {member: dict.fromkeys(DIMENSIONS, given(points, member)) for member in self.rated if member != rater}

    # Opening

    @initialize(size=st.sampled_from(SIZES))
    def publish_and_open(self, size: int) -> None:
        self.all = members(size)
        self.runner.run(publish_first(self.log, TOWN, above=(), by=SECRETARY, code="XH", title="办法", rules=RULES, from_period=H1))
        self.open()

    def open(self) -> None:
        wanted = reviews.ReviewToOpen((BRANCH, TOWN), H1, electorate(len(self.all)))
        stored = self.runner.run(reviews.open_review(self.log, wanted, by=SECRETARY))
        self.review = stored.recorded[0].event.review_id  # type: ignore[attr-defined]
        self.phase, self.excused, self.ballots, self.peer, self.scores = SELF, set(), {}, {}, {}

    @rule()
    def open_again(self) -> None:
        """A branch has one review a half-year, until it is annulled."""
        if self.phase == ANNULLED:
            self.open()
        else:
            wanted = reviews.ReviewToOpen((BRANCH, TOWN), H1, electorate(len(self.all)))
            self.expect("review_exists", reviews.open_review(self.log, wanted, by=SECRETARY))

    @rule()
    def open_peer_review(self) -> None:
        self.expect(None if self.phase == SELF else "wrong_phase", reviews.open_peer_review(self.log, self.review, by=SECRETARY))
        self.phase = PEER if self.phase == SELF else self.phase

    @rule(member=NAMES)
    def excuse(self, member: str) -> None:
        wrong = None
        if self.phase not in {SELF, PEER, COMMITTEE}:
            wrong = "wrong_phase"
        elif member not in self.all:
            wrong = "not_of_electorate"
        elif member in self.excused:
            wrong = "already_excused"
        self.expect(wrong, reviews.excuse_member(self.log, self.review, member, reason="病假", by=SECRETARY))
        if wrong is None:
            self.excused.add(member)

    @rule(is_meant=st.integers(0, 4).map(lambda drawn: drawn == 4))
    def annul(self, *, is_meant: bool) -> None:
        """Seldom, so that most reviews come to their end."""
        if not is_meant:
            return
        wrong = "wrong_phase" if self.phase in {CONFIRMED, ANNULLED} else None
        self.expect(wrong, reviews.annul_review(self.log, self.review, reason="程序有误", by=OFFICER))
        self.phase = ANNULLED if wrong is None else self.phase

    # The ballot box

    @rule(rater=NAMES, points=POINTS)
    def cast(self, rater: str, points: int) -> None:
        wrong = self.why_not_cast(rater)
        self.expect(wrong, ballots.cast_ballot(self.log, self.review, rater, self.sheet(rater, points), by=rater))
        if wrong is None:
            self.ballots[rater] = (self.ballots.get(rater, (0, 0))[0] + 1, points)

    @rule(points=POINTS)
    def all_cast(self, points: int) -> None:
        for number, rater in enumerate(self.rated):
            self.cast(rater, (points + number * number) % 21)

    @rule(points=POINTS)
    def half_cast_and_close(self, points: int) -> None:
        """Exactly half of those who may vote, where as many can: enough for the default's quorum, and no ballot more."""
        if self.phase == SELF:
            self.open_peer_review()
        for rater in self.rated:
            if self.phase == PEER and rater not in self.ballots and 2 * (len(self.ballots) + 1) <= self.may_vote:
                self.cast(rater, points)
        self.close(None)

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

    @rule(rater=NAMES, points=POINTS)
    def cast_against_closing(self, rater: str, points: int) -> None:
        """Both at once: an acknowledged ballot is counted, one that came too late is refused."""
        may, sheet = self.why_not_cast(rater), self.sheet(rater, points)

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
        self.closed()

    def closed(self) -> None:
        """The close counts every voter's newest ballot, and the aggregates are reckoned of just these."""
        self.phase = COMMITTEE
        history = self.runner.run(self.log.history(f"phase/{self.review}"))
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

    @rule(member=NAMES, score=SCORES, reason=REASONS, present=st.sampled_from([3, 4]))
    def team_scores(self, member: str, score: Decimal, reason: str | None, present: int) -> None:
        team = members(4)[:present] if len(self.all) >= present else self.all
        meeting = Meeting(attendees=tuple(team), other_attendees=0, kin=KIN, is_town=False)
        self.put(self.why_not_score(member, score, reason, team), meeting, ProposedScore(member, score, reason=reason))

    @rule(member=NAMES, score=SCORES, reason=REASONS)
    def town_scores(self, member: str, score: Decimal, reason: str | None) -> None:
        meeting = Meeting(attendees=(), other_attendees=0, kin={}, is_town=True)
        self.put(self.why_not_score(member, score, reason, None), meeting, ProposedScore(member, score, reason=reason))

    @rule(score=SCORES)
    def town_scores_everybody(self, score: Decimal) -> None:
        if self.phase == COMMITTEE:
            for member in self.rated:
                self.town_scores(member, score, "镇里研究")

    def put(self, wrong: str | None, meeting: Meeting, proposed: ProposedScore) -> None:
        self.expect(wrong, committee.give_scores(self.log, self.review, meeting, [proposed], by=OFFICER))
        if wrong is None and proposed.score is not None:
            self.scores[proposed.member_id] = proposed.score

    @rule()
    def publish(self) -> None:
        wrong = "wrong_phase" if self.phase != COMMITTEE else None if self.scores.keys() >= set(self.rated) else "scores_missing"
        self.expect(wrong, results.publish_results(self.log, self.review, by=SECRETARY))
        if wrong is None:
            self.phase = PUBLICITY
            found = {one.member_id: (one.result, one.stars) for one in self.state().results.values()}
            assert found == {member: (self.scores[member], stars(self.scores[member])) for member in self.rated}

    @rule(is_of_these=st.booleans())
    def confirm(self, *, is_of_these: bool) -> None:
        """Results that were published anew meanwhile are not confirmed by what was said about the earlier ones."""
        position = self.state().results_position
        wrong = "wrong_phase" if self.phase != PUBLICITY else None if is_of_these else "results_changed"
        of_position = position if is_of_these else position - 1
        self.expect(wrong, results.confirm_review(self.log, self.review, None, of_position=of_position, by=SECRETARY))
        self.phase = CONFIRMED if wrong is None else self.phase

    @invariant()
    def the_review_is_where_the_model_is(self) -> None:
        if self.review:
            review = self.state()
            assert review.phase == self.phase
            assert set(review.excused) == self.excused
            assert set(self.runner.run(ballots.who_voted(self.log, review))) == set(self.ballots)
