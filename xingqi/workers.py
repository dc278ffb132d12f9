"""Several processes that serve one service: they share one listening socket and one database, and nothing else (decision 11)."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

from shared.settings import ServiceName, Settings
from xingqi.alone import HOUSE
from xingqi.stop import Stop

logger = logging.getLogger(__name__)
LOOK_EVERY = 0.1
END_WITHIN = 12.0
"""Seconds; more than the grace that a worker gives its callers, less than what `xingqi run` gives us."""
YOUNG_SECONDS = 5.0
LONGEST_PAUSE = 10.0
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client shares the figures of several processes."""


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    started_at: float


def serve_by_workers(service: ServiceName, settings: Settings) -> None:
    """Serve by `settings.workers` processes until SIGTERM or SIGINT; one that ends by itself is replaced.

    Raises:
        Stop: the address is taken, or the first workers could not start; what they said stands above.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with _listening(settings, service) as listener, tempfile.TemporaryDirectory(prefix="xingqi-metrics-") as folder:
        workers = [_start(service, listener, folder) for _ in range(settings.workers)]
        try:
            _keep_up(service, listener, folder, workers, stopping)
        finally:
            _stop(workers)


def _listening(settings: Settings, service: ServiceName) -> socket.socket:
    host, port = settings.address_of(service)
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Stop(f"{service} can't listen on {host}:{port}: {error.strerror}. Free it, or name another address.") from None
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener


def _start(service: ServiceName, listener: socket.socket, folder: str) -> _Worker:
    """A worker; its standard input ends when this process does, and it then ends too."""
    number = listener.fileno()
    words = [sys.executable, "-P", "-m", "xingqi.serve", "--with-starter", "--socket", str(number), service]
    path = os.pathsep.join(filter(None, [str(HOUSE), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path, METRICS_FOLDER: folder}
    return _Worker(subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=[number], env=environment), time.monotonic())


def _keep_up(service: ServiceName, listener: socket.socket, folder: str, workers: list[_Worker], stopping: threading.Event) -> None:
    begun, pause = time.monotonic(), LOOK_EVERY
    while not stopping.wait(LOOK_EVERY):
        for place, worker in enumerate(workers):
            status = worker.process.poll()
            if status is None:
                continue
            if status > 0 and time.monotonic() - begun < YOUNG_SECONDS:
                raise Stop(f"{service} could not start (status {status}); what it said stands above.")
            is_young = time.monotonic() - worker.started_at < YOUNG_SECONDS
            pause = min(pause * 2, LONGEST_PAUSE) if is_young else LOOK_EVERY
            logger.warning("a worker of %s ended by itself (%d); another is started", service, status)
            if stopping.wait(pause):
                return
            workers[place] = _start(service, listener, folder)


def _stop(workers: list[_Worker]) -> None:
    """End them: asked first, then made to."""
    for worker in workers:
        if worker.process.poll() is None:
            worker.process.terminate()
    last_moment = time.monotonic() + END_WITHIN
    for worker in workers:
        try:
            worker.process.wait(max(0.1, last_moment - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
