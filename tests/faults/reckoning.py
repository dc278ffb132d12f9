"""Holds the client's book against what the services have: each acknowledged deed once, no event that nobody asked for, no gap."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults.book import BALLOT, ENTRY, FOUNDED, STORY, Book, Deed
from tests.journeys.rest import Json, Query
from tests.journeys.stories import Branch, Town

TOPICS = {"evaluation": (ENTRY, STORY, BALLOT), "roster": (FOUNDED,)}
NUMBER_GIVEN, NOTICE_SHOWN = "register.number-given.v1", "points.story-told.v1"
SETTLED_WITHIN = 60.0


@dataclass
class Reckoning:
    """What was found so far: the positions of each topic, as the feeds tell them; `lost` and `doubled` are sentences."""

    town: Town
    branch: Branch
    book: Book
    before: dict[str, set[int]] = field(default_factory=dict)
    found: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    looked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    numbers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    notices_before: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """What was there before the client began is nobody's deed; notice has numbered all that evaluation told it by then."""
        self._look()
        self._let_notice_catch_up()
        self.notices_before = sum(map(len, self.numbers.values()))
        self.before = {topic: set(positions) for topic, positions in self.found.items()}

    def settle(self) -> int:
        """Every deed that was not answered is asked for again under its key; until then it is there once at most. How many there were."""
        self._look()
        waiting = self.book.open
        for service, topics in TOPICS.items():
            for topic in topics:
                extra = len(self._new(topic)) - len(self.book.of(topic))
                allowed = sum(deed.topic == topic for deed in waiting)
                if extra > allowed:
                    self.doubled.append(f"{service}: {extra - allowed} events {topic} more than were asked for")
        for deed in waiting:
            self._ask_until_answered(deed)
        return len(waiting)

    def _ask_until_answered(self, deed: Deed) -> None:
        until = time.monotonic() + SETTLED_WITHIN
        while not self.book.send(self.town, deed):
            if time.monotonic() > until:
                raise AssertionError(f"{deed.method} {deed.place} was not answered in {SETTLED_WITHIN} s: the service did not heal")
            time.sleep(0.1)

    def hold(self) -> None:
        """Each deed stands in the log once, where its answer said; and nothing else does."""
        self._look()
        for topics in TOPICS.values():
            for topic in topics:
                told = Counter(deed.position for deed in self.book.of(topic))
                there = self._new(topic)
                self.lost += [f"{topic} at {position}" for position in told if position not in there]
                self.doubled += [f"{topic} at {position}" for position in there if position not in told]
                self.doubled += [f"{topic} at {position}: the answer to {count} deeds" for position, count in told.items() if count > 1]
        self._hold_register()
        self._hold_points()

    def _new(self, topic: str) -> set[int]:
        return set(self.found[topic]) - self.before.get(topic, set())

    def _look(self) -> None:
        for service in ("roster", "evaluation", "notice"):
            while True:
                after = self.looked[service]
                page = _patiently(self.town, f"{service}/events", after=after, limit=1000)
                for item in page["items"]:
                    self._take(service, item)
                self.looked[service] = page["next"]
                if not page["items"]:
                    break

    def _take(self, service: str, item: dict[str, Any]) -> None:
        position = int(item["id"])
        if item["type"] == NUMBER_GIVEN:
            self.numbers[f"{item['data']['organization_id']}/{item['data']['year']}"].append(item["data"]["n"])
        if item["type"] in TOPICS.get(service, ()):
            if position in self.found[item["type"]]:
                self.doubled.append(f"{service}: position {position} was told twice")
            self.found[item["type"]][position] = item["subject"]

    def _hold_register(self) -> None:
        """Notice has taken in all, numbered 1, 2, 3, ...: one notice a story."""
        self._let_notice_catch_up()
        for place, numbers in self.numbers.items():
            if numbers != list(range(1, len(numbers) + 1)):
                self.lost.append(f"the register {place} has a gap or a number twice: {numbers[-20:]}")
        stories, notices = len(self.found[STORY]), sum(map(len, self.numbers.values()))
        if self.before and notices - self.notices_before != stories - len(self.before.get(STORY, ())):
            self.lost.append(f"{stories} stories were told, and {notices} notices numbered ({self.notices_before} before)")

    def _let_notice_catch_up(self) -> None:
        _patiently(self.town, f"notice/boards/{self.branch.id}", min_position=self.looked["evaluation"])
        self._look()

    def _hold_points(self) -> None:
        """The view says for each member the entries that its log has."""
        member = next(iter(self.branch.members.values()))
        points = _patiently(
            self.town,
            f"evaluation/members/{member}/points",
            self.branch.secretary,
            period="2026-H1",
            min_position=self.looked["evaluation"],
        )
        told = sum(deed.body["member_id"] == member for deed in self.book.of(ENTRY))
        if points["bonus"] != min(told, 40):
            self.lost.append(f"the view shows {points['bonus']} points for {told} entries of one point, capped at 40")


def _patiently(town: Town, place: str, by: str | None = None, **query: Query) -> Json:
    """A read that may have to wait until the service has healed."""
    until = time.monotonic() + SETTLED_WITHIN
    while True:
        try:
            answer = town.send("GET", place, by or town.admin, headers={"Accept": "application/json"}, query=query)
            if answer.status_code == 200:
                return answer.json()
            said = f"{answer.status_code} {answer.text[:300]}"
        except httpx.TransportError as error:
            said = type(error).__name__
        if time.monotonic() > until:
            raise AssertionError(f"GET {place}: {said}")
        time.sleep(0.1)
