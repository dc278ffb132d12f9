"""Tokens are checked against the issuer's public keys, on the machine's clock; a verified one is remembered until it expires."""

from __future__ import annotations

import json
import time
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError, SecurityWarning
from joserfc.jwk import KeySet

from shared.errors import Unknown
from shared.web.caller import Caller, caller_of
from shared.web.issuer_keys import KeySource
from shared.web.places import Places
from shared.web.problems import Unauthenticated

ALGORITHMS = ["Ed25519", "EdDSA", "RS256", "ES256"]
LEEWAY_SECONDS = 30
LONGEST_TOKEN = 8192
REMEMBERED_TOKENS = 4096
BAD_TOKEN = "The bearer token is not valid: it is malformed, expired, or not of this cell's issuer."  # noqa: S105 - no secret


@dataclass
class Verified:
    """A token that was accepted. `is_of_this_cell` is set once one of its organisations was found here."""

    caller: Caller
    expires_at: float
    is_of_this_cell: bool = False


class Tokens:
    """Checks bearer tokens. `keys` are those of the one issuer that this cell trusts."""

    def __init__(self, keys: KeySource, places: Places, audiences: Iterable[str] = (), own: KeySource | None = None) -> None:
        """`audiences`: of which a token must name one in `aud`; none: it is not looked at.

        `own`: the cell's own issuer, where `keys` are those of an outside one: from it services take each other's tokens, and nothing else.
        """
        self._own = own
        self._audiences = frozenset(audiences)
        self._keys = keys
        self._places = places
        self._verified: dict[str, Verified] = {}

    async def caller(self, authorization: str | None) -> Caller:
        """The caller that an Authorization header names.

        Raises:
            Unauthenticated: no token, or one that is not valid.
            Unknown: a valid one, all of whose grants lie in organisations that this cell does not know.
            Unavailable: the issuer's keys, or the owner of an organisation, can't be asked.
        """
        token = _token_of(authorization)
        verified = self._verified.get(token)
        if verified is None or verified.expires_at <= time.time():
            verified = await self._verify(token)
        if not verified.is_of_this_cell:
            verified.is_of_this_cell = await self._is_of_this_cell(verified.caller)
        return verified.caller

    async def claims_of(self, token: str) -> Mapping[str, object]:
        """What the issuer says in a token of its that holds now. Raises Unauthenticated, Unavailable."""
        if self._own is not None and _issuer_said(token) == self._own.issuer:
            return await self._of_a_service(token, self._own)
        claims = await self._claims(token)
        _checked_times(claims, time.time())
        if str(claims.get("iss")).rstrip("/") != self._keys.issuer:
            raise Unauthenticated(BAD_TOKEN, had_token=True)
        return claims

    async def _verify(self, token: str) -> Verified:
        claims = await self.claims_of(token)
        is_own = self._own is not None and claims.get("iss") == self._own.issuer
        if self._audiences and not is_own and self._audiences.isdisjoint(audiences_of(claims)):
            raise Unauthenticated(BAD_TOKEN, had_token=True)
        verified = Verified(caller_of(claims), _checked_times(claims, time.time()))
        while len(self._verified) >= REMEMBERED_TOKENS:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = verified
        return verified

    async def _of_a_service(self, token: str, own: KeySource) -> Mapping[str, object]:
        """What a service of the cell says of itself. Raises Unauthenticated where it is not that."""
        try:
            claims = _signed_claims(token, await own.current())
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated(BAD_TOKEN, had_token=True) from error
        _checked_times(claims, time.time())
        if claims.get("grants") != [{"role": "service"}] or "member_id" in claims:
            raise Unauthenticated(BAD_TOKEN, had_token=True)
        return claims

    async def _claims(self, token: str) -> Mapping[str, object]:
        try:
            try:
                return _signed_claims(token, await self._keys.current())
            except InvalidKeyIdError:
                return _signed_claims(token, await self._keys.renewed())
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated(BAD_TOKEN, had_token=True) from error

    async def _is_of_this_cell(self, caller: Caller) -> bool:
        organizations = {grant.organization_id for grant in caller.grants}
        if None in organizations or not organizations:
            return True
        for organization in sorted(filter(None, organizations)):
            try:
                await self._places.ancestry(organization)
            except Unknown:
                continue
            return True
        raise Unknown


def _issuer_said(token: str) -> object:
    """Whose token it says it is, before anything was checked: only to choose the keys that it is checked with."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, IndexError, RecursionError):
        return None
    return claims.get("iss") if isinstance(claims, dict) else None


def audiences_of(claims: Mapping[str, object]) -> list[object]:
    """Whom a token was made for."""
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _signed_claims(token: str, keys: KeySet) -> Mapping[str, object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # of outside issuers that still write EdDSA for Ed25519
        claims: Mapping[str, object] = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    return claims


def _token_of(authorization: str | None) -> str:
    if authorization is None:
        raise Unauthenticated
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN or not token.isascii():
        raise Unauthenticated(had_token=True)
    return token


def _checked_times(claims: Mapping[str, object], now: float) -> float:
    expires_at: Any = claims.get("exp")
    issued_at: Any = claims.get("iat", 0)
    not_before: Any = claims.get("nbf", 0)
    for instant in (expires_at, issued_at, not_before):
        if not isinstance(instant, int | float) or isinstance(instant, bool):
            raise Unauthenticated(BAD_TOKEN, had_token=True)
    if expires_at <= now or max(issued_at, not_before) > now + LEEWAY_SECONDS:
        raise Unauthenticated(BAD_TOKEN, had_token=True)
    return float(expires_at)
