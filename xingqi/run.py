"""`xingqi run`: the three services as child processes, in the foreground, until one of them ends or somebody says so."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import httpx

from shared.settings import SERVICES, ServiceName, Settings, read_settings
from xingqi.alone import HOUSE, refuse_company
from xingqi.databases import refuse_database
from xingqi.occupied import refuse_half_restored
from xingqi.stop import Stop

WITH_STARTER = "--with-starter"
"""Tells a service to end when its standard input does, as it then was started by us (`xingqi.serve`)."""
LOOK_EVERY = 0.1
SAY_AGAIN_AFTER = 15.0
END_WITHIN = 15.0
"""Seconds; more than the grace that a service gives its callers (`serve.GRACE_SECONDS`)."""


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi run`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Run the three services in the foreground, at the addresses of XINGQI_ROSTER_URL, XINGQI_EVALUATION_URL and "
        "XINGQI_NOTICE_URL, on the data in XINGQI_DATA (an empty folder is filled with what is missing). Prints one line when all "
        "are ready. Ends with status 0 by SIGINT or SIGTERM; when one service ends, the others are stopped and the status is 1.",
    )
    made.add_argument("--only", choices=SERVICES, action="append", metavar="NAME", help=f"run this one alone: {', '.join(SERVICES)}")
    return made


def run(options: argparse.Namespace) -> int:
    """Run the services until the end.

    Raises:
        Stop: an address is taken, the data folder can't be made, the database can't be used, or a service ended by itself.
    """
    settings = read_settings()
    services: Sequence[ServiceName] = options.only or SERVICES
    refuse_company()
    _make_folder(settings)
    refuse_half_restored(settings)
    refuse_database(settings)
    for service in services:
        _refuse_taken(settings, service)
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited: what is typed at the terminal ends the children through us
    children = {service: _start(service) for service in services}
    try:
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: stopping.set())
        if _wait_until_ready(settings, children, stopping):
            print(_ready_line(settings, services), flush=True)
        _wait_for_an_end(children, stopping)
    finally:
        _stop(children)
    return 0


def _make_folder(settings: Settings) -> None:
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(f"the data folder {settings.data} can't be made: {error.strerror}. Name another in XINGQI_DATA.") from None


def _refuse_taken(settings: Settings, service: ServiceName) -> None:
    host, port = settings.address_of(service)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            why = f"{service} can't listen on {host}:{port}: {error.strerror}"
            raise Stop(f"{why}. Free it, or name another address in XINGQI_{service.upper()}_URL.") from None


def _start(service: ServiceName) -> subprocess.Popen[bytes]:
    """A child in this process group; its standard input ends when this process does."""
    path = os.pathsep.join(filter(None, [str(HOUSE), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "xingqi.serve", WITH_STARTER, service],
        stdin=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
    )


def _wait_until_ready(settings: Settings, children: dict[ServiceName, subprocess.Popen[bytes]], stopping: threading.Event) -> bool:
    """Whether all are ready; False where an end came first. Says who is still catching up, now and then."""
    missing, said = list(children), time.monotonic()
    with httpx.Client(timeout=5, trust_env=False) as client:
        while missing and not stopping.is_set() and all(child.poll() is None for child in children.values()):
            missing = [service for service in missing if not _is_ready(client, settings.url_of(service))]
            if missing and time.monotonic() - said > SAY_AGAIN_AFTER:
                print(f"Waiting for {', '.join(missing)}", file=sys.stderr, flush=True)
                said = time.monotonic()
            if missing:
                stopping.wait(LOOK_EVERY)
    return not missing


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/health/ready").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _ready_line(settings: Settings, services: Sequence[ServiceName]) -> str:
    addresses = "   ".join(f"{service} {settings.url_of(service)}" for service in services)
    return f"Ready: {addresses}   (data in {settings.data}; Ctrl-C ends it)"


def _wait_for_an_end(children: dict[ServiceName, subprocess.Popen[bytes]], stopping: threading.Event) -> None:
    while not stopping.wait(LOOK_EVERY):
        for service, child in children.items():
            if child.poll() is not None and not stopping.is_set():
                raise Stop(f"{service} ended by itself ({_how_it_ended(child.returncode)}); all were stopped. What it said stands above.")


def _how_it_ended(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name


def _stop(children: dict[ServiceName, subprocess.Popen[bytes]]) -> None:
    """End the children: asked first, then made to."""
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    last_moment = time.monotonic() + END_WITHIN
    for child in children.values():
        try:
            child.wait(max(0.1, last_moment - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
