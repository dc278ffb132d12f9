"""A client that keeps its own book: what it asked for, under which key, and what it was told."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.journeys.stories import FULL, Branch, Town

ENTRY, STORY = "points.entry-recorded.v1", "points.story-told.v1"
BALLOT, FOUNDED = "ballots.ballot-cast.v1", "organizations.code-given.v1"
MAY_BE_ASKED_AGAIN = {"conflict", "key_in_flight"}
"""Refusals that say: nothing was stored, or it is being stored; ask again."""


@dataclass(eq=False)
class Deed:
    """One command: its last event is one of `topic`, in the log of the service that `place` begins with. `position`: where, once told."""

    topic: str
    method: str
    place: str
    by: str
    body: Any
    key: str = field(default_factory=lambda: str(uuid4()))
    position: int | None = None
    id: str | None = None
    tries: int = 0

    @property
    def service(self) -> str:
        """Whose log it is."""
        return self.place.partition("/")[0]


@dataclass
class Book:
    """All deeds of one client. `wrong`: answers that must never come, whatever breaks; `unavailable`: how often a 503 came."""

    deeds: list[Deed] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unavailable: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, town: Town, deed: Deed) -> bool:
        """Ask once, with the deed's own key; whether it was acknowledged."""
        deed.tries += 1
        try:
            answer = town.send(deed.method, deed.place, deed.by, deed.body, headers={"Idempotency-Key": deed.key})
        except httpx.TransportError:
            return False
        if answer.is_success:
            self._note(deed, answer)
        elif _may_be_asked_again(answer):
            self.unavailable += answer.status_code == 503
        else:
            self.wrong.append(f"{deed.method} {deed.place}: {answer.status_code} {answer.text[:300]}")
        return answer.is_success

    def _note(self, deed: Deed, answer: httpx.Response) -> None:
        position, identity = int(answer.headers["event-position"]), answer.json().get("id")
        if deed.position not in {None, position} or deed.id not in {None, identity}:
            self.wrong.append(f"{deed.place}: answered {identity} at {position}, and before {deed.id} at {deed.position}")
        deed.position, deed.id = position, identity

    @property
    def open(self) -> list[Deed]:
        """What nobody has acknowledged yet."""
        return [deed for deed in self.deeds if deed.position is None]

    def of(self, topic: str) -> list[Deed]:
        """The acknowledged deeds of one kind."""
        return [deed for deed in self.deeds if deed.topic == topic and deed.position is not None]


def _may_be_asked_again(answer: httpx.Response) -> bool:
    if answer.status_code == 503:
        return "retry-after" in answer.headers and answer.headers["content-type"].startswith("application/problem+json")
    return answer.status_code == 409 and answer.json().get("code") in MAY_BE_ASKED_AGAIN


class Client:
    """Threads that do one deed after the other, drawn by lot, until they are told to stop."""

    def __init__(self, town: Town, branch: Branch, book: Book, lot: random.Random, threads: int = 4) -> None:
        self._town, self._branch, self.book, self._lot = town, branch, book, lot
        self._stop = threading.Event()
        self._untold: list[Deed] = []
        self._threads = [threading.Thread(target=self._run, args=(random.Random(lot.random()),)) for _ in range(threads)]  # noqa: S311

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Return when the last answer has come, or not."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, lot: random.Random) -> None:
        makers: list[Callable[[random.Random], Deed]] = [self._entry, self._entry, self._story, self._ballot, self._organization]
        while not self._stop.is_set():
            deed = lot.choice(makers)(lot)
            with self.book.lock:
                self.book.deeds.append(deed)
            if self.book.send(self._town, deed):
                if deed.topic == ENTRY:
                    self._untold.append(deed)
            else:
                self._stop.wait(0.25)

    def _entry(self, lot: random.Random) -> Deed:
        body = {"member_id": lot.choice(list(self._branch.members.values())), "item": "help", "occurred_on": "2026-06-01", "points": 1}
        evidence = [{"kind": "text", "value": f"帮扶记录 {uuid4()}"}]
        return Deed(ENTRY, "POST", "evaluation/entries", self._branch.secretary, {**body, "evidence": evidence})

    def _story(self, lot: random.Random) -> Deed:
        try:
            entry = self._untold.pop()
        except IndexError:
            return self._entry(lot)
        body = {"title": "雪中送炭", "text": "冒雪给独居老人送去了煤。"}
        return Deed(STORY, "POST", f"evaluation/entries/{entry.id}/story", self._branch.secretary, body)

    def _ballot(self, lot: random.Random) -> Deed:
        name = lot.choice(list(self._branch.members))
        place = f"evaluation/reviews/{self._branch.review}/ballots/{self._branch.member(name)}"
        scores = {dimension: lot.randint(10, 20) for dimension in FULL}
        return Deed(BALLOT, "PUT", place, self._branch.tokens[name], {"scores": self._branch.sheet(name, scores)})

    def _organization(self, _: random.Random) -> Deed:
        body = {"kind": "branch", "name": f"{uuid4()}支部", "parent_id": self._town.id}
        return Deed(FOUNDED, "POST", "roster/organizations", self._town.admin, body)
