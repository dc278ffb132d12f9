"""`xingqi run` as a process that a test starts, watches and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.settings import SERVICES
from tests.house.files import ROOT
from tests.journeys.processes import command_here as in_this_process
from tests.journeys.processes import free_ports

CHECKOUT = (sys.executable, "-m", "xingqi")
"""The command as a developer has it."""
WITHIN = 120.0
MANUAL = "manual:2026-01-01T00:00:00Z"

ASKING = httpx.Client(timeout=2, trust_env=False)
"""For who asks again and again whether something is up: a client a question costs more than the answer."""


@dataclass
class Running:
    """`xingqi run` and the addresses of its services."""

    process: subprocess.Popen[str]
    urls: Mapping[str, str]

    @property
    def children(self) -> dict[str, int]:
        """Process ids of the services, by name."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        words = {child: Path(f"/proc/{child}/cmdline").read_text().rstrip("\0").split("\0") for child in children}
        return {command[-1]: int(child) for child, command in words.items() if "xingqi.serve" in command}

    def is_up(self, service: str) -> bool:
        try:
            return ASKING.get(f"{self.urls[service]}/health/live").is_success
        except httpx.TransportError:
            return False

    def wait_for_line(self, beginning: str) -> str:
        """The first line of its output that begins so; lines of the services' own logs come between."""
        assert self.process.stdout is not None
        said: list[str] = []
        for line in self.process.stdout:
            if line.startswith(beginning):
                return line
            said.append(line)
        raise AssertionError(f"it ended without a line {beginning!r}:\n{''.join(said[-30:])}")


def environment(folder: Path, urls: Mapping[str, str], program: Sequence[str | Path] = CHECKOUT) -> dict[str, str]:
    """What the processes see: no settings of the one who tests, and the checkout only where it is what is tested."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("XINGQI_", "PYTHON"))}
    addresses = {f"XINGQI_{service.upper()}_URL": url for service, url in urls.items()}
    found = {"PYTHONPATH": str(ROOT)} if program == CHECKOUT else {}
    return {**plain, **addresses, **found, "XINGQI_DATA": str(folder / "data")}


@contextmanager
def running(folder: Path, *only: str, program: Sequence[str | Path] = CHECKOUT) -> Iterator[Running]:
    """`xingqi run` on the data in `folder`, ready; ended with all its children at the end."""
    urls: dict[str, str] = {service: f"http://127.0.0.1:{port}" for service, port in zip(SERVICES, free_ports(3), strict=True)}
    process = subprocess.Popen(
        [*program, "run", *(part for service in only for part in ("--only", service))],
        env=environment(folder, urls, program),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        run = Running(process, urls)
        run.wait_for_line("Ready:")
        yield run
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


Done = subprocess.CompletedProcess[str]


def command(
    folder: Path, urls: Mapping[str, str], *arguments: str, clock: str = "system", settings: Mapping[str, str] | None = None
) -> Done:
    """Run `xingqi ARGUMENTS` to its end; `settings`: further variables."""
    variables = environment(folder, urls) | {"XINGQI_CLOCK": clock} | dict(settings or {})
    return subprocess.run([*CHECKOUT, *arguments], env=variables, cwd=folder, capture_output=True, text=True, check=False, timeout=WITHIN)


def command_here(folder: Path, urls: Mapping[str, str], *arguments: str, settings: Mapping[str, str] | None = None) -> Done:
    """The same in this process, a second sooner: for what is told by what it says and does, and not by being a process."""
    variables = environment(folder, urls) | {"XINGQI_CLOCK": "system"} | dict(settings or {})
    return in_this_process(variables, folder, *arguments)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
