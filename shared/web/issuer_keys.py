"""Where the public keys of the issuer come from: the roster's own folder, or the issuer's published JWK set."""

from __future__ import annotations

import asyncio
import logging
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.errors import Unavailable
from shared.settings import Settings
from shared.web.fetching import fetch, new_client
from shared.web.signing import KeyFolder

logger = logging.getLogger(__name__)
FRESH_SECONDS = 3600.0
BETWEEN_FETCHES_SECONDS = 10.0


class KeySource(Protocol):
    """The keys of the issuer whose URL is `issuer` (without a slash at its end)."""

    issuer: str

    async def current(self) -> KeySet:
        """The keys, as far as known; raises Unavailable where none can be had."""
        ...

    async def renewed(self) -> KeySet:
        """The keys, asked for anew because a token names an unknown one; at most every 10 seconds. Raises Unavailable."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class LocalKeys:
    """The keys of the roster's own issuer, read from its folder."""

    def __init__(self, issuer: str, folder: Path) -> None:
        self.issuer = issuer
        self._folder = folder
        self._keys = _folder_keys(folder)
        self._read_at = time.monotonic()

    async def current(self) -> KeySet:
        """The keys as read."""
        return self._keys

    async def renewed(self) -> KeySet:
        """The keys, read again."""
        if time.monotonic() - self._read_at > BETWEEN_FETCHES_SECONDS:
            self._keys, self._read_at = _folder_keys(self._folder), time.monotonic()
        return self._keys

    async def close(self) -> None:
        """Nothing to give back."""


class PublishedKeys:
    """The keys that an issuer publishes, found by its OpenID configuration; kept an hour, and longer while it is away.

    `folder` is that of the local issuer on the embedded default: its keys are taken first, so that a service can be asked
    while the roster is away.
    """

    def __init__(self, issuer: str, folder: Path | None = None, client: httpx.AsyncClient | None = None) -> None:
        self.issuer = issuer
        self._folder = folder
        self._client = client or new_client()
        self._keys: KeySet | None = None
        self._fresh_until = 0.0
        self._tried_at = -BETWEEN_FETCHES_SECONDS
        self._lock = asyncio.Lock()

    async def current(self) -> KeySet:
        """See KeySource."""
        if self._keys is None and self._folder is not None and self._folder.is_dir():
            self._keys, self._fresh_until = _folder_keys(self._folder), time.monotonic() + FRESH_SECONDS
        if self._keys is None or time.monotonic() > self._fresh_until:
            await self._fetch()
        return self._known()

    async def renewed(self) -> KeySet:
        """See KeySource."""
        before = self._keys
        if not await self._fetch() and self._keys is before:
            raise Unavailable("The issuer's keys can't be had at the moment; try again.")
        return self._known()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _known(self) -> KeySet:
        if self._keys is None:
            raise Unavailable("The issuer's keys can't be had at the moment; try again.")
        return self._keys

    async def _fetch(self) -> bool:
        """Whether the keys are those of the last try, which was now or less than 10 seconds ago."""
        async with self._lock:
            if time.monotonic() - self._tried_at < BETWEEN_FETCHES_SECONDS:
                return time.monotonic() < self._fresh_until
            self._tried_at = time.monotonic()
            try:
                self._keys = await self._published()
            except Unavailable:
                logger.warning("the issuer's keys can't be had at the moment")
                return False
            self._fresh_until = time.monotonic() + FRESH_SECONDS
            return True

    async def _published(self) -> KeySet:
        configuration: dict[str, Any] = await self._get(f"{self.issuer}/.well-known/openid-configuration")
        address = configuration.get("jwks_uri")
        if str(configuration.get("issuer")).rstrip("/") != self.issuer or not isinstance(address, str):
            raise Unavailable("The issuer's configuration is not that of this issuer.")
        try:
            return KeySet.import_key_set(await self._get(address))  # type: ignore[arg-type]
        except (JoseError, LookupError, TypeError, ValueError) as error:
            raise Unavailable("The issuer's keys can't be read.") from error

    async def _get(self, address: str) -> dict[str, Any]:
        fetched = await fetch(self._client, "GET", address)
        if fetched.status != HTTPStatus.OK:
            raise Unavailable("The issuer does not answer as it should.")
        return fetched.read(dict[str, Any])


def key_source(settings: Settings) -> KeySource:
    """The issuer's keys, for a service that is not the issuer itself (the roster takes LocalKeys)."""
    return PublishedKeys(settings.token_issuer, folder=None if settings.issuer else settings.issuer_folder)


def _folder_keys(folder: Path) -> KeySet:
    return KeySet.import_key_set(KeyFolder(folder).jwks())  # type: ignore[arg-type]
