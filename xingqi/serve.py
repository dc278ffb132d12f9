"""One service in this process: what `xingqi run` starts three times, as `python -m xingqi.serve NAME`.

It ends with whoever started it: its standard input is a pipe that nobody writes to, and that the system closes with the starter.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

import uvicorn

from shared.settings import BadSettings, ServiceName, read_settings
from xingqi.stop import Stop
from xingqi.stores import app_of

GRACE_SECONDS = 10


def serve(service: ServiceName) -> None:
    """Serve `service` at the address that its setting names, until SIGTERM, SIGINT or the end of standard input.

    Raises:
        Stop: its store can't be opened.
    """
    threading.Thread(target=_end_with_starter, daemon=True).start()
    host, port = read_settings().address_of(service)
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


if __name__ == "__main__":
    try:
        serve(sys.argv[1])  # type: ignore[arg-type]
    except (Stop, BadSettings) as stop:
        sys.exit(str(stop))
