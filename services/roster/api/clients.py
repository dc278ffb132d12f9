"""Clients of other platforms and what they may read; their tokens are in `tokens.py`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from services.roster.api.shapes import created_id
from services.roster.commands import clients
from services.roster.domain.clients import BadGrants, Client, UnknownClient
from services.roster.domain.names import BadName
from services.roster.domain.organizations import UnknownOrganization
from services.roster.events.clients import PlatformGrant
from services.roster.projections.clients import grants_of, open_clients
from shared.web import Body, Cursor, Door, Doorway, Id, Router, ShortText, answered, json_answer, problems
from shared.web.answers import POSITION_HEADER

router = Router(tags=["Platforms"])


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


class ClientList(BaseModel):
    """A page of clients, in the order of their registration."""

    items: list[ClientAnswer]
    next: str | None


class SecretAnswer(BaseModel):
    """The client's id and secret. The secret is shown this once: not even the same Idempotency-Key shows it again."""

    id: str
    client_secret: str | None = None


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


@router.get("/clients", response_model=ClientList, responses=problems(UnknownOrganization))
async def get_clients(door: Door, page: Cursor, organization_id: Annotated[Id | None, Query()] = None) -> Response:
    """Who may read something of an organisation, by a grant of itself, above or below it; without one: of all that you administer.

    Open clients, each with just these grants; an administrator of the whole cell sees all of both. Secrets are told nowhere.
    """
    if organization_id is not None:
        await door.places.ancestry(organization_id)
        await door.require(organization=organization_id)
    scopes = await door.scopes() if organization_id is None else frozenset({organization_id})
    after = page.after[0] if page.after else ""
    rows = [row for row in await open_clients(await door.snapshot()) if row["client_id"] > after]
    found = [Client(row["client_id"], row["name"], await _touching(door, scopes, grants_of(row)), is_open=True) for row in rows]
    listed = [one for one in found if scopes is None or one.grants]
    return page.page(listed[: page.limit + 1], place=lambda one: (one.id,), show=_shown)


async def _touching(door: Doorway, scopes: frozenset[str] | None, grants: tuple[PlatformGrant, ...]) -> tuple[PlatformGrant, ...]:
    """The grants that lie within one of these organisations, or reach it from above."""
    if scopes is None:
        return grants
    above = {higher for scope in scopes for higher in await door.places.ancestry(scope)}
    return tuple(
        [
            grant
            for grant in grants
            if grant.organization_id in above or not scopes.isdisjoint(await door.places.ancestry(grant.organization_id))
        ]
    )


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
