"""`make drill`: two database nodes under Patroni on one machine; each is lost in several ways under load, and the client's book must agree.

As root on Debian, with the packages patroni, etcd-server, postgresql-15, iptables and iproute2 (`make drill` installs them). It runs in a
network of its own (unshare), so that the rules by which a node falls silent touch nothing else. For each loss it prints how long nobody
could write; it ends with 1 where an acknowledged command is lost, one is done twice, or the services don't heal by themselves.
"""

from __future__ import annotations

import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from tests.faults.book import Book, Client
from tests.faults.killing import Killable
from tests.faults.patroni import Cluster, cluster
from tests.faults.reckoning import Reckoning
from tests.journeys.processes import SERVICES, free_ports
from tests.journeys.stories import START, Town, names

INSIDE = "--inside"
LOADED_SECONDS = 4.0
RETURNED_AFTER = 5.0
"""Seconds for which a lost node stays away after another has taken over."""
SERVED_WITHIN = 60.0


@dataclass
class Load:
    """A client at work. `pause`: the longest time, in seconds, in which no command was acknowledged."""

    client: Client
    pause: float = 0.0
    last: float = field(default_factory=time.monotonic)
    told: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.told = self._told()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        self.client.start()

    def stop(self) -> None:
        """Return when the last answer has come, or not."""
        self.client.stop()
        self.stopped.set()
        self._watch.join()

    def wait_until_served(self) -> None:
        """Return when a command was acknowledged that began after this. Raises AssertionError where the services don't heal."""
        before, until = self._told(), time.monotonic() + SERVED_WITHIN
        while self._told() == before:
            if time.monotonic() > until:
                raise AssertionError(f"the services acknowledged nothing in {SERVED_WITHIN:.0f} s after the database took writes again")
            time.sleep(0.1)

    def _told(self) -> int:
        with self.client.book.lock:
            return sum(deed.position is not None for deed in self.client.book.deeds)

    def _look(self) -> None:
        while not self.stopped.wait(0.05):
            told, now = self._told(), time.monotonic()
            self.pause = max(self.pause, now - self.last)
            if told != self.told:
                self.told, self.last = told, now


@dataclass
class Drill:
    """A cluster, a town on it, and the book of the client."""

    cluster: Cluster
    town: Town
    reckoning: Reckoning

    def one(self, what: str, lost: Callable[[], Iterator[None]]) -> None:
        """Work, the loss, work on, and the reckoning. Raises AssertionError where something is wrong."""
        self.cluster.wait_until_whole()
        book = self.reckoning.book
        load = Load(Client(self.town, self.reckoning.branch, book, random.Random(341)))  # noqa: S311 - a lot that can be drawn again
        time.sleep(LOADED_SECONDS)
        before, begun = load.told, time.monotonic()
        try:
            with contextmanager(lost)():
                self._wait_until_writable()
                seconds = time.monotonic() - begun
                load.wait_until_served()
                time.sleep(RETURNED_AFTER)
            time.sleep(LOADED_SECONDS)
        finally:
            load.stop()
        unanswered = self.reckoning.settle()
        self.reckoning.hold()
        told = len(book.deeds) - len(book.open)
        print(  # noqa: T201 - a command
            f"{what}: the database took writes again after {seconds:.1f} s; at most {load.pause:.1f} s without an acknowledged command; "
            f"so far {told} commands acknowledged ({before} before this), {unanswered} of them without an answer at first; "
            f"lost {len(self.reckoning.lost)}, doubled {len(self.reckoning.doubled)}",
            flush=True,
        )
        faults = [*book.wrong, *self.reckoning.lost, *self.reckoning.doubled]
        assert not faults, "\n".join(faults[:20])

    def killed(self) -> Iterator[None]:
        """The leader is killed; its machine answers, and refuses calls."""
        node = self.cluster.leader
        node.kill()
        yield
        node.start()

    def asked_to_step_down(self) -> Iterator[None]:
        """What an operator does before work on a machine."""
        leader, standby = self.cluster.leader, self.cluster.standby
        body = {"leader": leader.name, "candidate": standby.name}
        place = f"http://127.0.0.1:{leader.rest_port}/switchover"
        httpx.post(place, json=body, timeout=60, trust_env=False).raise_for_status()
        yield

    def fallen_silent(self) -> Iterator[None]:
        """The leader's machine is gone without a word, and comes back believing that it leads."""
        with self.cluster.leader.silent():
            yield

    def without_standby(self) -> Iterator[None]:
        """The standby is killed: nothing is acknowledged until Patroni lets the leader go on alone."""
        node = self.cluster.standby
        node.kill()
        yield
        node.start()

    def _wait_until_writable(self) -> None:
        def is_writable() -> bool:
            url = self.cluster.url("postgres", "xingqi", self.cluster.password)
            with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS drill (at timestamptz DEFAULT clock_timestamp())")
                connection.execute("INSERT INTO drill DEFAULT VALUES")
                return True
            return False

        self.cluster.wait(is_writable, "nobody takes writes")


def _town(cell: Killable, http: httpx.Client) -> Reckoning:
    town = Town(cell, http, cell.token("admin"))
    town.found()
    branch = town.branch(names(20))
    town.open(branch)
    town.to(branch, "peer_review")
    return Reckoning(town, branch, Book())


def drill() -> None:
    """All losses, one after the other, then `xingqi check`. Raises AssertionError at the first fault."""
    with tempfile.TemporaryDirectory() as folder, cluster() as made:
        with psycopg.connect(made.url("postgres", "postgres", made.password), autocommit=True) as connection:
            connection.execute("CREATE DATABASE xingqi")
        settings = {
            "XINGQI_OWNER_URL": made.url("postgres", "xingqi", made.password),
            "XINGQI_DATABASE_URL": made.url("xingqi", "xingqi", secrets.token_hex(12)),
        }
        urls = {service: f"http://127.0.0.1:{port}" for service, port in zip(SERVICES, free_ports(3), strict=True)}
        cell = Killable(Path(folder), START, urls, settings=settings)
        cell.command("migrate")
        try:
            cell.start()
            with httpx.Client(timeout=10, trust_env=False) as http:
                reckoning = _town(cell, http)
                reckoning.begin()
                run = Drill(made, reckoning.town, reckoning)
                run.one("leader killed", run.killed)
                run.one("leader asked to step down", run.asked_to_step_down)
                run.one("leader's machine silent", run.fallen_silent)
                run.one("standby killed", run.without_standby)
            made.wait_until_whole()
            print(cell.command("check"), flush=True)  # noqa: T201 - a command
        finally:
            cell.stop(kill=True)


def main() -> None:
    """The drill in a network of its own; SystemExit with what is wrong."""
    if INSIDE not in sys.argv:
        again = f'ip link set lo up && exec "{sys.executable}" -m tests.faults.drill {INSIDE}'
        sys.exit(subprocess.run(["unshare", "--net", "sh", "-c", again], env=os.environ, check=False).returncode)  # noqa: S607
    try:
        drill()
    except AssertionError as error:
        sys.exit(str(error))
    print("the drill is passed")  # noqa: T201


if __name__ == "__main__":
    main()
