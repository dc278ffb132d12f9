"""What tests of evaluation build: ledgers and rules by their facts; and a running town, its roster and evaluation as real apps."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
from fastapi import FastAPI

from services.evaluation.api.places import RosterPlaces
from services.evaluation.app import make_app
from services.evaluation.domain import points
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.points import Deed, Ledger
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.events.points import EntryRecorded, EntryReversed, Evidence
from services.evaluation.events.rulebooks import Caps, Item, PointRange, Rules
from services.roster.app import make_app as make_roster
from services.roster.issuer import Issuer
from shared.calendar import HalfYear
from shared.events import Event, Recorded, TextRef
from shared.settings import Settings
from tests.roster.builders import Roster, settle

H1 = HalfYear(2026, 1)
H2 = HalfYear(2026, 2)
TODAY = date(2026, 5, 20)
WRITTEN = TextRef(id="text", hash="0" * 64)
SECRETARY = "secretary"
S = TypeVar("S")


def recorded(event: Event, position: int = 1, at: datetime = datetime(2026, 5, 20, tzinfo=UTC)) -> Recorded:
    """An event as the log would hold it."""
    return Recorded(position, "stream", position, at, event)


def folded(evolve: Callable[[S, Recorded], S], empty: S, *events: Event) -> S:
    """What the events come to, in this order."""
    state = empty
    for position, event in enumerate(events, start=1):
        state = evolve(state, recorded(event, position))
    return state


# Rules and ledgers


def item(code: str, kind: str = "base", worth: str | tuple[str, str] = "5", cap: str = "30", *, evidence: bool = False) -> Item:
    """An item of fixed points, or with a range."""
    amount = Decimal(worth) if isinstance(worth, str) else PointRange(Decimal(worth[0]), Decimal(worth[1]))
    return Item(code, f"事项{code}", kind, amount, Decimal(cap), evidence)


ITEMS = (
    item("study"),
    item("meeting", cap="40"),
    item("post", worth=("1", "5"), cap="20", evidence=True),
    item("helping", "bonus", ("1", "10"), "20"),
    item("rescue", "bonus", "10", "30"),
    item("breach", "deduction", ("1", "10"), "15", evidence=True),
)


def rules(*items: Item, base: str = "60", bonus: str = "40", late: str = "next_half_year") -> Rules:
    """The default rules with these items (or a handful of plain ones) and caps."""
    return msgspec.structs.replace(DEFAULT_RULES, items=items or ITEMS, caps=Caps(Decimal(base), Decimal(bonus)), late_entries=late)


def in_force(*items: Item, version: int = 1) -> RulesInForce:
    """Such rules, as they hold for a branch."""
    return RulesInForce("town", version, rules(*items))


def deed(code: str = "study", on: str = "2026-03-02", number: int = 1, **more: Any) -> Deed:  # noqa: ANN401 - fields of a deed
    """A deed of the member `m1` of the branch `b1`; the same `number` makes the same entry id."""
    return Deed(entry_id=f"e{number}", member_id="m1", branch_id="b1", item=code, occurred_on=date.fromisoformat(on), **more)


def entry(code: str = "study", on: str = "2026-03-02", number: int = 1, rule: RulesInForce | None = None, **more: Any) -> EntryRecorded:  # noqa: ANN401
    """The entry that such a deed makes in an empty ledger; evidence that the item wants is there."""
    if code in {"post", "breach"}:
        more = {"evidence": (Evidence("text", WRITTEN),), "fingerprint": "f", **more}
    (made,) = points.record_entry([], deed(code, on, number, **more), H1, rule or in_force(), SECRETARY)
    return made


def reversal(number: int) -> EntryReversed:
    """The reversal of the entry with this number."""
    return EntryReversed(
        entry_id=f"e{number}", reversal_id=f"r{number}", member_id="m1", branch_id="b1", period="2026-H1", reason=WRITTEN,
        recorded_by=SECRETARY,
    )  # fmt: skip


def ledger(*events: Event) -> Ledger:
    """The ledger after these events."""
    return folded(points.evolve, Ledger(), *events)


def rules_json(rule: Rules = DEFAULT_RULES) -> dict[str, Any]:
    """Rules as the contract writes them, ready to be changed."""
    raw: dict[str, Any] = msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(rule))
    return raw


# A running town


@dataclass
class Town:
    """A running evaluation beside its roster: a county, a town with the default rulebook, branches `north` and `south`.

    `members` holds the ids of the members by a short name; the clock stands on 20 May 2026, 10 o'clock in Shanghai.
    """

    app: FastAPI
    client: httpx.AsyncClient
    roster: Roster
    members: dict[str, str] = field(default_factory=dict)

    @property
    def places(self) -> dict[str, str]:
        """The ids of the organisations by name."""
        return self.roster.places

    @property
    def mirror(self) -> RosterPlaces:
        """The service's places."""
        places: RosterPlaces = self.app.state.service.places
        return places

    @property
    def officer(self) -> str:
        """A token of the town's officer."""
        return self.roster.token("town_officer", "town")

    @property
    def secretary(self) -> str:
        """A token of the secretary of `north`."""
        return self.roster.token("branch_secretary", "north")

    def officer_named(self, name: str) -> str:
        """A token of a town officer who is this member."""
        return self.roster.token("town_officer", "town", self.members[name])

    def of(self, name: str) -> str:
        """A token of a member."""
        return self.roster.of_member(self.members[name])

    async def join(self, name: str, branch: str = "north", **more: Any) -> str:  # noqa: ANN401
        """A new member, remembered by `name`."""
        self.members[name] = await self.roster.join(name, branch, **more)
        return self.members[name]

    async def move_clock(self, instant: str) -> None:
        """Both services' clocks."""
        await self.roster.do("PUT", "/clock", {"now": instant})
        await self.do("PUT", "/clock", {"now": instant}, self.roster.admin)

    async def send(self, method: str, path: str, body: object = None, by: str | None = None, **headers: str) -> httpx.Response:
        """Whatever evaluation answers; nobody calls where nobody is named."""
        sent = {**({"Authorization": f"Bearer {by}"} if by else {}), **headers}
        return await self.client.request(method, path, json=body, headers=sent)

    async def do(self, method: str, path: str, body: object = None, by: str | None = None, **headers: str) -> Any:  # noqa: ANN401 - JSON
        """The answer of something that must succeed."""
        answer = await self.send(method, path, body, by, **headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def refused(self, code: str, method: str, path: str, body: object = None, by: str | None = None) -> dict[str, Any]:
        """The problem of something that must be refused with this code."""
        answer = await self.send(method, path, body, by)
        assert 400 <= answer.status_code <= 503, answer.text
        problem: dict[str, Any] = answer.json()
        assert problem["code"] == code, problem
        return problem

    async def record(self, name: str, code: str = "study", on: str = "2026-03-02", by: str | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """An entry of a member."""
        body = {"member_id": self.members[name], "item": code, "occurred_on": on, **more}
        made: dict[str, Any] = await self.do("POST", "/entries", body, by or self.secretary)
        return made

    async def points(self, name: str, period: str = "2026-H1", query: str = "") -> dict[str, Any]:
        """A member's points, as the member sees them."""
        path = f"/members/{self.members[name]}/points?period={period}{query}"
        answer: dict[str, Any] = await self.do("GET", path, by=self.of(name))
        return answer

    @contextlib.contextmanager
    def roster_answers(self, answer: Callable[[httpx.Request], httpx.Response]) -> Iterator[None]:
        """For a while the roster says this, whatever it is asked."""
        neighbour = self.mirror.roster._neighbour
        kept, neighbour._client = neighbour._client, httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://roster")
        try:
            yield
        finally:
            neighbour._client = kept


@asynccontextmanager
async def running_town(data: Path, clock: str = "manual:2026-05-20T02:00:00Z", database_url: str | None = None) -> AsyncIterator[Town]:
    """A town on the data folder `data`, or in a database: two real apps that speak to each other without a network."""
    settings = Settings(data=data, clock=clock, database_url=database_url, _env_file=None)
    roster_app, app = make_roster(settings, shows_defects=True), make_app(settings, shows_defects=True)
    over = httpx.ASGITransport(roster_app)
    async with contextlib.AsyncExitStack() as stack:
        to_roster = await stack.enter_async_context(httpx.AsyncClient(transport=over, base_url="http://roster"))
        client = await stack.enter_async_context(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://evaluation"))
        await stack.enter_async_context(roster_app.router.lifespan_context(roster_app))
        places: RosterPlaces = app.state.service.places
        await places.roster.close()
        neighbour = places.roster._neighbour
        neighbour._client = httpx.AsyncClient(transport=over, base_url="http://roster")
        await stack.enter_async_context(app.router.lifespan_context(app))
        yield Town(app, client, Roster(roster_app, to_roster, Issuer(settings)))


async def found(town: Town) -> None:
    """Found the county, town and branches, join `wang`, `li`, `zhao` in `north` and `sun` in `south`, publish the town's rulebook."""
    await settle(town.roster)
    for name, branch in (("wang", "north"), ("li", "north"), ("zhao", "north"), ("sun", "south")):
        await town.join(name, branch)
    body = {"organization_id": town.places["town"], "code": "XH", "title": "宣化镇积分办法", "rules": rules_json(rules())}
    await town.do("POST", "/rulebooks", body, town.officer)
