"""How pages reach the issuer: authorization code with PKCE, renewing and revoking, by its published configuration (OpenID Connect)."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import httpx

from shared.errors import Unavailable
from shared.settings import ServiceName, Settings
from shared.web.fetching import fetch, new_client
from shared.web.neighbour import ServiceTokens

FRESH_SECONDS = 3600.0
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE = "openid"


@dataclass(frozen=True)
class Tokened:
    """What the issuer gave: an access token good for `seconds`, and perhaps an ID token and the means to renew."""

    access: str
    seconds: float
    identity: str | None = None
    refresh: str | None = None

    @property
    def candidates(self) -> tuple[str, ...]:
        """What may be the session's token, the best first: of an issuer whose access tokens say nothing it is the ID token."""
        return (self.access, self.identity) if self.identity else (self.access,)


class Provider(Protocol):
    """The issuer, as the pages of one service see it. Every method raises Unavailable where the issuer is away."""

    client_id: str

    async def address(self, **asked: str) -> str:
        """Where a browser goes to sign in, with these parameters of the authorization request."""
        ...

    async def redeemed(self, code: str, verifier: str, redirect_uri: str) -> Tokened | None:
        """What the issuer gives for a code; None where it refuses."""
        ...

    async def refreshed(self, refresh: str) -> Tokened | None:
        """A new token for the same session; None where that was ended."""
        ...

    async def revoked(self, refresh: str) -> None:
        """End the session at the issuer, as far as it can be reached; raises nothing."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class PublishedProvider:
    """An issuer that is reached over HTTP: the cell's roster, or an outside one.

    At the roster a service shows who it is by its own signed token (RFC 7523), at an outside issuer by the id and secret that the
    operator was given there.
    """

    def __init__(self, settings: Settings, service: ServiceName, client: httpx.AsyncClient | None = None) -> None:
        self.client_id = settings.oidc_client_id or f"service/{service}"
        self._settings = settings
        self._tokens = ServiceTokens(settings, service)
        self._client = client or new_client()
        self._configuration: Mapping[str, Any] = {}
        self._fresh_until = 0.0

    async def address(self, **asked: str) -> str:
        """See Provider. The roster's page is where browsers reach it."""
        if self._settings.issuer is None:
            endpoint = f"{self._settings.browser_url_of('roster')}/authorize"
        else:
            endpoint = await self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def redeemed(self, code: str, verifier: str, redirect_uri: str) -> Tokened | None:
        """See Provider."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": redirect_uri}
        return await self._token(form)

    async def refreshed(self, refresh: str) -> Tokened | None:
        """See Provider."""
        return await self._token({"grant_type": "refresh_token", "refresh_token": refresh})

    async def revoked(self, refresh: str) -> None:
        """See Provider."""
        try:
            await self._post(await self._endpoint("revocation_endpoint"), {"token": refresh, "token_type_hint": "refresh_token"})
        except Unavailable:
            return

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _token(self, form: Mapping[str, str]) -> Tokened | None:
        status, said = await self._post(await self._endpoint("token_endpoint"), form)
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY}:
            return None
        if status != HTTPStatus.OK:
            raise Unavailable
        return tokened(said)

    async def _post(self, address: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        headers, fields = self._credentials()
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        content = urlencode({**form, **fields}).encode()
        fetched = await fetch(self._client, "POST", address, content=content, headers=headers)
        return fetched.status, fetched.read(dict[str, Any]) if fetched.is_json else {}

    def _credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """The headers and fields that say which client this is."""
        if self._settings.issuer is None:
            return {}, {"client_id": self.client_id, "client_assertion_type": ASSERTION, "client_assertion": self._tokens.token()}
        secret = self._settings.oidc_client_secret
        if secret is None:
            return {}, {"client_id": self.client_id}
        pair = f"{quote(self.client_id, safe='')}:{quote(secret, safe='')}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}, {}

    async def _endpoint(self, name: str) -> str:
        if time.monotonic() > self._fresh_until:
            issuer = self._settings.token_issuer
            fetched = await fetch(self._client, "GET", f"{issuer}/.well-known/openid-configuration")
            said: Mapping[str, Any] = fetched.read(dict[str, Any]) if fetched.status == HTTPStatus.OK else {}
            if str(said.get("issuer")).rstrip("/") != issuer:
                raise Unavailable("The issuer's configuration is not that of this issuer.")
            self._configuration, self._fresh_until = said, time.monotonic() + FRESH_SECONDS
        endpoint = self._configuration.get(name)
        if not isinstance(endpoint, str):
            raise Unavailable("The issuer's configuration lacks an endpoint.")
        return endpoint


def tokened(said: Mapping[str, Any]) -> Tokened:
    """A token endpoint's answer (RFC 6749). Raises Unavailable where it makes no sense."""
    access, seconds, identity, refresh = (said.get(name) for name in ("access_token", "expires_in", "id_token", "refresh_token"))
    if not isinstance(access, str) or not isinstance(identity, str | None) or not isinstance(refresh, str | None):
        raise Unavailable("The issuer gave an answer that makes no sense.")
    return Tokened(access, float(seconds) if isinstance(seconds, int) else FRESH_SECONDS, identity, refresh)
