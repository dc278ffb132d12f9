"""A real log on which reviews come to their phases by the commands alone; for the laws that hypothesis tries on what follows."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from services.evaluation.commands import ballots, committee, results, reviews
from services.evaluation.commands.committee import ProposedScore
from services.evaluation.commands.rulebooks import publish_first
from services.evaluation.domain.committee import Meeting
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.electorate import Electorate
from services.evaluation.domain.reviews import Review
from services.evaluation.events.results import Certificate
from services.evaluation.events.reviews import Eligible, ReviewOpened
from shared.errors import Refusal
from shared.events import Event
from shared.store import Files, Log
from shared.store.log import recorded_of
from tests.evaluation.builders_review import CERTIFICATE, H1, SECRETARY, START, ballot
from tests.shared.facts import MASTER

T = TypeVar("T")
TOWN, OFFICER = "town", "officer"
SIZE: Final = 6


class LawfulLog:
    """One log for many reviews, each of a branch and members of its own."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._runner = asyncio.Runner()
        self.log = Log(Files(Path(self._folder.name) / "evaluation"), MASTER, clock_start=START)
        self._count = 0
        self.run(publish_first(self.log, TOWN, above=(), by=SECRETARY, code="XH", title="办法", rules=DEFAULT_RULES, from_period=H1))

    def close(self) -> None:
        """Give everything back."""
        self.log.close()
        self._runner.close()
        self._folder.cleanup()

    def run(self, command: Awaitable[T]) -> T:
        """What a command gives."""

        async def given_back() -> T:
            return await command

        return self._runner.run(given_back())

    def refusal(self, command: Awaitable[object]) -> Refusal | None:
        """Why a command is refused; None where it did what it is for."""
        try:
            self.run(command)
        except Refusal as refusal:
            return refusal
        return None

    def code(self, command: Awaitable[object]) -> str | None:
        """The code of the refusal; None where there is none."""
        refusal = self.refusal(command)
        return None if refusal is None else refusal.code

    def together(self, *commands: Awaitable[object]) -> list[str | None]:
        """What becomes of commands that are given at once: the code of each refusal, None for what was done."""

        async def at_once() -> list[object]:
            return list(await asyncio.gather(*commands, return_exceptions=True))

        return [_code(outcome) for outcome in self.run(at_once())]

    def happened(self, since: int) -> Iterator[Event]:
        """All that was recorded after a position, in order."""
        return (recorded_of(row).event for row in self.log.page(since, 10_000))

    # A review on its way

    def review(self, review_id: str) -> Review:
        """The review as it stands."""
        return self.run(reviews.load_review(self.log, review_id)).state

    def opened(self) -> str:
        """A new review in its peer phase; its members are `<n>m1`, `<n>m2`, ..., in a branch of their own."""
        self._count += 1
        branch = f"b{self._count}"
        people = [f"{self._count}m{number}" for number in range(1, SIZE + 1)]
        eligible = tuple(Eligible(member, None, "full", floating=False) for member in people)
        wanted = reviews.ReviewToOpen((branch, TOWN), H1, Electorate(H1.last_day, eligible, tuple(people[:4])))
        opened = self.run(reviews.open_review(self.log, wanted, by=SECRETARY)).recorded[0].event
        assert isinstance(opened, ReviewOpened)
        self.run(reviews.open_peer_review(self.log, opened.review_id, by=SECRETARY))
        return opened.review_id

    def sitting(self) -> str:
        """A new review before its committee: nobody has voted, and the town closed the peer phase."""
        review_id = self.opened()
        self.run(ballots.close_peer_review(self.log, review_id, without_quorum="人太少", by=SECRETARY))
        return review_id

    def published(self, score: str = "80") -> str:
        """A new review in publicity: the town gave everybody this score."""
        review_id = self.sitting()
        town = Meeting(attendees=(), other_attendees=0, kin={}, is_town=True)
        given = [ProposedScore(member, Decimal(score), reason="集体研究") for member in self.review(review_id).rated]
        self.run(committee.give_scores(self.log, review_id, town, given, by=OFFICER))
        self.run(results.publish_results(self.log, review_id, by=SECRETARY))
        return review_id

    def confirm(self, review_id: str, certificate: Certificate = CERTIFICATE, *, of_position: int | None = None) -> Awaitable[object]:
        """The command that confirms the results that stand now, or those of another position."""
        position = self.review(review_id).results_position if of_position is None else of_position
        return results.confirm_review(self.log, review_id, certificate, of_position=position, by=SECRETARY)

    def members(self, review_id: str) -> Sequence[str]:
        """Who is rated in it."""
        return self.review(review_id).rated

    def sheet(self, review_id: str, rater: str, points: object = 16) -> Mapping[str, Mapping[str, object]]:
        """A whole ballot: the same points everywhere."""
        return ballot(self.review(review_id), rater, points)

    def move_clock(self, instant: datetime) -> None:
        """Let time go by."""
        self.log.clock.move_to(instant)


def _code(outcome: object) -> str | None:
    if isinstance(outcome, Refusal):
        return outcome.code
    if isinstance(outcome, BaseException):
        raise outcome
    return None
