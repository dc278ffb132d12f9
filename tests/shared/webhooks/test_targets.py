"""No webhook reaches a private address: not by its URL, not by its name, not by a redirect; and no target holds us up."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from typing import Any

import pytest

from shared.webhooks import targets
from shared.webhooks.targets import BadTarget, Refused, Sender, check_url, is_public
from tests.shared.webhooks.targets import late, nobody_there, target, to, without_end

PRIVATE = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - judged, not bound to
    "255.255.255.255",
    "224.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_public_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_one(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "https://", "https://user:pw@example.org/", "https://example.org/#part",
        "//example.org",
        "https://127.0.0.1/", "https://[::1]/", "https://[fe80::1%25eth0]/", "https://example.org:0/", "https://example.org:99999/",
        "https://exa mple.org/", "https://例子.org/", "https://example.org\\@10.0.0.1/", "javascript:alert(1)", "https://[::1",
        "file:///etc/hosts",
    ],
)  # fmt: skip
def test_what_is_no_target(url: str) -> None:
    with pytest.raises(BadTarget):
        check_url(url, allows_private=False)


def test_what_is_one() -> None:
    for url in ("https://example.org/hooks?x=1", "https://8.8.8.8:8443/"):
        assert check_url(url, allows_private=False) == url
    assert check_url("http://127.0.0.1:9000/", allows_private=True)


async def post(url: str, *, allows_private: bool = True) -> int:
    sender = Sender(allows_private=allows_private)
    try:
        return await sender.post(url, b"{}", {})
    finally:
        await sender.close()


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name lead to these addresses."""

    async def found(_: object, host: str, port: int, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)


@pytest.mark.anyio
@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:192.168.0.1"], ["fe80::1%eth0"]])
async def test_a_name_that_leads_to_a_private_address_is_not_called(addresses: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, *addresses)
    with pytest.raises(Refused, match="private"):
        await post("http://example.org/", allows_private=False)


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
async def test_nor_is_a_private_address_however_it_is_written(host: str) -> None:
    with pytest.raises(Refused):
        await post(f"http://{host}:1/", allows_private=False)


@pytest.mark.anyio
async def test_the_address_that_was_judged_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    with target() as made:
        resolve(monkeypatch, "127.0.0.1")
        assert await post(made.url.replace("127.0.0.1", "hooks.example")) == 204
    assert made.got[0][0]["host"].startswith("hooks.example:")


@pytest.mark.anyio
async def test_a_redirect_is_not_followed() -> None:
    with target() as private, target() as made:
        made.answers = [to(private.url)]
        assert await post(made.url) == 307
    assert private.got == []


@pytest.mark.anyio
async def test_a_slow_target_is_left_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "WHOLE_CALL_SECONDS", 0.3)
    with target() as made:
        made.answers = [late(3)]
        started = time.monotonic()
        with pytest.raises(Refused, match="in time"):
            await post(made.url)
        assert time.monotonic() - started < 2


@pytest.mark.anyio
async def test_nobody_there() -> None:
    with nobody_there() as url, pytest.raises(Refused, match="reached"):
        await post(url)


@pytest.mark.anyio
async def test_of_an_answer_without_end_the_status_alone_is_read() -> None:
    with target() as made:
        made.answers = [without_end]
        started = time.monotonic()
        assert await post(made.url) == 200
        assert time.monotonic() - started < 2
