"""A TCP proxy before PostgreSQL that lets a request through and swallows its answer: the connection drops after COMMIT was sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

MOST_BYTES = 1 << 16


class Proxy:
    """Listens on `port` and passes everything on to `target`; the request that holds all bytes of `swallow` is not answered."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.swallow: tuple[bytes, ...] = ()
        self.swallowed = threading.Event()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more, and cut what is open."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in tuple(self._open):
            _cut(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._open |= {client, server}
            is_doomed = threading.Event()
            for pump in (self._forth, self._back):
                threading.Thread(target=pump, args=(client, server, is_doomed), daemon=True).start()

    def _forth(self, client: socket.socket, server: socket.socket, is_doomed: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(MOST_BYTES):
                if self.swallow and all(part in data for part in self.swallow):
                    self.swallow = ()
                    is_doomed.set()
                server.sendall(data)
        _cut(server)

    def _back(self, client: socket.socket, server: socket.socket, is_doomed: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(MOST_BYTES):
                if is_doomed.is_set():
                    self.swallowed.set()
                    break
                client.sendall(data)
        _cut(client)
        _cut(server)


def _cut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def proxy_before(target: int) -> Iterator[Proxy]:
    """A proxy before the port `target` of this machine."""
    made = Proxy(target)
    try:
        yield made
    finally:
        made.close()
