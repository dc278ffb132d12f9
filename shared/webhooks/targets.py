"""Where a webhook may go: the address is looked up and judged at the moment of connecting, and that very address is connected to.

So a name that points elsewhere after it was checked gains nothing. Redirects are answers like any other: nobody follows them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import httpcore

from shared.errors import Invalid

LONGEST_URL = 2000
WHOLE_CALL_SECONDS, CONNECT_SECONDS = 10.0, 4.0
MOST_CONNECTIONS = 20
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadTarget(Invalid):
    """The URL can't be the target of a webhook."""

    code = "bad_target"
    sentence = "Give an https URL with a public address, without user, password or fragment."


class Refused(Exception):
    """The target is not called; the message says why, without the address."""


def check_url(url: str, *, allows_private: bool) -> str:
    """`url` if it has the shape of a target; where private ones are allowed http will do. Raises BadTarget."""
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        raise BadTarget(errors=[("/url", BadTarget.sentence)]) from None
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= LONGEST_URL
    schemes = {"https", "http"} if allows_private else {"https"}
    if not (is_plain and has_port and parts.hostname and parts.scheme in schemes) or "@" in parts.netloc or parts.fragment:
        raise BadTarget(errors=[("/url", BadTarget.sentence)])
    if not allows_private and (literal := _literal(parts.hostname)) and not is_public(literal):
        raise BadTarget(errors=[("/url", "This is a private address.")])
    return url


def is_public(address: Address) -> bool:
    """Whether the address, and any IPv4 address inside it, belongs to the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in NAT64:
            return is_public(_last_32_bits(address))
        inner = [each for each in (address.sixtofour, *(address.teredo or ())) if each is not None]
        if not all(is_public(each) for each in inner):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _last_32_bits(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses alone, unless private ones are allowed."""

    def __init__(self, *, allows_private: bool) -> None:
        self._allows_private = allows_private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See the library. Raises Refused where one of the host's addresses is private."""
        address = await self._address(host, port)
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:  # noqa: ANN401 - the library's own signature
        """No webhook goes there."""
        raise Refused("no socket of this machine is a target")

    async def sleep(self, seconds: float) -> None:
        """See the library."""
        await asyncio.sleep(seconds)

    async def _address(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Refused("the name of the target has no address") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not self._allows_private and not all(is_public(ipaddress.ip_address(each.partition("%")[0])) for each in addresses):
            raise Refused("the target has a private address")
        return addresses[0]


class Sender:
    """Posts messages. Of an answer its status is read and nothing else, however long it is."""

    def __init__(self, *, allows_private: bool, trust: ssl.SSLContext | None = None) -> None:
        backend = PublicNetwork(allows_private=allows_private)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust, max_connections=MOST_CONNECTIONS, max_keepalive_connections=0, network_backend=backend
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The status of the target's answer.

        Raises:
            Refused: the target was not called, or did not answer in time, or not in HTTP.
        """
        timeout = {"connect": CONNECT_SECONDS, "read": WHOLE_CALL_SECONDS, "write": WHOLE_CALL_SECONDS, "pool": WHOLE_CALL_SECONDS}
        sent = {"Host": urlsplit(url).netloc, "Content-Length": str(len(body)), "User-Agent": "xingqi-webhooks", **headers}
        try:
            async with (
                asyncio.timeout(WHOLE_CALL_SECONDS),
                self._pool.stream("POST", url, headers=list(sent.items()), content=body, extensions={"timeout": timeout}) as answer,
            ):
                return int(answer.status)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Refused("the target did not answer in time") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            raise Refused("the target can't be reached, or does not answer in HTTP") from error
