"""Who calls: the claims of a token that this cell accepts, as a value. Verification is in `tokens.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.feed import is_of
from shared.web.problems import Unauthenticated

LONGEST_CLAIM = 255
MOST_TYPES = 100


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, held for an organisation's subtree; without an organisation see `permissions.OF_THE_WHOLE_CELL`.

    `types`: what a platform was granted there: event types (topics, `word.*`, `*`) and words of the permission table such as
    `standings`. None, as in tokens that an operator made for a role: no such limit.
    """

    role: str
    organization_id: str | None = None
    types: tuple[str, ...] | None = None

    def covers(self, word: str) -> bool:
        """Whether `word`, an event type or a word of the permission table, was granted."""
        return self.types is None or is_of(word, self.types)


@dataclass(frozen=True)
class Caller:
    """Who calls, with what was granted. `member_id` where the caller is a member of the Party."""

    subject: str
    member_id: str | None = None
    grants: tuple[Grant, ...] = ()
    client_id: str | None = None
    """The platform's client that the token was given to by its credentials."""

    @cached_property
    def person(self) -> str:
        """What makes two callers the same person: their `member_id`, or else their `sub` (two-person steps compare this)."""
        return self.member_id or self.subject

    def has(self, role: str) -> bool:
        """Whether the caller holds `role` anywhere."""
        return any(grant.role == role for grant in self.grants)


def caller_of(claims: Mapping[str, object]) -> Caller:
    """The caller that verified claims speak of. Raises Unauthenticated where `sub`, `member_id` or `grants` have another shape."""
    member_id, client_id = claims.get("member_id"), claims.get("client_id")
    grants = claims.get("grants", [])
    if not isinstance(grants, list):
        raise Unauthenticated("The token's grants are no list.", had_token=True)
    return Caller(
        _text(claims.get("sub")),
        None if member_id is None else _text(member_id).lower(),
        tuple(map(_grant, grants)),
        None if client_id is None else _text(client_id),
    )


def _grant(value: object) -> Grant:
    if not isinstance(value, dict):
        raise Unauthenticated("A grant of the token is no object.", had_token=True)
    organization = value.get("organization_id")
    return Grant(_text(value.get("role")), None if organization is None else _text(organization).lower(), _types(value.get("types")))


def _types(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MOST_TYPES:
        raise Unauthenticated("The types of a grant are no list, or too many.", had_token=True)
    return tuple(map(_text, value))


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_CLAIM:
        raise Unauthenticated("The token lacks a claim, or one has another shape than it should.", had_token=True)
    return value
