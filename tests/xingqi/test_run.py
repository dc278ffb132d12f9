"""`xingqi run` with its real children: ready, ended from outside, one of them killed, itself killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.settings import SERVICES
from tests.house.files import ROOT
from tests.journeys.processes import free_ports

WITHIN = 120.0
MANUAL = "manual:2026-01-01T00:00:00Z"


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
            return httpx.get(f"{self.urls[service]}/health/live", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def wait_for_line(self, beginning: str) -> str:
        """The first line of its output that begins so; lines of the services' own logs come between."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(beginning):
                return line
        raise AssertionError(f"it ended without a line {beginning!r}")


def environment(folder: Path, urls: Mapping[str, str]) -> dict[str, str]:
    addresses = {f"XINGQI_{service.upper()}_URL": url for service, url in urls.items()}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("XINGQI_")}
    return plain | addresses | {"XINGQI_DATA": str(folder / "data"), "PYTHONPATH": str(ROOT)}


@contextmanager
def running(folder: Path, *only: str) -> Iterator[Running]:
    urls: dict[str, str] = {service: f"http://127.0.0.1:{port}" for service, port in zip(SERVICES, free_ports(3), strict=True)}
    process = subprocess.Popen(
        [sys.executable, "-m", "xingqi", "run", *(part for service in only for part in ("--only", service))],
        env=environment(folder, urls),
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


def command(folder: Path, urls: Mapping[str, str], *arguments: str, clock: str = "system") -> subprocess.CompletedProcess[str]:
    """Run `xingqi ARGUMENTS` to its end."""
    settings = environment(folder, urls) | {"XINGQI_CLOCK": clock}
    return subprocess.run(
        [sys.executable, "-m", "xingqi", *arguments], env=settings, cwd=folder, capture_output=True, text=True, check=False, timeout=WITHIN
    )


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


def test_on_an_empty_folder_it_makes_what_is_missing_and_ends_when_told(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        assert all(run.is_up(service) for service in SERVICES)
        assert {os.getpgid(child) for child in run.children.values()} == {run.process.pid}
        children = run.children
        run.process.terminate()
        assert run.process.wait(WITHIN) == 0
        assert not any(is_alive(child) for child in children.values())
        urls = run.urls
    made = {path.name for path in (tmp_path / "data").iterdir()}
    assert made >= {*SERVICES, "issuer", "master.key"}
    assert (tmp_path / "data/master.key").stat().st_mode & 0o077 == 0
    assert command(tmp_path, urls, "check").returncode == 0
    for refused in (command(tmp_path, urls, "check", clock=MANUAL), command(tmp_path, urls, "run", clock=MANUAL)):
        assert refused.returncode == 1
        assert "this store was made under the system clock" in refused.stderr


def test_an_interrupt_from_the_keyboard_ends_it_without_complaint(tmp_path: Path) -> None:
    with running(tmp_path, "roster") as run:
        os.killpg(run.process.pid, signal.SIGINT)
        rest, _ = run.process.communicate(timeout=WITHIN)
        assert run.process.returncode == 0
        assert "Traceback" not in rest


def test_when_one_service_ends_all_are_stopped_and_it_is_named(tmp_path: Path) -> None:
    with running(tmp_path, "roster", "evaluation") as run:
        children = run.children
        os.kill(children["evaluation"], signal.SIGKILL)
        assert "evaluation ended by itself (SIGKILL)" in run.wait_for_line("xingqi run:")
        assert run.process.wait(WITHIN) == 1
        assert not any(is_alive(child) for child in children.values())


def test_the_services_end_with_a_run_that_was_killed(tmp_path: Path) -> None:
    with running(tmp_path, "roster") as run:
        children = run.children
        run.process.kill()
        wait_until(lambda: not any(is_alive(child) for child in children.values()), "a service outlived its starter")


def test_an_address_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        urls: dict[str, str] = dict.fromkeys(SERVICES, f"http://127.0.0.1:{port}")
        done = command(tmp_path, urls, "run")
    assert done.returncode == 1
    assert f"roster can't listen on 127.0.0.1:{port}" in done.stderr
    assert "XINGQI_ROSTER_URL" in done.stderr
