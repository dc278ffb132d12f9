"""The token endpoint of the local issuer: for platforms by their credentials, for the cell's own pages by code and refresh token."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import Annotated, cast

from fastapi import Form, Response
from pydantic import BaseModel

from services.roster.commands import clients, signing_on
from services.roster.commands.accounts import Desk
from services.roster.commands.signing_on import SignedOn
from services.roster.domain.clients import Client, UnknownClient
from services.roster.events.clients import PlatformGrant
from services.roster.issuer import Issuer, return_address
from shared.errors import Conflict, Invalid, Refusal
from shared.web import Door, Doorway, Router, TooMany, Unauthenticated, json_answer, problems
from shared.web.fields import parse_id
from shared.web.provider import ASSERTION

TOKEN_SECONDS = 600
NO_STORE = {"Cache-Control": "no-store"}
router = Router(tags=["Local issuer"])
Field = Annotated[str | None, Form(max_length=4000)]


class InvalidClient(Unauthenticated):
    """Not the id and secret of a client."""

    code = "invalid_client"
    sentence = "Send the client's id and secret, by HTTP Basic or as client_id and client_secret in the form."


class InvalidGrant(Invalid):
    """A code or a refresh token that is worth nothing (any more)."""

    code = "invalid_grant"
    sentence = "This code or refresh token is not good, or not any more: sign in again."


class UnsupportedGrantType(Invalid):
    """Another way to a token than this issuer knows."""

    code = "unsupported_grant_type"
    sentence = "Send grant_type=client_credentials; authorization_code and refresh_token are for the cell's own services."


class OutsideIssuer(Conflict):
    """Tokens of this cell come from elsewhere."""

    code = "outside_issuer"
    sentence = "This cell takes the tokens of an outside issuer; ask there."


class TokenAnswer(BaseModel):
    """A bearer token (RFC 6749); for pages with what renews it and who was signed in (OpenID Connect)."""

    access_token: str
    token_type: str
    expires_in: int
    id_token: str | None = None
    refresh_token: str | None = None


@router.post(
    "/token",
    response_model=TokenAnswer,
    responses=problems(InvalidClient, InvalidGrant, UnsupportedGrantType, OutsideIssuer, TooMany),
)
async def post_token(
    door: Door,
    *,
    grant_type: Annotated[str, Form(max_length=100)],
    client_id: Annotated[str | None, Form(max_length=100)] = None,
    client_secret: Annotated[str | None, Form(max_length=200)] = None,
    client_assertion: Field = None,
    client_assertion_type: Field = None,
    code: Field = None,
    code_verifier: Field = None,
    redirect_uri: Field = None,
    refresh_token: Field = None,
) -> Response:
    """A token, good for 10 minutes. `grant_type=client_credentials`, with HTTP Basic or both in the form, for a platform's client.

    `authorization_code` and `refresh_token` are for the pages of the cell's services, which show who they are by `client_assertion`.
    """
    if door.settings.issuer is not None:
        raise OutsideIssuer
    if grant_type == "client_credentials":
        return await _for_a_platform(door, client_id, client_secret)
    if grant_type not in {"authorization_code", "refresh_token"}:
        raise UnsupportedGrantType(error="unsupported_grant_type")
    own = await _own_service(door, client_id, client_assertion if client_assertion_type == ASSERTION else None)
    if grant_type == "authorization_code":
        return _for_pages(door, await signing_on.redeem(_desk(door), code or "", code_verifier or "", redirect_uri or "", own))
    return _for_pages(door, await signing_on.refresh(_desk(door), refresh_token or "", own))


@router.post("/revoke", response_model=None, responses=problems(InvalidClient, OutsideIssuer))
async def post_revoke(
    door: Door, token: Annotated[str, Form(max_length=4000)], client_id: Field = None, client_assertion: Field = None
) -> Response:
    """End the session that a refresh token belongs to (RFC 7009); for the cell's own services. An unknown token changes nothing."""
    if door.settings.issuer is not None:
        raise OutsideIssuer
    signing_on.revoke(_desk(door), token, await _own_service(door, client_id, client_assertion))
    return json_answer({}, headers=NO_STORE)


async def _for_a_platform(door: Doorway, client_id: str | None, secret: str | None) -> Response:
    request = door.request
    request.app.state.service.limits.count("POST /token", request.client.host if request.client else "")
    client = await _known(door, client_id, secret)
    grants = [{"role": "platform", **_grant(grant)} for grant in client.grants]
    claims = {"sub": client.id, "client_id": client.id, "grants": grants}
    token = Issuer(door.settings).sign(claims, TOKEN_SECONDS)
    return json_answer({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}, headers=NO_STORE)


def _for_pages(door: Doorway, signed_on: SignedOn | None) -> Response:
    if signed_on is None:
        raise InvalidGrant(error="invalid_grant")
    return json_answer(Issuer(door.settings).session_answer(**signed_on.said), headers=NO_STORE)


async def _own_service(door: Doorway, client_id: str | None, assertion: str | None) -> str:
    """The id of the service of this cell that the assertion, its own signed token, speaks for. Raises InvalidClient."""
    if client_id is None or assertion is None or return_address(door.settings, client_id) is None:
        raise InvalidClient(error="invalid_client")
    try:
        caller = await door.tokens.caller(f"Bearer {assertion}")
    except Refusal as error:
        raise InvalidClient(error="invalid_client") from error
    if caller.subject != client_id or not caller.has("service"):
        raise InvalidClient(error="invalid_client")
    return client_id


async def _known(door: Doorway, client_id: str | None, secret: str | None) -> Client:
    """The client of these credentials; raises InvalidClient, whatever of them is wrong."""
    scheme, _, basic = door.request.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() == "basic":
            client_id, _, secret = b64decode(basic, validate=True).decode("ascii").partition(":")
        identity = parse_id(client_id)
        client = await clients.client_of(door.log, identity)
    except (ValueError, UnknownClient) as error:
        raise InvalidClient(error="invalid_client") from error
    if not await asyncio.to_thread(clients.is_its_secret, door.log, identity, secret or ""):
        raise InvalidClient(error="invalid_client")
    return client


def _grant(grant: PlatformGrant) -> dict[str, object]:
    return {"organization_id": grant.organization_id, "types": list(grant.types)}


def _desk(door: Doorway) -> Desk:
    return cast(Desk, door.state.desk)
