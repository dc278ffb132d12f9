"""Sessions of pages: the caller's access token, sealed in a cookie of this service (docs/decisions/0010-sessions-of-pages.md).

The server keeps nothing: the cookie is AES-256-GCM under a key of the service's key store, bound to its own name, so no other service or
cell can read or make it. A page takes its caller from it exactly as from a bearer token; a route of the contract never looks at it.
"""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Conflict
from shared.settings import ServiceName, Settings
from shared.store import Keys
from shared.web.caller import Caller
from shared.web.csrf import Forms
from shared.web.problems import Unauthenticated
from shared.web.provider import Provider, Tokened
from shared.web.tokens import Tokens

T = TypeVar("T", bound=msgspec.Struct)
KEY, PURPOSE = "session/pages", "session"
IN_SCOPE = "xingqi.session"
LONGEST_SECONDS = 12 * 3600
NONCE_BYTES = 12
MOST_COOKIE_BYTES = 3900
"""Browsers drop a cookie of more than 4,096 bytes, its name and attributes included."""


class SessionTooLarge(Conflict):
    """The token has more in it than a browser keeps in a cookie."""

    code = "session_too_large"
    sentence = "This account holds more roles than a browser's session has room for; ask who manages accounts to take some away."


class Kept(msgspec.Struct, frozen=True):
    """What the cookie of a session holds."""

    token: str
    until: float
    refresh: str | None = None


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in at this service's pages until the instant `until` (Unix seconds)."""

    token: str
    caller: Caller
    until: float
    refresh: str | None
    mark: str
    """What its forms carry (`csrf.py`)."""
    is_new: bool = False
    """Whether the browser has to be given it."""


class Sessions:
    """Makes, reads and ends the sessions of one service."""

    def __init__(self, service: ServiceName, settings: Settings, keys: Keys, tokens: Tokens, provider: Provider) -> None:
        secret = keys.secret(KEY)
        self.is_secure = urlsplit(settings.browser_url_of(service)).scheme == "https"
        self.cookie = f"{'__Host-' if self.is_secure else ''}xingqi-{settings.county}-{service}"
        self.forms = Forms(secret, settings.browser_url_of(service))
        self.provider = provider
        self._aead = AESGCM(secret)
        self._tokens = tokens

    async def of(self, request: Request) -> Session | None:
        """The session that the request's cookie holds; None where there is none, it is over, or it is not ours.

        A token that has expired is renewed at the issuer, where it gave the means. Raises Unavailable, Unknown (see `Tokens.caller`).
        """
        kept = self.opened(request.cookies.get(self.cookie, ""), PURPOSE, Kept)
        if kept is None or kept.until <= time.time():
            return None
        return await self._taken(kept.token, kept.refresh, kept.until) or await self._renewed(kept)

    async def begun(self, given: Tokened) -> Session:
        """A new session with what the issuer gave. Raises Unauthenticated where no token of it is one that this cell accepts."""
        until = time.time() + (LONGEST_SECONDS if given.refresh else given.seconds)
        for token in given.candidates:
            if session := await self._taken(token, given.refresh, until):
                return replace(session, is_new=True)
        raise Unauthenticated(had_token=True)

    def put(self, response: Response, session: Session) -> None:
        """Hand the session to the browser. Raises SessionTooLarge."""
        sealed = self.sealed(Kept(session.token, session.until, session.refresh), PURPOSE)
        if len(sealed) > MOST_COOKIE_BYTES:
            raise SessionTooLarge
        self.set_cookie(response, self.cookie, sealed, int(session.until - time.time()))

    def end(self, response: Response) -> None:
        """Take the session from the browser, and the pages that it may have kept."""
        self.set_cookie(response, self.cookie, "", 0)
        response.headers["Clear-Site-Data"] = '"cache"'

    def set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        """A cookie for this host alone that no script reads and no foreign form sends."""
        response.set_cookie(name, value, max_age=seconds, path="/", secure=self.is_secure, httponly=True, samesite="lax")

    def sealed(self, content: msgspec.Struct, purpose: str) -> str:
        """`content`, readable by this service alone and for this purpose alone."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        made = nonce + self._aead.encrypt(nonce, msgspec.json.encode(content), self._bound(purpose))
        return urlsafe_b64encode(made).decode().rstrip("=")

    def opened(self, text: str, purpose: str, into: type[T]) -> T | None:
        """What was sealed; None for anything else."""
        try:
            sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            content = self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._bound(purpose))
            return msgspec.json.decode(content, type=into)
        except (ValueError, InvalidTag):
            return None

    def _bound(self, purpose: str) -> bytes:
        return f"{self.cookie} {purpose}".encode()

    async def _taken(self, token: str, refresh: str | None, until: float) -> Session | None:
        try:
            caller = await self._tokens.caller(f"Bearer {token}")
        except Unauthenticated:
            return None
        return Session(token, caller, until, refresh, self.forms.mark_of(caller.subject))

    async def _renewed(self, kept: Kept) -> Session | None:
        given = await self.provider.refreshed(kept.refresh) if kept.refresh else None
        for token in given.candidates if given else ():
            if session := await self._taken(token, given.refresh if given and given.refresh else kept.refresh, kept.until):
                return replace(session, is_new=True)
        return None
