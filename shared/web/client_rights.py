"""What a platform's client may see now: asked at the roster, which keeps the clients."""

from __future__ import annotations

import msgspec

from shared.errors import Unknown
from shared.feed import Right
from shared.web.neighbour import Neighbour


class _Client(msgspec.Struct, frozen=True):
    grants: tuple[Right, ...]


async def rights_at(roster: Neighbour, client_id: str) -> tuple[Right, ...] | None:
    """The rights of the client; None where it was closed. Raises Unavailable where the roster is away."""
    try:
        return (await roster.get(f"/clients/{client_id}", into=_Client)).grants
    except Unknown:
        return None
