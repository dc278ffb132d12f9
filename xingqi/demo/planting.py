"""What is planted in the demonstration for its fairness examination to find: four things that happen, each in a branch of its own.

Somebody gives everybody the same score; a committee overrides the peers; two favour each other over four half-years; and that same branch
held the reviews of the year before only in January, one of them half a year late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from xingqi.demo.client import Client
from xingqi.demo.halves import HALVES, Half
from xingqi.demo.progress import Show
from xingqi.demo.review import MAXIMA, BranchReview, Habit
from xingqi.demo.town import Branch, Person, Town

CAUGHT_UP, COUNTED, CONFIRMED = date(2026, 1, 6), date(2026, 1, 7), date(2026, 1, 16)
EARLIER = ("2025-H1", "2025-H2")
SAME, FAVOURED, OVERRIDDEN = 17, 19, -32
PLAIN, OVERRIDE, PAIR = 10, 11, slice(12, 16)
FULL_TURNOUT = 1.0


@dataclass
class Planting:
    """Who does what, and in which branch; nobody but the demonstration knows."""

    town: Town
    client: Client
    caught_up: list[BranchReview] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The people are chosen by what they are, so that the same seed chooses the same."""
        self.plain, self.overriding = self.town.branches[PLAIN], self.town.branches[OVERRIDE]
        self.paired = min(self.town.branches[PAIR], key=lambda branch: len(branch.people))
        self.straight = _villagers(self.plain)[0]
        self.overridden = max(_villagers(self.overriding), key=lambda person: person.merit)
        self.pair = sorted(_villagers(self.paired), key=lambda person: person.merit)[:2]

    def plant(self, review: BranchReview) -> BranchReview:
        """The review with what its branch's people do in it."""
        if review.branch is self.plain and review.half is HALVES[0]:
            review.habits = {self.straight: lambda _: dict.fromkeys(MAXIMA, SAME)}
        if review.branch is self.overriding and review.half is HALVES[0]:
            review.moved = {self.overridden: OVERRIDDEN}
        if review.branch is self.paired:
            review.habits = {one: _favours(other) for one, other in (self.pair, self.pair[::-1])}
        return review

    async def catch_up(self, show: Show) -> None:
        """The paired branch opens the two reviews of the year before, and everybody votes."""
        self.caught_up = [self.plant(self._earlier(period)) for period in EARLIER]
        await show.calls("补办上年评议 last year's reviews", (review.open() for review in self.caught_up))
        await show.calls("补办互评 their peer reviews", (review.begin_peer_review() for review in self.caught_up))
        await show.calls("补投评议票 their ballots", chain.from_iterable(review.vote() for review in self.caught_up))

    async def count(self, show: Show) -> None:
        """They are counted; the committee of that time isn't known to the roster, so that the town scores."""
        await show.calls("补办互评结束 closed", (review.close_peer_review() for review in self.caught_up))
        await show.calls("镇里补评 scored by the town", (review.deliberate_above() for review in self.caught_up))
        await show.calls("补办结果公示 published", (review.publish() for review in self.caught_up))

    async def confirm(self, show: Show) -> None:
        """Their publicity has run."""
        await show.calls("补办结果确认 confirmed", (review.confirm() for review in self.caught_up))

    def _earlier(self, period: str) -> BranchReview:
        half = Half(
            period=period,
            activities=(),
            pledged=CAUGHT_UP,
            announced=CAUGHT_UP,
            middle=CAUGHT_UP,
            end=CAUGHT_UP,
            opened=CAUGHT_UP,
            voted=CAUGHT_UP,
            closed=COUNTED,
            deliberated=COUNTED,
            published=COUNTED,
            confirmed=CONFIRMED,
        )
        return BranchReview(self.client, half, self.paired, self.town.officers[0], FULL_TURNOUT)


def _villagers(branch: Branch) -> list[Person]:
    """Full members at home who hold no post."""
    settled = date(2024, 1, 1)
    return [one for one in branch.people if one.post is None and not one.works_away_in and one.joined_on < settled]


def _favours(other: Person) -> Habit:
    return lambda ratee: dict.fromkeys(MAXIMA, FAVOURED) if ratee is other else None
