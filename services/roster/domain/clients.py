"""Clients of other platforms: each may read what it was granted, by organisation and type (design: trust.md, role `platform`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.roster.domain.names import LONGEST_ORGANIZATION_NAME, proper_name
from services.roster.events.clients import ClientClosed, ClientRegistered, GrantsSet, PlatformGrant, SecretRenewed
from shared.errors import Invalid, Unknown
from shared.events import Recorded

WORDS = frozenset({"standings"})
"""What is granted beside event types."""
ROOM_IN_A_TOKEN = 4000
_TYPE = re.compile(r"\*|[a-z][a-z-]*\.(\*|[a-z][a-z-]*\.v[1-9][0-9]*)")


class UnknownClient(Unknown):
    """No client under this id, or none any more."""

    code = "unknown_client"
    sentence = "There is no client under this id, or it was closed."


class BadGrants(Invalid):
    """The grants name what can't be granted."""

    code = "bad_grants"
    sentence = "Grant each organisation once, with event types like points.entry-recorded.v1, points.* or *, and words like standings."


@dataclass(frozen=True)
class Client:
    """A platform's client; `id` is empty where none was registered."""

    id: str = ""
    name: str = ""
    grants: tuple[PlatformGrant, ...] = ()
    is_open: bool = False


def evolve(client: Client, recorded: Recorded) -> Client:
    """The client after one more event of its stream."""
    match recorded.event:
        case ClientRegistered() as e:
            return Client(e.client_id, e.name, e.grants, is_open=True)
        case GrantsSet() as e:
            return replace(client, grants=e.grants)
        case ClientClosed():
            return replace(client, grants=(), is_open=False)
        case _:
            return client


def register_client(client_id: str, name: str, grants: Sequence[PlatformGrant], by: str) -> ClientRegistered:
    """A platform may read this. Raises BadName, BadGrants."""
    _check(grants)
    return ClientRegistered(client_id=client_id, name=proper_name(name, LONGEST_ORGANIZATION_NAME), grants=tuple(grants), recorded_by=by)


def set_grants(client: Client, grants: Sequence[PlatformGrant], by: str) -> tuple[GrantsSet, ...]:
    """From now on the platform may read this and nothing else; no event where that is so already. Raises UnknownClient, BadGrants."""
    check_open(client)
    _check(grants)
    return () if tuple(grants) == client.grants else (GrantsSet(client_id=client.id, grants=tuple(grants), recorded_by=by),)


def renew_secret(client: Client, by: str) -> SecretRenewed:
    """The earlier secret is worth nothing from now on. Raises UnknownClient."""
    check_open(client)
    return SecretRenewed(client_id=client.id, recorded_by=by)


def close_client(client: Client, by: str) -> ClientClosed:
    """The platform gets no tokens any more. Raises UnknownClient."""
    check_open(client)
    return ClientClosed(client_id=client.id, recorded_by=by)


def check_open(client: Client) -> None:
    """Return if there is such a client; raises UnknownClient."""
    if not client.is_open:
        raise UnknownClient


def _check(grants: Sequence[PlatformGrant]) -> None:
    organizations = [grant.organization_id for grant in grants]
    types = [each for grant in grants for each in grant.types]
    wrong = [each for each in types if each not in WORDS and not _TYPE.fullmatch(each)]
    room = sum(map(len, types)) + 3 * len(types) + 80 * len(grants)
    if wrong or len(set(organizations)) < len(organizations) or room > ROOM_IN_A_TOKEN:
        raise BadGrants(errors=[("/grants", BadGrants.sentence if room <= ROOM_IN_A_TOKEN else "This is more than a token holds.")])
