"""Signing in and out of a service's pages: authorization code with PKCE (RFC 7636), `state` and `nonce`, at the cell's issuer.

Nothing is kept on the server meanwhile: `state` is itself sealed, and bound to this browser by a cookie, so several tabs can be on their
way at once and nobody can be led into somebody else's session.
"""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, cast
from urllib.parse import urlencode, urlsplit

import msgspec
from fastapi import Query
from starlette.responses import RedirectResponse, Response

from shared.errors import Refusal
from shared.web.csrf import ForeignForm, StaleForm
from shared.web.door import Door, Doorway
from shared.web.pages import Pages
from shared.web.permissions import PUBLIC, permissions
from shared.web.problems import Unauthenticated, problems
from shared.web.provider import SCOPE, Tokened
from shared.web.routing import PageRoute, Router
from shared.web.sessions import Sessions
from shared.web.tokens import audiences_of

SECONDS_ON_THE_WAY = 900
BROWSER_DAYS = 30
LONGEST_PATH = 1000
SIGN_IN, RETURN, SIGN_OUT, SIGNED_OUT = "/sign-in", "/sign-in/return", "/sign-out", "/signed-out"
router = Router(tags=["Signing in"], route_class=PageRoute, include_in_schema=False)
TABLE = permissions({f"GET {SIGN_IN}": PUBLIC, f"GET {RETURN}": PUBLIC, f"POST {SIGN_OUT}": PUBLIC, f"GET {SIGNED_OUT}": PUBLIC})


class NotSignedIn(Unauthenticated):
    """The way through the issuer did not end in a session."""

    code = "not_signed_in"
    sentence = "Signing in did not work, or took too long; try again."


class OnTheWay(msgspec.Struct, frozen=True):
    """What must be known when the browser comes back from the issuer."""

    browser: str
    nonce: str
    verifier: str
    next: str
    since: float


@router.get(SIGN_IN, response_model=None)
async def sign_in(door: Door, next_: Annotated[str, Query(alias="next", max_length=4000)] = "/", here: bool = False) -> Response:
    """Send the browser to the issuer; it comes back, signed in, to the page `next` of this service."""
    browser_url = urlsplit(door.settings.browser_url_of(door.service_name))
    if not here and door.request.headers.get("host") != browser_url.netloc:  # cookies belong to a host: go to the one that we return to
        asked = urlencode({"next": own_path(next_), "here": "true"})
        return RedirectResponse(f"{browser_url.geturl()}{SIGN_IN}?{asked}", 303)
    sessions, browser = door.sessions, door.request.cookies.get(_browser_cookie(door.sessions)) or secrets.token_urlsafe(16)
    way = OnTheWay(_hash(browser), secrets.token_urlsafe(16), secrets.token_urlsafe(48), own_path(next_), time.time())
    address = await sessions.provider.address(
        response_type="code",
        client_id=sessions.provider.client_id,
        redirect_uri=_return_address(door),
        scope=SCOPE,
        state=sessions.sealed(way, "sign-in"),
        nonce=way.nonce,
        code_challenge=_hash(way.verifier),
        code_challenge_method="S256",
    )
    response = RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
    sessions.set_cookie(response, _browser_cookie(sessions), browser, BROWSER_DAYS * 86400)
    return response


@router.get(RETURN, response_model=None, responses=problems(NotSignedIn))
async def come_back(
    door: Door,
    state: Annotated[str, Query(max_length=4000)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    iss: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Where the issuer sends the browser back to: the code becomes a session, and the browser goes on to where it wanted to be."""
    sessions = door.sessions
    way = sessions.opened(state, "sign-in", OnTheWay)
    browser = door.request.cookies.get(_browser_cookie(sessions), "")
    if way is None or way.browser != _hash(browser) or time.time() - way.since > SECONDS_ON_THE_WAY or not code:
        raise NotSignedIn
    if iss is not None and iss.rstrip("/") != door.settings.token_issuer:  # RFC 9207
        raise NotSignedIn
    given = await sessions.provider.redeemed(code, way.verifier, _return_address(door))
    if given is None:
        raise NotSignedIn
    await _check_identity(door, given, way.nonce)
    response = RedirectResponse(way.next, 303, headers={"Cache-Control": "no-store"})
    sessions.put(response, await sessions.begun(given))
    return response


@router.post(SIGN_OUT, response_model=None, responses=problems(ForeignForm, StaleForm))
async def sign_out(door: Door) -> Response:
    """End the session, here and at the issuer."""
    sessions = door.sessions
    sessions.forms.check_origin(door.request)
    if door.session is not None and door.session.refresh:
        await sessions.provider.revoked(door.session.refresh)
    response = RedirectResponse(SIGNED_OUT, 303, headers={"Cache-Control": "no-store"})
    sessions.end(response)
    return response


@router.get(SIGNED_OUT, response_model=None)
async def signed_out(door: Door) -> Response:
    """The page that says so."""
    return cast(Pages, door.state.pages).render(door.request, "signed_out.html", headers={"Cache-Control": "no-store"})


def own_path(text: str) -> str:
    """`text`, if it is the path of a page of this very service; else its first page."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\")) and len(text) <= LONGEST_PATH
    return text if is_path and text.isprintable() and "\\" not in text and text.isascii() else "/"


async def _check_identity(door: Doorway, given: Tokened, nonce: str) -> None:
    """Return if the ID token was made for us and for this very way. Raises NotSignedIn."""
    if given.identity is None:
        raise NotSignedIn
    try:
        claims = await door.tokens.claims_of(given.identity)
    except Refusal as error:
        raise NotSignedIn from error
    if door.sessions.provider.client_id not in audiences_of(claims) or claims.get("nonce") != nonce:
        raise NotSignedIn


def _return_address(door: Doorway) -> str:
    return f"{door.settings.browser_url_of(door.service_name)}{RETURN}"


def _browser_cookie(sessions: Sessions) -> str:
    return f"{sessions.cookie}-browser"


def _hash(text: str) -> str:
    """SHA-256 in base64url without padding, as PKCE writes it."""
    return urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("=")
