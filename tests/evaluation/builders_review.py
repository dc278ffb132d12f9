"""Reviews for tests: a branch of so many members, moved to any phase by the domain alone; ids are short words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec

from services.evaluation.domain import reviews
from services.evaluation.domain.ballots import OpenedBallot, cast_ballot, close_peer_review
from services.evaluation.domain.committee import Meeting, Proposed, Scores, give_scores
from services.evaluation.domain.committee import evolve as evolve_committee
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.electorate import Electorate, excused_at_opening
from services.evaluation.domain.openings import Opening, open_peer_review, open_review
from services.evaluation.domain.results import FrozenPoints, confirm_review, publish_results
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.events.results import Certificate
from services.evaluation.events.reviews import Eligible
from services.evaluation.events.rulebooks import Rules
from shared.calendar import HalfYear
from shared.events import Event, Recorded, TextRef
from tests.evaluation.builders import Town, rules_json, running_town
from tests.roster.builders import settle

H1 = HalfYear(2026, 1)
SECRETARY = "secretary"
REASON = TextRef("text", "hash")
START = datetime(2026, 7, 2, 1, tzinfo=UTC)
CERTIFICATE = Certificate("XH-2026-1", "notice", "abc")


def rules(**parts: Mapping[str, Any]) -> Rules:
    """The default rules with some fields changed: `rules(peer={"scope": "group"})`."""
    changed = {name: msgspec.structs.replace(getattr(DEFAULT_RULES, name), **fields) for name, fields in parts.items()}
    return msgspec.structs.replace(DEFAULT_RULES, **changed)


def members(count: int) -> list[str]:
    """`m1`, `m2`, ..."""
    return [f"m{number}" for number in range(1, count + 1)]


def electorate(groups: int | Mapping[str, str | None], committee: Sequence[str] = ("m1", "m2", "m3", "m4")) -> Electorate:
    """An electorate of so many members without a group, or of these with theirs."""
    of = dict.fromkeys(members(groups)) if isinstance(groups, int) else groups
    eligible = tuple(Eligible(member, group, "full", floating=False) for member, group in of.items())
    return Electorate(H1.last_day, eligible, tuple(one for one in committee if one in of))


def recorded(event: Event, position: int = 1) -> Recorded:
    """The event as the log would hold it, `position` hours after the start."""
    return Recorded(position, "stream", position, START + timedelta(hours=position), event)


class Course:
    """A review on its way. Each step decides by the domain and folds what was decided."""

    def __init__(self, groups: int | Mapping[str, str | None] = 7, in_force: Rules = DEFAULT_RULES, excused: Sequence[str] = ()) -> None:
        out = excused_at_opening(dict.fromkeys(excused, REASON), [])
        opening = Opening("r1", "b1", H1, electorate(groups), out, RulesInForce("book", 1, in_force))
        opened, *_ = open_review(opening, other_review=None, by=SECRETARY)
        self.events: list[Event] = []
        self._review: Review | None = None
        self.scores: Scores = {}
        self.sheets: dict[str, tuple[int, bytes]] = {}
        self.then(opened)

    @property
    def review(self) -> Review:
        """The review as it stands."""
        return reviews.known(self._review)

    def then(self, *events: Event) -> None:
        """Fold events of the phase stream."""
        for event in events:
            self.events.append(event)
            self._review = reviews.evolve(self._review, recorded(event, len(self.events)))

    def opened_for_peers(self) -> Course:
        """Peer review."""
        self.then(open_peer_review(self.review, SECRETARY))
        return self

    def cast(self, rater: str, points: int | Mapping[str, int] = 16) -> Course:
        """A whole ballot: so many points in each dimension for everybody, or for each."""
        given = {ratee: points if isinstance(points, int) else points[ratee] for ratee in self.review.ratees_of(rater)}
        sheet = cast_ballot(self.review, rater, {ratee: row(self.review, each) for ratee, each in given.items()})
        self.sheets[rater] = (self.sheets.get(rater, (0, b""))[0] + 1, sheet)
        return self

    def all_cast(self, points: int = 16) -> Course:
        """Everybody votes."""
        for rater in self.review.voters:
            self.cast(rater, points)
        return self

    def closed(self, without_quorum: TextRef | None = None) -> Course:
        """Committee review."""
        ballots = [OpenedBallot(rater, number, sheet) for rater, (number, sheet) in self.sheets.items()]
        self.then(close_peer_review(self.review, ballots, without_quorum, SECRETARY))
        return self

    def scored(self, score: str = "80", only: Sequence[str] | None = None, reason: TextRef | None = REASON) -> Course:
        """The town scores everybody, or these; it needs no meeting."""
        town = Meeting(attendees=(), other_attendees=0, kin={}, is_town=True)
        wanted = self.review.rated if only is None else only
        proposed = [Proposed(member_id=member, score=Decimal(score), reason=reason) for member in wanted]
        event = give_scores(self.review, town, proposed, dict.fromkeys(wanted), "officer")
        self.scores = evolve_committee(self.scores, recorded(event))
        return self

    def published(self, points: int | Mapping[str, Decimal] = 70) -> Course:
        """Publicity."""
        each = {member: Decimal(points) if isinstance(points, int) else points[member] for member in self.review.rated}
        frozen = {member: FrozenPoints(total, 3) for member, total in each.items()}
        self.then(*publish_results(self.review, self.scores, frozen, SECRETARY))
        return self

    def confirmed(self, certificate: Certificate | None = CERTIFICATE) -> Course:
        """Confirmed."""
        self.then(confirm_review(self.review, certificate, self.review.results_position, SECRETARY))
        return self


def row(review: Review, points: object) -> dict[str, object]:
    """The same points in each dimension."""
    return {dimension.code: points for dimension in review.rules.dimensions}


def ballot(review: Review, rater: str, points: object = 16) -> dict[str, dict[str, object]]:
    """A whole ballot of a rater: the same points everywhere."""
    return {ratee: row(review, points) for ratee in review.ratees_of(rater)}


def day(text: str) -> date:
    """`2026-06-30` as a date."""
    return date.fromisoformat(text)


# A running review


NAMES = ("王秀兰", "李建国", "赵敏", "孙立军", "周玉梅", "吴海", "郑晓东", "冯春生", "陈桂英", "褚卫国", "卫红", "蒋丽")


@dataclass
class Half:
    """A branch of a running town with its review of 2026-H1; members are called `m1`, `m2`, ...; `m1` to `m4` are its committee."""

    town: Town
    count: int
    review: str = ""

    @property
    def path(self) -> str:
        """Where the review lies."""
        return f"/reviews/{self.review}"

    def id(self, name: str) -> str:
        """A member's id."""
        return self.town.members[name]

    def of(self, name: str, *roles: str) -> str:
        """A token of a member, with further roles in its branch."""
        if not roles:
            return self.town.of(name)
        return self.town.roster.issuer.token([*roles], self.town.places["north"], self.id(name))

    @property
    def committee(self) -> str:
        """A token of somebody of the committee."""
        return self.of("m1", "committee_member")

    async def open(self, by: str | None = None, **more: object) -> dict[str, Any]:
        """Open the review."""
        body = {"branch_id": self.town.places["north"], "period": "2026-H1", **more}
        answer: dict[str, Any] = await self.town.do("POST", "/reviews", body, by or self.town.secretary)
        self.review = answer["id"]
        return answer

    async def do(self, method: str, path: str, body: object = None, by: str | None = None, **headers: str) -> Any:  # noqa: ANN401 - JSON
        """A command or a read of the review that must succeed."""
        return await self.town.do(method, f"{self.path}{path}", body, by or self.town.secretary, **headers)

    async def refused(self, code: str, method: str, path: str, body: object = None, by: str | None = None) -> dict[str, Any]:
        """One that must be refused with this code."""
        return await self.town.refused(code, method, f"{self.path}{path}", body, by or self.town.secretary)

    async def to(self, phase: str, by: str | None = None, **more: object) -> None:
        """The next step."""
        await self.do("POST", "/phase", {"to": phase, **more}, by)

    def ballot(self, rater: str, points: float = 16) -> dict[str, Any]:
        """A whole ballot in a branch that is one circle."""
        return {"scores": {self.id(one): scores(points) for one in members(self.count) if one != rater}}

    async def cast(self, rater: str, points: float = 16) -> dict[str, Any]:
        """A rater votes."""
        answer: dict[str, Any] = await self.do("PUT", f"/ballots/{self.id(rater)}", self.ballot(rater, points), self.of(rater))
        return answer

    async def closed(self, points: float = 16) -> None:
        """Everybody votes, and the peer review is closed."""
        await self.to("peer_review")
        for rater in members(self.count):
            await self.cast(rater, points)
        await self.to("committee_review")

    def sheet(self, score: float, *names: str, reason: str | None = None) -> dict[str, Any]:
        """Scores of members (all of them without names) by the whole committee."""
        one = {"score": score} | ({"reason": reason} if reason else {})
        wanted = names or members(self.count)
        return {"attendees": [self.id(name) for name in members(4)], "scores": {self.id(name): one for name in wanted}}

    async def score(self, score: float = 80, *names: str, reason: str | None = "班子集体研究") -> None:
        """The committee scores members."""
        await self.do("PUT", "/committee-scores", self.sheet(score, *names, reason=reason), self.committee)

    async def published(self, score: float = 80) -> None:
        """Everybody is scored, and the results are published."""
        await self.closed()
        await self.score(score)
        await self.to("publicity")

    async def results(self) -> dict[str, dict[str, Any]]:
        """The results by member."""
        answer = await self.do("GET", "/results")
        return {item["member_id"]: item for item in answer["items"]}

    @contextmanager
    def notice_answers(self, answer: Callable[[httpx.Request], httpx.Response]) -> Iterator[None]:
        """For a while notice says this; real answers of notice are the journeys' matter."""
        neighbour = self.town.app.state.notice._neighbour
        kept, neighbour._client = neighbour._client, httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://notice")
        try:
            yield
        finally:
            neighbour._client = kept

    async def seen(self, path: str, by: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """What a view says once it has seen all."""
        position = self.town.app.state.service.log.head()
        return await self.town.do("GET", f"{path}{'&' if '?' in path else '?'}min_position={position}", by=by or self.town.secretary)


def scores(points: float) -> dict[str, float]:
    """The same points in each of the five dimensions."""
    return dict.fromkeys([dimension.code for dimension in DEFAULT_RULES.dimensions], points)


@asynccontextmanager
async def running_half(data: Path, count: int = 7, clock: str = "2026-07-02T02:00:00Z", **parts: Mapping[str, Any]) -> AsyncIterator[Half]:
    """A town whose branch `north` has so many members, under the default rules with some parts changed."""
    async with running_town(data, f"manual:{clock}") as town:
        await settle(town.roster)
        for number, name in enumerate(members(count)):
            town.members[name] = await town.roster.join(NAMES[number % len(NAMES)], "north")
        for name in members(min(4, count)):
            post = {"post": "committee", "organization_id": town.places["north"], "from": "2020-01-01"}
            await town.roster.do("POST", f"/members/{town.members[name]}/posts", post)
        body = {"organization_id": town.places["town"], "code": "XH", "title": "积分办法", "rules": rules_json(rules(**parts))}
        await town.do("POST", "/rulebooks", body, town.officer)
        yield Half(town, count)
