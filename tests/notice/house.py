"""Notice as it really runs: served, with its store, beside a real roster; evaluation is told event by event, in its own shapes.

What evaluation does to come to its events is tested elsewhere and in the journeys; here the tests say what it told.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.notice.app import make_app
from services.roster.app import make_app as make_roster
from services.roster.issuer import Issuer
from shared.events import Event, TextRef
from shared.settings import Settings
from shared.store.leaf import instant_text
from shared.store.mapper import encode
from tests.shared.web.serving import served

START = datetime(2026, 9, 28, 2, 0, tzinfo=UTC)
"""Monday 28 September 2026, 10:00 in Shanghai: the worked example's moment."""
HERE = "王庄村党支部"
"""The branch of the test."""


class Told:
    """What stands in for evaluation: a feed of real events, texts, a clock. While `is_away` it answers 503."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.texts: dict[str, str] = {}
        self.now = START
        self.is_away = False
        self.asked_texts: list[str] = []
        self.flags: dict[str, int] = {}
        self.objections: dict[str, dict[str, Any]] = {}
        self.loses_answers = False
        routes = [
            Route("/events", self._events),
            Route("/texts/read", self._read, methods=["POST"]),
            Route("/clock", self._clock),
            Route("/objections", self._objections, methods=["POST"]),
            Route("/branches/{branch_id}/standings", self._standings),
        ]
        self.app = Starlette(routes=routes)

    @property
    def position(self) -> int:
        """The last position."""
        return len(self.items)

    def tell(self, event: Event | tuple[str, dict[str, Any]]) -> int:
        """One more event, in evaluation's own shape, or of a topic that it does not have yet; its position."""
        topic, data = event if isinstance(event, tuple) else (event.topic, msgspec.json.decode(encode(event)))
        position = str(self.position + 1)
        place = {"id": position, "sequence": position, "source": "evaluation", "subject": "stream", "time": instant_text(self.now)}
        self.items.append({**place, "type": topic, "data": data})
        return self.position

    def text(self, words: str) -> TextRef:
        """The reference to a text that evaluation has."""
        reference = TextRef(id=f"0198b000-0000-7000-9000-{len(self.texts):012d}", hash="0" * 64)
        self.texts[reference.id] = words
        return reference

    async def _events(self, request: Request) -> Response:
        after, limit = int(request.query_params["after"]), int(request.query_params["limit"])
        types = request.query_params.get("types", "").split(",")
        seen = self.items[after : after + limit]
        return self._answer({"items": [item for item in seen if item["type"] in types], "next": after + len(seen)})

    async def _read(self, request: Request) -> Response:
        ids = (await request.json())["ids"]
        self.asked_texts += ids
        return self._answer({text_id: self.texts[text_id] for text_id in ids if text_id in self.texts})

    async def _standings(self, _: Request) -> Response:
        rows = [{"member_id": member, "flags": flags, "stars": 2} for member, flags in self.flags.items()]
        return self._answer({"items": rows})

    async def _objections(self, request: Request) -> Response:
        """Under one key one objection; `loses_answers`: it is registered, and the answer never arrives."""
        said, key = await request.json(), request.headers["idempotency-key"]
        if not self.is_away:
            self.objections.setdefault(key, said)
        if self.loses_answers:
            return Response(status_code=502)
        number = list(self.objections).index(key) + 1 if key in self.objections else 0
        objection = {"id": f"0198b000-0000-7000-a000-{number:012d}", "reference": f"YY-{number}", "answer_by": "2026-10-20"}
        return self._answer(objection, 201)

    async def _clock(self, _: Request) -> Response:
        return self._answer({"now": self.now, "clock": "manual"})

    def _answer(self, content: object, status: int = 200) -> Response:
        if self.is_away:
            return Response(status_code=503)
        return Response(msgspec.json.encode(content), status, media_type="application/json")


