"""One service in this process: `python -m xingqi.serve NAME`, what a container or a unit of systemd runs.

`xingqi run` starts it three times, with `--with-starter`: it then ends with who started it, for its standard input is a pipe that nobody
writes to, and that the system closes with the starter. With XINGQI_WORKERS above 1 it starts as many of itself, each with `--socket`.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from contextlib import suppress

import uvicorn

from shared.collecting import collection_paused
from shared.settings import SERVICES, BadSettings, ServiceName, Settings, read_settings
from xingqi.occupied import opening, serving
from xingqi.run import WITH_STARTER
from xingqi.stop import Stop
from xingqi.workers import serve_by_workers

GRACE_SECONDS = 10
STARTUP_FAILURE = 3
"""The status of a service that could not listen or start, as uvicorn gives it."""


def serve(service: ServiceName, *, ends_with_starter: bool = False, listening: int | None = None) -> None:
    """Serve `service` at the address that its setting names, until SIGTERM or SIGINT.

    Args:
        service: its name.
        ends_with_starter: or until the end of standard input.
        listening: the number of a socket that listens already: this process is one of several workers.

    Raises:
        Stop: its store can't be opened, or is being restored.
    """
    if ends_with_starter:
        threading.Thread(target=_end_with_starter, daemon=True).start()
    settings = read_settings()
    with serving(settings, service):
        if settings.workers > 1 and listening is None:
            serve_by_workers(service, settings)
        else:
            _run(service, settings, listening)


def _run(service: ServiceName, settings: Settings, listening: int | None) -> None:
    host, port = settings.address_of(service)
    with collection_paused(), opening(settings, service):  # all that is loaded stays
        from xingqi.stores import app_of  # noqa: PLC0415 - who only starts workers has no use for it

        app = app_of(service)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):  # uvicorn raises again what ended it
        server.run(sockets=None if listening is None else [socket.socket(fileno=listening)])
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _end_with_starter() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve what the arguments of this process name. Raises SystemExit with a sentence where that can't be."""
    parser = argparse.ArgumentParser(prog="python -m xingqi.serve", description="One service in the foreground; set as xingqi run is.")
    parser.add_argument("service", choices=SERVICES, metavar="NAME", help=", ".join(SERVICES))
    parser.add_argument(WITH_STARTER, action="store_true", help="end when standard input ends")
    parser.add_argument("--socket", type=int, metavar="N", help="take calls from this socket, which listens already")
    options = parser.parse_args()
    try:
        serve(options.service, ends_with_starter=options.with_starter, listening=options.socket)
    except (Stop, BadSettings) as stop:
        sys.exit(str(stop))


if __name__ == "__main__":
    main()
