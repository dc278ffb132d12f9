"""docker-compose.yml really built and run: up, a half-year from pledges to stars, every container killed, down and up again.

    tests/compose/with-docker.sh .venv/bin/python -m tests.compose.check       (as root, Debian; `make compose`)

The project runs in a copy of the checkout, so that no secret is made in it. What fails is said with the containers' own words.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.faults.book import ENTRY, Book, Deed
from tests.house.files import ROOT, tracked_files
from tests.journeys.processes import SERVICES, Cell
from tests.journeys.stories import START, Branch, Town, names
from tests.journeys.test_half_year_story import test_a_half_year_from_pledges_to_stars as live_a_half_year

URLS = {service: f"http://127.0.0.1:{port}" for port, service in enumerate(SERVICES, start=8001)}
HEALS_WITHIN = 120.0
OWN_IMAGE = "postgres:15"


@dataclass
class Composed(Cell):
    """The cell in its containers: its commands run in the roster's."""

    compose: Sequence[str] = field(default_factory=list)

    def do(self, *arguments: str) -> str:
        """`docker compose ARGUMENTS`; what it printed."""
        return _run([*self.compose, *arguments], self.folder)

    def command(self, *arguments: str) -> str:
        """`xingqi ARGUMENTS` in the roster's container."""
        return self.do("exec", "-T", "roster", "xingqi", *arguments)

    def tokens(self, roles: Sequence[str], organization: str | None = None, members: Sequence[str] = ()) -> list[str]:
        """As `xingqi token` prints them in the roster's container, whose issuer's keys are nowhere else."""
        words = [word for role in roles for word in ("--role", role)] + [word for member in members for word in ("--member", member)]
        return self.command("token", *words, *(["--organization", organization] if organization else [])).split()

    def process_of(self, service: str) -> int:
        """The process id of a container's first process, as the engine's machine counts it."""
        container = self.do("ps", "--all", "--quiet", service).strip()
        return int(_run(["docker", "inspect", "--format", "{{.State.Pid}}", container], self.folder))


def main() -> None:
    """Run the whole check; ends with an exception where something does not hold."""
    with tempfile.TemporaryDirectory(prefix="xingqi-compose-") as place:
        folder = Path(place)
        for path in tracked_files():
            copy = folder / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
        (folder / ".env").write_text(f"XINGQI_CLOCK={START}\nXINGQI_POSTGRES_IMAGE={OWN_IMAGE}\nXINGQI_COUNTY=compose\n")
        cell = Composed(folder, START, dict(URLS), compose=os.environ.get("COMPOSE", "docker compose").split())
        _run(["deploy/make-secrets"], folder)
        try:
            _check(cell)
        except BaseException:
            print(cell.do("logs", "--tail", "40"), file=sys.stderr)  # noqa: T201 - a command
            raise
        finally:
            cell.do("down", "--volumes", "--remove-orphans")


def _check(cell: Composed) -> None:
    _said("built and up", lambda: cell.do("up", "--detach", "--wait", "--build"))
    with httpx.Client(timeout=30, trust_env=False) as http:
        town = Town(cell, http, cell.token("admin"))
        town.found()
        _said("a half-year from pledges to stars", lambda: live_a_half_year(town))
        branch = town.branch(names(5))
        for service in (*SERVICES, "database"):
            _said(f"{service} killed; it came back by itself", lambda service=service: _kill(cell, town, branch, service))  # type: ignore[misc]
        before = _books(town)
        _said("down and up again", lambda: (cell.do("down"), cell.do("up", "--detach", "--wait")))
        assert _books(town) == before, "the books differ after down and up"
        _said(
            "every log agrees with its store", lambda: [cell.do("exec", "-T", one, "xingqi", "check", "--service", one) for one in SERVICES]
        )
        for service in SERVICES:
            assert cell.do("exec", "-T", service, "id", "-u").strip() == "10001", f"{service} runs as another user"
            assert "Read-only" in _refusal(cell, service), f"{service} could write to its root"


def _kill(cell: Composed, town: Town, branch: Branch, service: str) -> None:
    """Kill it between two commands: both are there afterwards, once, however often the second had to be asked for under its key."""
    book, deeds, there, before = Book(), (_help(branch), _help(branch)), _entries(town), cell.process_of(service)
    assert book.send(town, deeds[0]), book.wrong
    os.kill(before, signal.SIGKILL)
    _until(lambda: book.send(town, deeds[1]) or bool(book.wrong), f"{service} was killed, and nobody takes a command")
    _until(lambda: cell.process_of(service) not in {0, before} and _is_ready(town.http), f"{service} did not come back")
    assert not book.wrong, book.wrong
    assert _entries(town) == [*there, *(deed.id for deed in deeds)], "an entry is lost, or there twice"


def _help(branch: Branch) -> Deed:
    body = {"member_id": next(iter(branch.members.values())), "item": "help", "occurred_on": "2026-06-01", "points": 1}
    evidence = [{"kind": "text", "value": str(uuid4())}]
    return Deed(ENTRY, "POST", "evaluation/entries", branch.secretary, {**body, "evidence": evidence})


def _entries(town: Town) -> list[str]:
    """The ids of all entries, in the order of the log."""
    return [event["data"]["entry_id"] for event in _books(town)["evaluation"] if event["type"] == ENTRY]


def _is_ready(http: httpx.Client) -> bool:
    with suppress(httpx.TransportError):
        return all(http.get(f"{url}/health/ready").status_code == 200 for url in URLS.values())
    return False


def _until(is_so: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + HEALS_WITHIN
    while not is_so():
        assert time.monotonic() < until, f"{otherwise} within {HEALS_WITHIN:.0f} s"
        time.sleep(0.5)


def _books(town: Town) -> dict[str, list[Any]]:
    """Every event of every service, as its feed gives it."""
    books: dict[str, list[Any]] = {}
    for service in SERVICES:
        after, events = 0, []
        while (page := town.read(f"{service}/events", town.admin, after=after, limit=1000))["items"]:
            events += page["items"]
            after = page["next"]
        books[service] = events
    assert all(books.values()), "a service has no events at all"
    return books


def _refusal(cell: Composed, service: str) -> str:
    done = subprocess.run(
        [*cell.compose, "exec", "-T", service, "touch", "/here"], cwd=cell.folder, capture_output=True, text=True, check=False
    )
    return done.stderr


def _said(what: str, do: Callable[[], object]) -> None:
    begun = time.monotonic()
    do()
    print(f"{what} ({time.monotonic() - begun:.0f} s)", flush=True)  # noqa: T201 - a command


def _run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-5000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
