"""The view of open clients of other platforms: what each was granted. Their secrets are in no view."""

from __future__ import annotations

from typing import ClassVar

from services.roster.events.clients import ClientClosed, ClientRegistered, GrantsSet, PlatformGrant
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

CLIENTS = Table("clients", key=("client_id",), columns={"client_id": str, "name": str, "grants": list})
"""`grants`: pairs of organisation and types."""


class Clients(Projection):
    """Each client that is open."""

    name = "clients"
    tables: ClassVar[tuple[Table, ...]] = (CLIENTS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """See Projection."""
        match recorded.event:
            case ClientRegistered() as e:
                page.put(CLIENTS, client_id=e.client_id, name=e.name, grants=_plain(e.grants))
            case GrantsSet() as e:
                if row := page.get(CLIENTS, e.client_id):
                    page.put(CLIENTS, **(row | {"grants": _plain(e.grants)}))
            case ClientClosed() as e:
                page.drop(CLIENTS, e.client_id)
            case _:
                return


async def open_clients(snapshot: Snapshot) -> list[Values]:
    """All of them, in the order of their registration; there are few."""
    return await snapshot.rows(CLIENTS, order_by=("client_id",))


def grants_of(row: Values) -> tuple[PlatformGrant, ...]:
    """What the client was granted."""
    return tuple(PlatformGrant(organization, tuple(types)) for organization, types in row["grants"])


def _plain(grants: tuple[PlatformGrant, ...]) -> list[list[object]]:
    return [[grant.organization_id, list(grant.types)] for grant in grants]
