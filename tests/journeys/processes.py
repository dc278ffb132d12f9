"""The three services as real processes in a temporary data folder, as a unit of systemd starts them, on free ports under a manual clock."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import httpx

from shared.settings import Settings
from tests.postgres import fresh_database
from xingqi.cli import main
from xingqi.tokens import local_issuer

DATABASES = ("sqlite", "postgresql")
SERVICES = ("roster", "evaluation", "notice")
ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 60.0
CellSettings = Callable[[], dict[str, str]]
"""Gives what a new cell of a test is started with."""


@dataclass
class Cell:
    """One county's three services. `urls` by service; a service is a process that can be stopped, started again, or frozen."""

    folder: Path
    clock: str
    urls: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What the processes see: nothing of the caller's own settings."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("XINGQI_")}
        own = {f"XINGQI_{service.upper()}_URL": url for service, url in self.urls.items()}
        return {
            **plain,
            **own,
            "XINGQI_DATA": str(self.folder / "data"),
            "XINGQI_CLOCK": self.clock,
            "PYTHONPATH": str(ROOT),
            **self.settings,
        }

    def command(self, *arguments: str) -> str:
        """Run `xingqi ARGUMENTS`; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "xingqi", *arguments],
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return _said(done)

    def command_here(self, *arguments: str) -> str:
        """The same in this process, a second sooner: for what is told by what it says, and not by being a process."""
        return _said(command_here(self.environment(), self.folder, *arguments))

    def tokens(self, roles: Sequence[str], organization: str | None = None, members: Sequence[str] = ()) -> list[str]:
        """Bearer tokens of the local issuer, as `xingqi token` prints them: one for each member, or a single one."""
        own = {name.removeprefix("XINGQI_").lower(): value for name, value in self.environment().items() if name.startswith("XINGQI_")}
        people: Sequence[str | None] = members or [None]
        issuer = local_issuer(Settings.model_validate(own))
        return [issuer.token(roles, organization, member) for member in people]

    def token(self, *roles: str, organization: str | None = None, member: str | None = None) -> str:
        """One bearer token."""
        return self.tokens(roles, organization, [member] if member else [])[0]

    def start(self, *services: str) -> None:
        """Start these services, each in a process of its own, and wait until each is ready."""
        for service in services or SERVICES:
            log = (self.folder / f"{service}.log").open("ab")
            self.running[service] = subprocess.Popen(
                [sys.executable, "-P", "-m", "xingqi.serve", service],
                env=self.environment(), cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            log.close()
        for service in services or SERVICES:
            self.wait_until_ready(service)

    def wait_until_ready(self, service: str) -> None:
        """Return when the service says that its views have caught up."""
        until = time.monotonic() + READY_WITHIN
        with httpx.Client(timeout=2, trust_env=False) as client:
            while time.monotonic() < until and self.running[service].poll() is None:
                try:
                    if client.get(f"{self.urls[service]}/health/ready").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.05)
        raise AssertionError(f"{service} did not become ready:\n{self.said(service)}")

    def said(self, service: str) -> str:
        """The end of what a service wrote to its output."""
        return (self.folder / f"{service}.log").read_text(errors="replace")[-4000:]

    def stop(self, *services: str, kill: bool = False) -> None:
        """Stop these services, by SIGTERM or, with `kill`, at once; returns when they have ended."""
        stopped = [(service, self.running.pop(service)) for service in services or tuple(self.running) if service in self.running]
        for _, process in stopped:
            os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        for service, process in stopped:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise AssertionError(f"{service} did not stop:\n{self.said(service)}") from None

    @contextmanager
    def frozen(self, service: str) -> Iterator[None]:
        """Inside, the service holds its connections and answers nothing: the slowest of neighbours."""
        os.killpg(self.running[service].pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.running[service].pid, signal.SIGCONT)


@contextmanager
def running(folder: Path, clock: str = "manual:2026-01-01T00:00:00Z", **settings: str) -> Iterator[Cell]:
    """A cell with its three services up; all of them are stopped at the end."""
    cell = Cell(
        folder,
        clock,
        {service: f"http://127.0.0.1:{port}" for service, port in zip(SERVICES, free_ports(3), strict=True)},
        settings=settings,
    )
    try:
        cell.start()
        yield cell
    finally:
        cell.stop()


def command_here(environment: Mapping[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `xingqi ARGUMENTS` in this process, which sees `environment` and stands in `folder` for as long as it lasts."""
    said, complained = StringIO(), StringIO()
    with patch.dict(os.environ, environment, clear=True), chdir(folder), redirect_stdout(said), redirect_stderr(complained):
        status = main(arguments)
    return subprocess.CompletedProcess(arguments, status, said.getvalue(), complained.getvalue())


def _said(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        raise AssertionError(f"it ended with {done.returncode}: {done.args}\n{done.stdout}{done.stderr}")
    return done.stdout


def database_settings(database: str) -> dict[str, str]:
    """What a cell on `database` is started with: nothing on "sqlite"; on "postgresql" the URL of a database of its own.

    Skips the test where no PostgreSQL server can be had.
    """
    return {} if database == "sqlite" else {"XINGQI_DATABASE_URL": fresh_database()}


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at this moment."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in held]
    for server in held:
        server.close()
    return ports