@dataclass
class House:
    """Roster and notice, served; the people who call them; the clock of all."""

    told: Told
    settings: Settings
    issuer: Issuer
    stack: ExitStack
    http: httpx.Client
    running: dict[str, ExitStack] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    now: datetime = START
    branches: int = 0

    # Starting and stopping

    def start(self, service: str) -> None:
        """Start `roster` or `notice` at its address."""
        make = {"roster": make_roster, "notice": make_app}[service]
        _, port = self.settings.address_of(service)  # type: ignore[arg-type]
        stack = self.running[service] = ExitStack()
        stack.enter_context(served(make(self.settings, shows_defects=True), port))

    def stop(self, service: str) -> None:
        """Stop it as an operator does."""
        self.running.pop(service).close()

    def stop_all(self) -> None:
        """Stop what runs."""
        for service in list(self.running):
            self.stop(service)

    def move_clock(self, instant: datetime, *services: str) -> None:
        """Set the clocks of these services (all, where none is named) forward, as `xingqi clock` does."""
        self.now = self.told.now = instant
        for service in services or ("roster", "notice"):
            self.do("PUT", f"{service}/clock", {"now": instant_text(instant)}, self.issuer.token(["admin"]))

    # Calling

    def send(self, method: str, path: str, body: object = None, token: str | None = None, **headers: str) -> httpx.Response:
        """Whatever the service answers; `path` begins with its name."""
        service, _, rest = path.partition("/")
        sent = headers | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.http.request(method, f"{self.settings.url_of(service)}/{rest}", json=body, headers=sent)  # type: ignore[arg-type]

    def do(self, method: str, path: str, body: object = None, token: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """The answer of what must succeed."""
        answer = self.send(method, path, body, token)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def read(self, path: str, **headers: str) -> Any:  # noqa: ANN401 - JSON
        """The answer of notice, after all that evaluation has told."""
        answer = self.get(path, **headers)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The same, whatever it is."""
        mark = "&" if "?" in path else "?"
        return self.send("GET", f"notice/{path}{mark}min_position={self.told.position}", **headers)

    def until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until it holds: what the roster tells comes by itself, within a moment."""
        end = monotonic() + seconds
        while not holds():
            assert monotonic() < end, "it did not come to hold"
            sleep(0.05)

    def page(self, path: str, language: str = "zh") -> httpx.Response:
        """The page as a browser gets it."""
        accept = "text/html,application/xhtml+xml,*/*;q=0.8"
        return self.get(path, **{"Accept": accept, "Accept-Language": language})

    def board(self, name: str, **headers: str) -> Any:  # noqa: ANN401 - JSON
        """The board of an organisation as JSON."""
        return self.read(f"boards/{self.places[name]}", Accept="application/json", **headers)

    def refused(self, code: str, method: str, path: str, body: object = None, token: str | None = None) -> dict[str, Any]:
        """The problem of what must be refused with this code."""
        answer = self.send(method, path, body, token)
        assert 400 <= answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text}"
        problem: dict[str, Any] = answer.json()
        assert problem["code"] == code, problem
        return problem

    # People and places

    def token(self, role: str, place: str) -> str:
        """A token of somebody who holds `role` there."""
        return self.issuer.token([role], self.places[place])

    def found(self, kind: str, name: str, parent: str | None = None, **more: str) -> str:
        """The id of a new organisation, kept under its name."""
        body = {"kind": kind, "name": name, **more} | ({"parent_id": self.places[parent]} if parent else {})
        self.places[name] = self.do("POST", "roster/organizations", body, self.issuer.token(["admin"]))["id"]
        return self.places[name]

    def found_branch(self) -> str:
        """The id of a new branch of the town, which is HERE from now on; its code is XH-01, XH-02, ..."""
        self.branches += 1
        return self.found("branch", HERE, "宣化镇", code=self.code)

    @property
    def code(self) -> str:
        """What the numbers of HERE begin with."""
        return f"XH-{self.branches:02}"

    def join(self, name: str, branch: str = HERE) -> str:
        """The id of a new member."""
        body = {"name": name, "branch_id": self.places[branch], "joined_on": "2010-07-01", "status": "full"}
        member: str = self.do("POST", "roster/members", body, self.issuer.token(["admin"]))["id"]
        return member

    def erase(self, member: str) -> None:
        """Two persons erase the member's profile."""
        proposed = self.do("DELETE", f"roster/members/{member}/profile", None, self.issuer.token(["admin"]))
        officer = self.token("town_officer", "宣化镇")
        self.do("POST", f"roster/erasures/{proposed['id']}/confirmation", {}, officer)


@contextmanager
def house(folder: Path, start: datetime = START, open_calls_a_minute: int = 0) -> Iterator[House]:
    """A county and a town, told to notice by a real roster."""
    with ExitStack() as stack:
        told = Told()
        told.now = start
        evaluation_url = stack.enter_context(served(told.app))
        roster_url, notice_url = (f"http://127.0.0.1:{port}" for port in _free_ports(2))
        settings = Settings(
            _env_file=None,
            data=folder,
            clock=f"manual:{instant_text(start)}",
            roster_url=roster_url,
            evaluation_url=evaluation_url,
            notice_url=notice_url,
            open_calls_a_minute=open_calls_a_minute,
        )
        http = stack.enter_context(httpx.Client(timeout=30, trust_env=False))
        made = House(told, settings, Issuer(settings), stack, http, now=start)
        stack.callback(made.stop_all)
        made.start("roster")
        made.start("notice")
        made.found("county", "高台县", code="GT")
        made.found("town", "宣化镇", "高台县", code="XH")
        yield made


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]
