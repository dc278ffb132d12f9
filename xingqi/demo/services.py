"""The three services of the demonstration: real processes under a manual clock, in a data folder of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from shared.settings import PREFIX
from xingqi.alone import HOUSE
from xingqi.demo.witnessing import Neighbour, said
from xingqi.stop import Stop

SERVICES = ("roster", "evaluation", "notice")
READY_WITHIN_SECONDS = 90


@dataclass(frozen=True)
class Services:
    """Where the services are reached, and the data that they and every `xingqi` command work on. What they say goes to `log`."""

    data: Path
    clock: str
    urls: dict[str, str]
    log: Path
    neighbour: Neighbour
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start these services, each by `xingqi run --only`, and return when all are ready.

        Raises:
            Stop: one of them ended, or was not ready in time.
        """
        path = os.pathsep.join(filter(None, [str(HOUSE), os.environ.get("PYTHONPATH")]))
        for name in names:
            with self.log.open("ab") as said:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-P", "-m", "xingqi", "run", "--only", name],
                    env=os.environ | {"PYTHONPATH": path},
                    stdout=said,
                    stderr=subprocess.STDOUT,
                )
        self._wait_until_ready(names)

    def stop(self, *names: str) -> None:
        """End these services, and return when they have ended."""
        stopped = [self.processes.pop(name) for name in names if name in self.processes]
        for process in stopped:
            process.terminate()
        for process in stopped:
            process.wait()

    def _wait_until_ready(self, names: Sequence[str]) -> None:
        waiting, until = list(names), time.monotonic() + READY_WITHIN_SECONDS
        with httpx.Client(timeout=5, trust_env=False) as client:
            while waiting:
                if any(self.processes[name].poll() is not None for name in names) or time.monotonic() > until:
                    raise Stop(f"the services did not start. What they said:\n{self.log.read_text(errors='replace')[-2000:]}")
                waiting = [name for name in waiting if not _is_ready(client, self.urls[name])]
                time.sleep(0.1)

    def take_environment(self) -> None:
        """Make these the settings of this process and its children: every `xingqi` command is about this data from now on."""
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            del os.environ[name]
        os.environ |= {f"{PREFIX}{service.upper()}_URL": url for service, url in self.urls.items()}
        os.environ |= self.own_settings

    @property
    def own_settings(self) -> dict[str, str]:
        """The variables that open this data again."""
        return {
            f"{PREFIX}DATA": str(self.data),
            f"{PREFIX}CLOCK": self.clock,
            f"{PREFIX}WITNESSES_FILE": str(self.neighbour.witnesses_file),
        }

    def tokens(self, role: str, organization: str | None = None, members: Sequence[str] = ()) -> list[str]:
        """What `xingqi token` prints: a bearer token for each member, or one."""
        arguments = ["token", "--role", role]
        arguments += ["--organization", organization] if organization else []
        for member in members:
            arguments += ["--member", member]
        return said(*arguments).split()


@contextmanager
def running_services(data: Path, clock: str, log: Path) -> Iterator[Services]:
    """The three services on `data`, on free ports, with a neighbour that cosigns their logs; ready when this returns.

    They are stopped at the end. What they say goes to `log`.

    Raises:
        Stop: one of them ended, or was not ready in time.
    """
    *ports, port_of_neighbour = _free_ports(len(SERVICES) + 1)
    urls = {name: f"http://127.0.0.1:{port}" for name, port in zip(SERVICES, ports, strict=True)}
    services = Services(data, clock, urls, log, Neighbour(data / "neighbour", port_of_neighbour))
    services.take_environment()
    services.neighbour.introduce()
    try:
        services.start(*SERVICES)
        with services.neighbour.watching(urls, log):
            yield services
    finally:
        services.stop(*SERVICES)


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/health/ready").is_success
    except httpx.HTTPError:
        return False


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in held]
    for server in held:
        server.close()
    return ports
