"""Real servers for tests: an app under uvicorn on a free port, in a thread of this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.types import ASGIApp


@contextmanager
def served(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """The URL under which `app` is reached while the block runs."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        config = uvicorn.Config(app, loop="uvloop", http="httptools", ws="none", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def client_of(app: ASGIApp) -> Iterator[httpx.Client]:
    """A client of `app`, served."""
    with served(app) as url, httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        yield client
