"""One service in this process: `python -m xingqi.serve NAME`, what a container or a unit of systemd runs.

`xingqi run` starts it three times, with `--with-starter`: it then ends with who started it, for its standard input is a pipe that nobody
writes to, and that the system closes with the starter.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

import uvicorn

from shared.settings import SERVICES, BadSettings, ServiceName, read_settings
from xingqi.occupied import serving
from xingqi.run import WITH_STARTER
from xingqi.stop import Stop
from xingqi.stores import app_of

GRACE_SECONDS = 10


def serve(service: ServiceName, *, ends_with_starter: bool = False) -> None:
    """Serve `service` at the address that its setting names, until SIGTERM or SIGINT; `ends_with_starter`: or the end of standard input.

    Raises:
        Stop: its store can't be opened, or is being restored.
    """
    if ends_with_starter:
        threading.Thread(target=_end_with_starter, daemon=True).start()
    settings = read_settings()
    host, port = settings.address_of(service)
    with serving(settings, service):
        _run(service, host, port)


def _run(service: ServiceName, host: str, port: int) -> None:
    uvicorn.run(
        app_of(service),
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


def _end_with_starter() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve what the arguments of this process name. Raises SystemExit with a sentence where that can't be."""
    parser = argparse.ArgumentParser(prog="python -m xingqi.serve", description="One service in the foreground; set as xingqi run is.")
    parser.add_argument("service", choices=SERVICES, metavar="NAME", help=", ".join(SERVICES))
    parser.add_argument(WITH_STARTER, action="store_true", help="end when standard input ends")
    options = parser.parse_args()
    try:
        serve(options.service, ends_with_starter=options.with_starter)
    except (Stop, BadSettings) as stop:
        sys.exit(str(stop))


if __name__ == "__main__":
    main()
