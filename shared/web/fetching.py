"""JSON from another server over HTTP, bounded in time and length; whatever is no good answer is Unavailable."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, cast

import httpx
import msgspec

from shared.errors import Unavailable

T = TypeVar("T")
MOST_BYTES = 32_000_000
CONNECT_SECONDS, READ_SECONDS, WHOLE_CALL_SECONDS = 2.0, 10.0, 20.0


@dataclass(frozen=True)
class Fetched:
    """An answer that was read whole: its status and, where it claims to be JSON, its bytes."""

    status: int
    body: bytes
    is_json: bool
    retry_after: str | None

    def read(self, into: type[T]) -> T:
        """The body as `into`, numbers exact. Raises Unavailable where it is something else."""
        value: T
        if not self.is_json:
            raise Unavailable("A neighbour gave an answer that is no JSON; try again.")
        try:
            value = _decoder(cast("Hashable", into)).decode(self.body)
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise Unavailable("A neighbour gave an answer that makes no sense; try again.") from error
        return value


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts; read once a process, which takes some 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For a server that is called without TLS: no certificate is asked for, and none would be trusted."""


def new_client(base_url: str = "") -> httpx.AsyncClient:
    """A client with our time limits, for one server; close it."""
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=4)
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    verify = _NOBODY if base_url.startswith("http://") else trusted()
    return httpx.AsyncClient(base_url=base_url, timeout=timeout, limits=limits, trust_env=False, verify=verify)


async def fetch(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    params: Mapping[str, str | int] | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Fetched:
    """One call. A GET whose kept connection turns out to be dead is tried once more.

    Raises:
        Unavailable: the server is away, too slow, or says too much.
    """
    for is_last_try in (method != "GET", True):
        try:
            async with asyncio.timeout(WHOLE_CALL_SECONDS):
                return await _read(client, client.build_request(method, url, params=params, content=content, headers=headers))
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            if is_last_try:
                raise Unavailable from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Unavailable from error
    raise Unavailable


async def _read(client: httpx.AsyncClient, request: httpx.Request) -> Fetched:
    response = await client.send(request, stream=True)
    try:
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise Unavailable("A neighbour's answer is too long.")
    finally:
        await response.aclose()
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or media_type.endswith("+json")
    return Fetched(response.status_code, bytes(body), is_json, response.headers.get("retry-after"))


@lru_cache(maxsize=64)
def _decoder(into: Hashable) -> Any:  # noqa: ANN401 - a decoder of whatever type is named
    return msgspec.json.Decoder(into, float_hook=Decimal)
