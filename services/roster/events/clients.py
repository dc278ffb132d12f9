"""What happened to the clients of other platforms: who they are and what they were granted. Their secrets lie beside the log."""

from __future__ import annotations

import msgspec

from shared.events import Event, event


class PlatformGrant(msgspec.Struct, frozen=True):
    """What a platform may read of an organisation and all below it: event types (topics, `word.*`, `*`) and words like `standings`."""

    organization_id: str
    types: tuple[str, ...]


@event("clients.client-registered.v1")
class ClientRegistered(Event, frozen=True):
    """A platform called `name` may ask for tokens and read what it was granted. Stream `client/<client_id>`."""

    client_id: str
    name: str
    grants: tuple[PlatformGrant, ...]
    recorded_by: str


@event("clients.grants-set.v1")
class GrantsSet(Event, frozen=True):
    """What the platform may read from now on, in the place of all it was granted before."""

    client_id: str
    grants: tuple[PlatformGrant, ...]
    recorded_by: str


@event("clients.secret-renewed.v1")
class SecretRenewed(Event, frozen=True):
    """The client has another secret; the earlier one is worth nothing."""

    client_id: str
    recorded_by: str


@event("clients.client-closed.v1")
class ClientClosed(Event, frozen=True):
    """The client gets no tokens any more, and its webhooks stop."""

    client_id: str
    recorded_by: str
