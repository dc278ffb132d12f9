"""Who calls: the claims of a token that this cell accepts, as a value. Verification is in `tokens.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.web.problems import Unauthenticated

LONGEST_CLAIM = 255


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, held for an organisation's subtree; without an organisation see `permissions.OF_THE_WHOLE_CELL`."""

    role: str
    organization_id: str | None = None


@dataclass(frozen=True)
class Caller:
    """Who calls, with what was granted. `member_id` where the caller is a member of the Party."""

    subject: str
    member_id: str | None = None
    grants: tuple[Grant, ...] = ()

    @cached_property
    def person(self) -> str:
        """What makes two callers the same person: their `member_id`, or else their `sub` (two-person steps compare this)."""
        return self.member_id or self.subject

    def has(self, role: str) -> bool:
        """Whether the caller holds `role` anywhere."""
        return any(grant.role == role for grant in self.grants)


def caller_of(claims: Mapping[str, object]) -> Caller:
    """The caller that verified claims speak of. Raises Unauthenticated where `sub`, `member_id` or `grants` have another shape."""
    member_id = claims.get("member_id")
    grants = claims.get("grants", [])
    if not isinstance(grants, list):
        raise Unauthenticated("The token's grants are no list.", had_token=True)
    return Caller(_text(claims.get("sub")), None if member_id is None else _text(member_id).lower(), tuple(map(_grant, grants)))


def _grant(value: object) -> Grant:
    if not isinstance(value, dict):
        raise Unauthenticated("A grant of the token is no object.", had_token=True)
    organization = value.get("organization_id")
    return Grant(_text(value.get("role")), None if organization is None else _text(organization).lower())


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_CLAIM:
        raise Unauthenticated("The token lacks a claim, or one has another shape than it should.", had_token=True)
    return value
