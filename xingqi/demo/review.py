"""The half-year review of one branch in the demonstration, step by step; each step is taken by all branches on the same day."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from xingqi.demo import texts
from xingqi.demo.client import Client
from xingqi.demo.halves import Half
from xingqi.demo.town import Branch, Person

MAXIMA = {"conviction": 20, "discipline": 20, "contribution": 20, "morality": 20, "conduct": 20}
WEAK = 0.5
"""With a turnout below this there is never a quorum, whatever chance says."""
LEAST = 3
"""Fewer of the team than this, and the town puts the score."""
Calls = Iterator[Coroutine[Any, Any, None]]
Habit = Callable[[Person], dict[str, int] | None]
"""What somebody gives a member, whatever that one is worth; None where it is scored like by everybody."""


@dataclass
class BranchReview:
    """One branch's review of one half-year. `turnout` is how likely a member at home votes.

    `on_paper`: who votes on paper; `attending`: how many of the committee team come, None where chance says. `habits`: who is sure to vote,
    and by what habit; `moved`: by how many points the committee moves a member's result away from the reference (`planting.py`).
    """

    client: Client
    half: Half
    branch: Branch
    officer: str
    turnout: float
    on_paper: tuple[Person, ...] = ()
    attending: int | None = None
    id: str = ""
    excused: tuple[Person, ...] = ()
    ballots: int = 0
    habits: Mapping[Person, Habit] = field(default_factory=dict)
    moved: Mapping[Person, int] = field(default_factory=dict)

    @property
    def rated(self) -> list[Person]:
        """Who is rated and may vote."""
        return [person for person in self.branch.people if person not in self.excused]

    @property
    def is_quorate(self) -> bool:
        """Whether at least half of those who may vote have voted."""
        return 2 * self.ballots >= len(self.rated)

    async def open(self) -> None:
        """Open the review; a few who are ill or away without contact are excused."""
        away = [person for person in self.branch.people if person.works_away_in and person.post is None]
        self.excused = tuple(away[: self.branch.lot.randint(0, 2)])
        excused = [{"member_id": person.id, "reason": self.branch.lot.choice(texts.EXCUSED)} for person in self.excused]
        body = {"branch_id": self.branch.id, "period": self.half.period, "excused": excused}
        self.id = (await self.client.do("POST", "evaluation/reviews", self.branch.secretary, body))["id"]

    def look_at_oneself(self) -> Calls:
        """Some write a self review."""
        return (self._look_at_oneself(person) for person in self.rated if self.branch.lot.random() < 0.4)

    async def _look_at_oneself(self, person: Person) -> None:
        lot = person.lot
        body = {
            "achievements": lot.choice(texts.ACHIEVEMENTS),
            "shortcomings": lot.choice(texts.SHORTCOMINGS),
            "pledges": [],
            "scores": _row(lot, min(person.merit + 0.1, 1.0)),
        }
        await self.client.do("PUT", f"evaluation/reviews/{self.id}/self-reviews/{person.id}", person.token, body)

    async def begin_peer_review(self) -> None:
        """From now on ballots can be cast."""
        await self._move({"to": "peer_review"})

    def vote(self) -> Calls:
        """Each member that is present and does not vote on paper casts its own ballot, under its own token."""
        themselves = [person for person in self.rated if person not in self.on_paper]
        present = {person: self.branch.lot.random() < self.turnout * (0.6 if person.works_away_in else 1.0) for person in themselves}
        voters = [person for person in themselves if present[person] or person in self.habits]
        most = len(voters) if self.turnout > WEAK else (len(self.rated) - 1) // 2
        return (self._vote(person) for person in voters[:most])

    async def _vote(self, person: Person) -> None:
        body = {"scores": self.sheet(person)}
        await self.client.do("PUT", f"evaluation/reviews/{self.id}/ballots/{person.id}", person.token, body)
        self.ballots += 1

    def sheet(self, rater: Person) -> dict[str, dict[str, int]]:
        """What this member thinks of all others: a whole ballot."""
        plain = {person: _row(rater.lot, person.merit) for person in self.rated if person is not rater}
        habit = self.habits.get(rater, _no_habit)
        return {person.id: habit(person) or row for person, row in plain.items()}

    async def close_peer_review(self) -> None:
        """The ballots are counted. Without a quorum it is the town that closes, with a reason."""
        if self.is_quorate:
            await self._move({"to": "committee_review"})
        else:
            place = f"evaluation/reviews/{self.id}/phase"
            await self.client.refused("quorum_not_reached", "POST", place, self.branch.secretary, {"to": "committee_review"})
            await self._move({"to": "committee_review", "without_quorum": texts.WITHOUT_QUORUM}, by=self.officer)

    async def deliberate(self) -> None:
        """The committee looks at its sheet and scores everybody; nobody scores itself or its kin, and with too few left the town does."""
        place = f"evaluation/reviews/{self.id}"
        sheet = await self.client.read(f"{place}/committee-sheet", self.branch.committee)
        attendees = self.branch.team[: self.attending or (3 if self.branch.lot.random() < 0.15 else 5)]
        rows = {row["member_id"]: row for row in sheet["items"]}
        scores = {person.id: self._score(person, rows[person.id]) for person in self.rated}
        reasons = {person.id: _why_up(person, attendees) for person in self.rated if _left(person, attendees) < LEAST}
        up = {member: {**scores.pop(member), "reason": reason} for member, reason in reasons.items()}
        body = {"attendees": [person.id for person in attendees], "scores": scores}
        await self.client.do("PUT", f"{place}/committee-scores", self.branch.committee, body)
        if up:
            await self.client.refused("escalated", "PUT", f"{place}/committee-scores", self.branch.committee, {**body, "scores": up})
            await self.client.do("PUT", f"{place}/committee-scores", self.officer, {"attendees": [], "scores": up})

    async def deliberate_above(self) -> None:
        """No team met: the town scores everybody, with a reason, where the reference says."""
        sheet = await self.client.read(f"evaluation/reviews/{self.id}/committee-sheet", self.branch.committee)
        rows = {row["member_id"]: row["peer"] for row in sheet["items"]}
        scores = {person.id: {"score": round(float(rows[person.id] or 75)), "reason": texts.CAUGHT_UP} for person in self.rated}
        await self.client.do("PUT", f"evaluation/reviews/{self.id}/committee-scores", self.officer, {"attendees": [], "scores": scores})

    def _score(self, person: Person, row: dict[str, Any]) -> dict[str, Any]:
        reference = row["reference"]
        if person in self.moved and reference is not None:
            return {"score": round(max(float(reference) + self.moved[person], 0)), "reason": texts.DEVIATIONS[2]}
        if reference is None:
            return {"score": round(62 + person.merit * 32), "reason": "互评未达法定人数，依据积分与承诺兑现情况集体评定。"}
        is_reasoned = self.branch.lot.random() < 0.03
        step = self.branch.lot.choice([-13, 13]) if is_reasoned else self.branch.lot.gauss((person.merit - 0.6) * 16, 3)
        score = round(min(max(float(reference) + min(max(step, -9.5), 9.5 if not is_reasoned else 13), 0), 100) * 2) / 2
        return {"score": score} | ({"reason": self.branch.lot.choice(texts.DEVIATIONS)} if is_reasoned else {})

    async def publish(self) -> None:
        """The results go on the board for the publicity period."""
        await self._move({"to": "publicity"})

    async def confirm(self) -> None:
        """The period has run: the stars count."""
        await self._move({"to": "confirmed"})

    async def _move(self, body: dict[str, Any], by: str | None = None) -> None:
        await self.client.do("POST", f"evaluation/reviews/{self.id}/phase", by or self.branch.secretary, body)


def _no_habit(_: Person) -> None:
    """Scored as everybody would."""


def _left(person: Person, attendees: list[Person]) -> int:
    """How many of those who attend may score this member: not itself, and nobody who has named it as kin."""
    return sum(one is not person and one.kin is not person for one in attendees)


def _why_up(person: Person, attendees: list[Person]) -> str:
    return texts.BY_TOWN if any(one.kin is person for one in attendees) else texts.BY_TOWN_ITSELF


def _row(lot: Random, merit: float) -> dict[str, int]:
    """A score in each dimension, around what the member is worth."""
    around = 0.72 + merit * 0.28
    return {code: round(most * min(lot.gauss(around, 0.05), 1)) for code, most in MAXIMA.items()}
