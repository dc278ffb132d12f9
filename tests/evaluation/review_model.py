"""A simple model of a review (spec, section 6): what it holds to be right, and the log on which the real commands run beside it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from services.evaluation.commands import reviews
from services.evaluation.domain.reviews import Review
from shared.errors import Refusal
from shared.store import Files, Log
from tests.evaluation.builders_review import rules
from tests.shared.facts import MASTER

SIZES = (1, 4, 6, 7)
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


class ReviewModel:
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

    def run(self, command: Awaitable[T]) -> T:
        """What a command gives."""

        async def given_back() -> T:
            return await command

        return self.runner.run(given_back())

    def expect(self, wanted: str | None, command: Awaitable[object]) -> None:
        """The command is refused with just this code, or does what it is for."""
        try:
            self.run(command)
            told = None
        except Refusal as refusal:
            told = refusal.code
        assert told == wanted

    def state(self) -> Review:
        """The review as the product has it."""
        return self.run(reviews.load_review(self.log, self.review)).state

    # What the model says

    def somebody(self, lot: int) -> str:
        """A member of the electorate, or a stranger."""
        return [*self.all, "stranger"][lot % (len(self.all) + 1)]

    @property
    def rated(self) -> list[str]:
        """The electorate without the excused."""
        return [member for member in self.all if member not in self.excused]

    @property
    def may_vote(self) -> int:
        """Who has somebody to score, and who has voted already."""
        return len({*(self.rated if len(self.rated) > 1 else ()), *self.ballots})

    def why_not_cast(self, rater: str) -> str | None:
        """The code of the refusal of a ballot; None where it is taken."""
        if self.phase != PEER:
            return "wrong_phase"
        return None if rater in self.rated and len(self.rated) > 1 else "may_not_vote"

    def why_not_score(self, member: str, score: Decimal, reason: str | None, team: list[str] | None) -> str | None:
        """The code of the refusal of a score, by the attendees of the team or (None) by the town."""
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
        """A whole ballot of a rater."""
        return {member: dict.fromkeys(DIMENSIONS, given(points, member)) for member in self.rated if member != rater}
