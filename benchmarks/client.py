"""A lean HTTP/1.1 client: so many connections, each sends its next request when it has the answer to the last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

Requests = Iterator[bytes]


def request(method: str, path: str, token: str, body: bytes = b"", key: str = "") -> bytes:
    """A whole request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/json\r\n" + (f'Idempotency-Key: "{key}"\r\n' if key else "")
    return f"{head}\r\n".encode() + body


def reading(path: str, etag: str | None = None) -> bytes:
    """A GET of a page that is open to all, as it goes over the wire; `etag`: what its reader has already."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{f'If-None-Match: {etag}' if etag else 'Accept: text/html'}\r\n\r\n".encode()


def rate(port: int, requests: Requests, clients: int, seconds: float) -> float:
    """Answered requests a second. Raises RuntimeError for an answer that is no success."""
    return asyncio.run(_run(port, lambda: next(requests), clients, seconds))


async def _run(port: int, following: Callable[[], bytes], clients: int, seconds: float) -> float:
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(clients)]
    begun = perf_counter()

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        count = 0
        while perf_counter() < begun + seconds:
            writer.write(following())
            await answer(reader)
            count += 1
        return count

    counts = await asyncio.gather(*(work(*line) for line in lines))
    elapsed = perf_counter() - begun
    for _, writer in lines:
        writer.close()
    return sum(counts) / elapsed


def answers(port: int, requests: Sequence[bytes], clients: int) -> list[bytes]:
    """The bodies of the answers, in the order of the requests. Raises RuntimeError for an answer that is no success."""
    return asyncio.run(_all(port, requests, clients))


async def _all(port: int, requests: Sequence[bytes], clients: int) -> list[bytes]:
    found, waiting = [b""] * len(requests), iter(enumerate(requests))

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, request in waiting:
            writer.write(request)
            found[number] = await answer(reader)
        writer.close()

    await asyncio.gather(*(work() for _ in range(clients)))
    return found


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer; none where the page is as its reader has it (304)."""
    head = await reader.readuntil(b"\r\n\r\n")
    if head[9:12] == b"304":
        return b""
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    body = await reader.readexactly(length)
    if head[9:10] != b"2":
        raise RuntimeError(f"{head[:40]!r}: {body[:400]!r}")
    return body
