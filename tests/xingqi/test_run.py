"""`xingqi run` with its real children: ready, ended from outside, one of them killed, itself killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from shared.settings import SERVICES
from tests.journeys.processes import free_ports
from tests.xingqi.processes import ASKING, MANUAL, WITHIN, command, environment, is_alive, running, wait_until


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


def test_a_service_alone_goes_on_without_standard_input_until_it_is_told(tmp_path: Path) -> None:
    """As in a container or under systemd, where nobody holds its standard input."""
    (port,) = free_ports(1)
    urls: dict[str, str] = dict.fromkeys(SERVICES, f"http://127.0.0.1:{port}")
    alone = [sys.executable, "-m", "xingqi.serve", "roster"]
    with subprocess.Popen(alone, env=environment(tmp_path, urls), cwd=tmp_path, stdin=subprocess.DEVNULL) as service:
        try:
            wait_until(lambda: is_ready(urls["roster"]), "the service is not ready")
            assert service.poll() is None
        finally:
            service.terminate()
        assert service.wait(WITHIN) == -signal.SIGTERM, "it ended in order, and says by what"


def is_ready(url: str) -> bool:
    try:
        return ASKING.get(f"{url}/health/ready").is_success
    except httpx.TransportError:
        return False


def test_an_address_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        urls: dict[str, str] = dict.fromkeys(SERVICES, f"http://127.0.0.1:{port}")
        done = command(tmp_path, urls, "run")
    assert done.returncode == 1
    assert f"roster can't listen on 127.0.0.1:{port}" in done.stderr
    assert "XINGQI_ROSTER_URL" in done.stderr
