"""Clients of other platforms, and the tokens that they get for their credentials (OAuth 2.0 client credentials)."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import Annotated

from fastapi import Form, Response
from pydantic import BaseModel, Field

from services.roster.api.shapes import created_id
from services.roster.commands import clients
from services.roster.domain.clients import BadGrants, Client, UnknownClient
from services.roster.domain.names import BadName
from services.roster.domain.organizations import UnknownOrganization
from services.roster.events.clients import PlatformGrant
from services.roster.issuer import Issuer
from shared.errors import Conflict, Invalid
from shared.web import Body, Door, Doorway, Id, Router, ShortText, Unauthenticated, answered, json_answer, problems
from shared.web.answers import POSITION_HEADER
from shared.web.fields import parse_id

TOKEN_SECONDS = 600
router = Router(tags=["Platforms"])


class InvalidClient(Unauthenticated):
    """Not the id and secret of a client."""

    code = "invalid_client"
    sentence = "Send the client's id and secret, by HTTP Basic or as client_id and client_secret in the form."


class UnsupportedGrantType(Invalid):
    """Another way to a token than this issuer knows."""

    code = "unsupported_grant_type"
    sentence = "Send grant_type=client_credentials."


class OutsideIssuer(Conflict):
    """Tokens of this cell come from elsewhere."""

    code = "outside_issuer"
    sentence = "This cell takes the tokens of an outside issuer; ask there."


class GrantBody(Body):
    """What may be read of an organisation and all below it: event types (topics, `word.*`, `*`), and `standings`."""

    organization_id: Id
    types: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Field(max_length=50)]


class ClientBody(Body):
    """A platform and what it may read."""

    name: ShortText
    grants: Annotated[tuple[GrantBody, ...], Field(max_length=20)]


class GrantsBody(Body):
    """What the platform may read from now on."""

    grants: Annotated[tuple[GrantBody, ...], Field(max_length=20)]


class GrantAnswer(BaseModel):
    """One grant."""

    organization_id: str
    types: list[str]


class ClientAnswer(BaseModel):
    """A client and its grants."""

    id: str
    name: str
    grants: list[GrantAnswer]


class SecretAnswer(BaseModel):
    """The client's id and secret. The secret is shown this once: not even the same Idempotency-Key shows it again."""

    id: str
    client_secret: str | None = None


class TokenAnswer(BaseModel):
    """A bearer token (RFC 6749)."""

    access_token: str
    token_type: str
    expires_in: int


@router.post("/clients", status_code=201, response_model=SecretAnswer, responses=problems(BadName, BadGrants, UnknownOrganization))
async def post_client(body: ClientBody, door: Door) -> Response:
    """Register a platform's client; it holds the role `platform` for what is granted. The answer holds its secret once."""
    grants, secret = await _grants(body.grants, door), clients.new_secret()
    stored = await clients.register_client(
        door.log,
        name=body.name,
        grants=grants,
        secret=secret,
        by=door.caller.person,
        reply=door.reply(201, lambda stored: {"id": created_id(stored)}),
    )
    answer = {"id": created_id(stored), "client_secret": secret}
    return json_answer(answer, 201, headers={POSITION_HEADER: str(stored.position)})


@router.get("/clients/{client_id}", response_model=ClientAnswer, responses=problems(UnknownClient))
async def get_client(client_id: Id, door: Door) -> Response:
    """One client and what it may read."""
    client = await clients.client_of(door.log, client_id)
    await door.require()
    return json_answer(_shown(client))


@router.put("/clients/{client_id}/grants", response_model=ClientAnswer, responses=problems(UnknownClient, BadGrants, UnknownOrganization))
async def put_grants(client_id: Id, body: GrantsBody, door: Door) -> Response:
    """Grant this instead of what was granted: it holds for the next token (10 minutes at most), and for webhooks within a minute."""
    client = await clients.client_of(door.log, client_id)
    grants = await _grants(body.grants, door)
    answer = {"id": client.id, "name": client.name, "grants": [_grant(grant) for grant in grants]}
    by, reply = door.caller.person, door.reply(200, lambda _: answer)
    return answered(await clients.set_grants(door.log, client_id, grants, by=by, reply=reply))


@router.post("/clients/{client_id}/secret", status_code=201, response_model=SecretAnswer, responses=problems(UnknownClient))
async def post_secret(client_id: Id, door: Door) -> Response:
    """Give the client another secret; the last one is worth nothing from now on."""
    await clients.client_of(door.log, client_id)
    await door.require()
    secret, reply = clients.new_secret(), door.reply(201, lambda _: {"id": client_id})
    stored = await clients.renew_secret(door.log, client_id, secret, by=door.caller.person, reply=reply)
    return json_answer({"id": client_id, "client_secret": secret}, 201, headers={POSITION_HEADER: str(stored.position)})


@router.delete("/clients/{client_id}", status_code=204, responses=problems(UnknownClient))
async def delete_client(client_id: Id, door: Door) -> Response:
    """Close a client: it gets no token any more, and its webhooks stop."""
    await clients.client_of(door.log, client_id)
    await door.require()
    return answered(await clients.close_client(door.log, client_id, by=door.caller.person, reply=door.reply(204, lambda _: None)))


@router.post("/token", response_model=TokenAnswer, responses=problems(InvalidClient, UnsupportedGrantType, OutsideIssuer))
async def post_token(
    door: Door,
    grant_type: Annotated[str, Form(max_length=100)],
    client_id: Annotated[str | None, Form(max_length=100)] = None,
    client_secret: Annotated[str | None, Form(max_length=200)] = None,
) -> Response:
    """A token for a client's credentials, good for 10 minutes: `grant_type=client_credentials`, with HTTP Basic or both in the form."""
    if door.settings.issuer is not None:
        raise OutsideIssuer
    if grant_type != "client_credentials":
        raise UnsupportedGrantType(error="unsupported_grant_type")
    client = await _known(door, client_id, client_secret)
    grants = [{"role": "platform", **_grant(grant)} for grant in client.grants]
    claims = {"sub": client.id, "client_id": client.id, "grants": grants}
    token = Issuer(door.settings).sign(claims, TOKEN_SECONDS)
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
    return json_answer(answer, headers={"Cache-Control": "no-store"})


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


async def _grants(bodies: tuple[GrantBody, ...], door: Doorway) -> tuple[PlatformGrant, ...]:
    """The grants, each of an organisation that the caller may do this for; raises UnknownOrganization, NotAllowed."""
    for body in bodies:
        await door.places.ancestry(body.organization_id)
    for body in bodies:
        await door.require(organization=body.organization_id)
    if not bodies:
        await door.require()
    return tuple(PlatformGrant(body.organization_id, body.types) for body in bodies)


def _shown(client: Client) -> dict[str, object]:
    return {"id": client.id, "name": client.name, "grants": [_grant(grant) for grant in client.grants]}


def _grant(grant: PlatformGrant) -> dict[str, object]:
    return {"organization_id": grant.organization_id, "types": list(grant.types)}
