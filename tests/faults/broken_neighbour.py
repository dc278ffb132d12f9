"""A tiny server that stands where a neighbour should be, and answers nonsense."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

NONSENSE = {
    "500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops",
    "html": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 23\r\nConnection: close\r\n\r\n<h1>Please log in</h1>\n",
    "other json": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\nConnection: close\r\n\r\n{"hello": [1]}',
    "cut off": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\nConnection: close\r\n\r\n{"items": [',
    "no http": b"\x00\x01\x02 220 smtp ready\r\n",
    "nothing": b"",
}
"""What it answers to everything, by name; `nothing` hangs up at once."""


@contextmanager
def broken_neighbour(url: str, nonsense: str) -> Iterator[None]:
    """Inside, a server at the address of `url` answers every request with this nonsense."""
    parts = urlsplit(url)
    server = socket.create_server((parts.hostname or "127.0.0.1", parts.port or 80))
    answering = threading.Thread(target=_answer, args=(server, NONSENSE[nonsense]), daemon=True)
    answering.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        answering.join(5)


def _answer(server: socket.socket, nonsense: bytes) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(2)
            try:
                connection.recv(65536)
                connection.sendall(nonsense)
            except OSError:
                continue
