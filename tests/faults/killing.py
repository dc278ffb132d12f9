"""Rounds of SIGKILL: a client works, something dies at a random moment, comes back, and the client's book must agree.

`python -m tests.faults.killing --rounds 300 --database postgresql --seed 7` prints a line every few rounds and at the end the figures.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import httpx

from tests.faults.book import Book, Client
from tests.faults.postgres_server import OwnServer, own_server
from tests.faults.reckoning import Reckoning
from tests.journeys.processes import SERVICES, Cell, free_ports
from tests.journeys.stories import START, Branch, Town, names

READY_WITHIN = 120.0
CHECKED_EVERY = 50
"""Rounds between two replays of all views."""


class Killable(Cell):
    """A cell whose services are started as systemd starts them: each a process, its workers its children."""

    def start(self, *services: str) -> None:
        """Start these services and wait until each is ready."""
        for service in services or SERVICES:
            log = (self.folder / f"{service}.log").open("ab")
            self.running[service] = subprocess.Popen(
                [sys.executable, "-P", "-m", "xingqi.serve", service],
                env=self.environment(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
            log.close()
        for service in services or SERVICES:
            self.wait_until_ready(service)

    def wait_until_ready(self, service: str) -> None:
        """As its own, by a client that costs nothing: it is asked thousands of times."""
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until and self.running[service].poll() is None:
            asking = closing(HTTPConnection(self.urls[service].removeprefix("http://"), timeout=5))
            with asking as connection, suppress(OSError, HTTPException):
                connection.request("GET", "/health/ready")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"{service} did not become ready:\n{self.said(service)}")

    def kill_one_worker(self, service: str) -> None:
        """SIGKILL to one process of a service that has several."""
        children = subprocess.run(["pgrep", "-P", str(self.running[service].pid)], capture_output=True, text=True, check=False)  # noqa: S607
        if workers := children.stdout.split():
            os.kill(int(random.choice(workers)), signal.SIGKILL)  # noqa: S311


@dataclass
class Rounds:
    """A town under attack. `kills`: how often what was killed; `settled`: how many deeds had no answer and were asked for again."""

    town: Town
    branch: Branch
    database: OwnServer | None
    lot: random.Random
    book: Book = field(default_factory=Book)
    kills: Counter[str] = field(default_factory=Counter)
    settled: int = 0

    def __post_init__(self) -> None:
        self.reckoning = Reckoning(self.town, self.branch, self.book)
        self.reckoning.begin()

    def one(self) -> None:
        """Work, a kill, the return, and the reckoning."""
        client = Client(self.town, self.branch, self.book, self.lot)
        client.start()
        time.sleep(self.lot.uniform(0.05, 0.8))
        what = self.lot.choice(self._victims())
        self.kills[what] += 1
        self._kill(what, self.lot.uniform(0, 0.3))
        client.stop()
        self.settled += self.reckoning.settle()
        self.reckoning.hold()
        self.refuse_faults()

    def refuse_faults(self) -> None:
        """Raise AssertionError where the books don't agree."""
        faults = [*self.book.wrong, *self.reckoning.lost, *self.reckoning.doubled]
        assert not faults, "\n".join(faults[:20])

    def check(self) -> None:
        """All views equal a fresh replay, all logs their trees: `xingqi check`."""
        self.town.cell.command("check")

    def _victims(self) -> list[str]:
        workers = ["worker"] * 2 if "XINGQI_WORKERS" in self.town.cell.settings else []
        return ["everything", *SERVICES, *workers, *(["database", "database restart"] if self.database else [])]

    def _kill(self, what: str, pause: float) -> None:
        cell = self.town.cell
        assert isinstance(cell, Killable)
        match what:
            case "everything":
                cell.stop(kill=True)
                if self.database:
                    self.database.end()
                    self.database.start()
                cell.start()
            case "worker":
                cell.kill_one_worker(self.lot.choice(SERVICES))
                time.sleep(pause)
            case "database" | "database restart":
                assert self.database is not None
                self.database.end(signal.SIGKILL if what == "database" else signal.SIGINT)
                time.sleep(pause)
                self.database.start()
            case service:
                cell.stop(service, kill=True)
                time.sleep(pause)
                cell.start(service)

    def __str__(self) -> str:
        killed = ", ".join(f"{what} {count}" for what, count in sorted(self.kills.items()))
        told = len(self.book.deeds) - len(self.book.open)
        lost, doubled = len(self.reckoning.lost), len(self.reckoning.doubled)
        return (
            f"{self.kills.total()} kills ({killed}): {told} commands acknowledged, {self.settled} of them without an answer at first; "
            f"lost {lost}, doubled {doubled}"
        )


@contextmanager
def under_attack(folder: Path, database: str, seed: int, **settings: str) -> Iterator[Rounds]:
    """Three services, a town, a branch of 20 whose review is in its peer phase; on PostgreSQL a server of its own."""
    with ExitStack() as stack:
        server = stack.enter_context(own_server()) if database == "postgresql" else None
        of_database = {"XINGQI_DATABASE_URL": server.url} if server else {}
        urls = {service: f"http://127.0.0.1:{port}" for service, port in zip(SERVICES, free_ports(3), strict=True)}
        cell = Killable(folder, START, urls, settings={**of_database, **settings})
        http = stack.enter_context(httpx.Client(timeout=10, trust_env=False))
        stack.callback(cell.stop, kill=True)
        cell.start()
        town = Town(cell, http, cell.token("admin"))
        town.found()
        branch = town.branch(names(20))
        town.open(branch)
        town.to(branch, "peer_review")
        yield Rounds(town, branch, server, random.Random(seed))  # noqa: S311 - a lot that can be drawn again


def main() -> None:
    """Run the rounds that the arguments of this process name; SystemExit 1 at the first fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.killing")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    settings = {"XINGQI_WORKERS": str(options.workers)} if options.workers > 1 else {}
    print(f"{options.rounds} rounds on {options.database}, seed {options.seed}, {options.workers} worker(s) a service", flush=True)  # noqa: T201
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, under_attack(Path(folder), options.database, options.seed, **settings) as rounds:
        for number in range(1, options.rounds + 1):
            try:
                rounds.one()
                if number % CHECKED_EVERY == 0 or number == options.rounds:
                    rounds.check()
            except AssertionError as error:
                print(f"round {number}, {rounds}\n{error}", flush=True)  # noqa: T201
                for service in SERVICES:
                    (Path(tempfile.gettempdir()) / f"faults-{options.seed}-{service}.log").write_text(rounds.town.cell.said(service))
                raise SystemExit(1) from None
            if number % 10 == 0 or number < 4:
                print(f"{time.monotonic() - begun:6.0f} s  {rounds}", flush=True)  # noqa: T201
    print(f"{rounds}; seed {options.seed}, {time.monotonic() - begun:.0f} s", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
