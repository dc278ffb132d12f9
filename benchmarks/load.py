"""A lean load generator: so many connections on one thread, each sending its next request as soon as its last was answered."""

from __future__ import annotations

import json
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

Make = Callable[[], tuple[str, str, object, str]]
"""Gives the next request: method, path, body, token."""


@dataclass
class _Line:
    made: socket.socket
    got: bytes = b""


def encoded(method: str, path: str, body: object, token: str) -> bytes:
    """The bytes of a request."""
    content = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def rate(port: int, clients: int, make: Make, seconds: float) -> float:
    """Requests answered a second. Raises RuntimeError with the first answer that is no success."""
    waiting = selectors.DefaultSelector()
    for _ in range(clients):
        line = _Line(socket.create_connection(("127.0.0.1", port)))
        line.made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting.register(line.made, selectors.EVENT_READ, line)
        line.made.sendall(encoded(*make()))
    answered, begun = 0, perf_counter()
    end, busy = begun + seconds, clients
    while busy:
        for key, _ in waiting.select():
            line = key.data
            line.got += line.made.recv(65536)
            if not _is_whole(line.got):
                continue
            if not line.got.startswith(b"HTTP/1.1 2"):
                raise RuntimeError(line.got.decode()[:600])
            answered, line.got = answered + 1, b""
            if perf_counter() < end:
                line.made.sendall(encoded(*make()))
            else:
                waiting.unregister(line.made)
                line.made.close()
                busy -= 1
    waiting.close()
    return answered / (perf_counter() - begun)


def _is_whole(answer: bytes) -> bool:
    head, blank, body = answer.partition(b"\r\n\r\n")
    if not blank:
        return False
    lower = head.lower()
    start = lower.find(b"content-length:")
    length = int(lower[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
    return len(body) >= length
