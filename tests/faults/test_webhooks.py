"""A service killed while it delivers: after its return every event comes, in order, what was on its way once more as the same message."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.journeys.processes import database_settings
from tests.journeys.rest import Json
from tests.journeys.stories import Branch, Town, names, story_town
from tests.shared.webhooks.targets import Target, target

pytestmark = pytest.mark.timeout(240)
SERVICES = ("evaluation", "notice")
BEFORE_THE_KILL = 4
SOON = 60.0
"""Seconds: whoever was killed holds the right to deliver for ten more, and the machine may be busy."""


@dataclass
class Hung:
    """An answer that is not given until the test ends: who delivers is killed while it waits for it."""

    came: threading.Event
    ends: threading.Event

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        """Hold the message."""
        self.came.set()
        self.ends.wait()
        with suppress(OSError):
            handler.send_response(204)
            handler.end_headers()


@dataclass
class Followed:
    """A service, what it delivers to, and the secret that its messages are signed with."""

    service: str
    target: Target
    hung: Hung
    secret: str = ""

    def subscribe(self, town: Town) -> None:
        """All events from the first on; the fifth message hangs."""
        self.target.answers = [*[204] * BEFORE_THE_KILL, self.hung, 204]
        made = town.do("POST", f"{self.service}/subscriptions", town.admin, {"url": self.target.url, "after": 0})
        self.secret = made["secret"]

    def assert_all_came_in_order(self, town: Town) -> None:
        """Each event at least once, nothing overtaken, each position always as one and the same signed message."""
        told = {int(one["id"]): one for one in events_of(town, self.service)}
        self.target.wait_for(len(told) + 1, seconds=SOON)
        positions = self.target.positions
        assert positions == sorted(positions), "in order, so each stream is too"
        assert set(positions) == set(told)
        ids: dict[int, str] = {}
        for headers, body in self.target.got:
            event = Webhook(self.secret).verify(body, headers)
            position = int(event["id"])
            assert (event["subject"], event["type"]) == (told[position]["subject"], told[position]["type"])
            assert ids.setdefault(position, headers["webhook-id"]) == headers["webhook-id"]
        assert len(set(ids.values())) == len(ids)
        hung, again = (json.loads(body)["id"] for _, body in self.target.got[BEFORE_THE_KILL : BEFORE_THE_KILL + 2])
        assert hung == again, "what was on its way when it was killed comes again"


def events_of(town: Town, service: str) -> list[Json]:
    """All events of a service as its feed tells them."""
    items: list[Json] = []
    after = 0
    while (page := town.read(f"{service}/events", town.admin, after=after, limit=500))["items"]:
        items, after = items + page["items"], page["next"]
    return items


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    settings = database_settings(request.param) | {"XINGQI_WEBHOOKS_TO_PRIVATE_ADDRESSES": "true"}
    with story_town(tmp_path, **settings) as made:
        yield made


@pytest.fixture
def ends() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


def tell_stories(town: Town, branch: Branch, *titles: str) -> None:
    """Good deeds on the board: events of evaluation, and of notice."""
    for title in titles:
        entry = town.entry(branch, next(iter(branch.members)), "help", points=1, evidence=[{"kind": "text", "value": title}])
        town.do("POST", f"evaluation/entries/{entry}/story", branch.secretary, {"title": title, "text": "助人为乐。"})
    town.read("notice/notices", organization_id=branch.id, min_position=town.position("evaluation"))


@pytest.mark.spec("1.13")
def test_killed_while_delivering_it_delivers_everything_after_its_return(town: Town, ends: threading.Event) -> None:
    branch = town.branch(names(3))
    tell_stories(town, branch, *(f"好事{number}" for number in range(6)))
    with target() as first, target() as second:
        followed = [Followed(name, to, Hung(threading.Event(), ends)) for name, to in zip(SERVICES, (first, second), strict=True)]
        for one in followed:
            one.subscribe(town)
        for one in followed:
            assert one.hung.came.wait(SOON)
        town.cell.stop(*SERVICES, kill=True)
        town.cell.start(*SERVICES)
        tell_stories(town, branch, "归来之后")
        for one in followed:
            one.assert_all_came_in_order(town)
