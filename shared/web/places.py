"""What a service must know of the organisation tree so that grants can be held against it."""

from __future__ import annotations

from typing import Protocol


class Places(Protocol):
    """Where members and organisations stand. Each service brings its own; ids not known here yet are asked for at their owner."""

    async def branch_of(self, member_id: str) -> str:
        """The member's present branch. Raises Unknown, or Unavailable where the owner can't be asked."""
        ...

    async def ancestry(self, organization_id: str) -> tuple[str, ...]:
        """The organisation itself, then each one above it, up to the root. Raises Unknown, or Unavailable."""
        ...
