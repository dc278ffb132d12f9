"""The local issuer: the roster signs the tokens of its cell, unless the settings name another issuer.

A token says who somebody is (`sub`, and `member_id` where that is a member of the Party) and what was granted. It is signed with
the newest key of the issuer's folder; the roster publishes the public keys of all of them.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence

from shared.settings import Settings
from shared.web.permissions import ROLES
from shared.web.signing import KeyFolder

LONGEST_HOURS = 24 * 366
_SUBJECTS = uuid.UUID("6f3c1c1e-0e0e-5b6a-9a8e-3f0d3a4b5c6d")


class Issuer:
    """Signs tokens for one cell. The keys lie under the data folder, mode 0600, and are made when missing."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.token_issuer
        self.keys = KeyFolder(settings.issuer_folder)

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """The public keys as a JWK set."""
        return self.keys.jwks()

    def sign(self, claims: Mapping[str, object], seconds: int) -> str:
        """A token with these claims, from now on for `seconds` of the machine's clock."""
        now = int(time.time())
        return self.keys.sign({"iss": self.url, "iat": now, "exp": now + seconds, **claims})

    def token(self, roles: Sequence[str], organization: str | None = None, member: str | None = None, hours: float = 12) -> str:
        """A token with `roles`, each held for `organization` (without it: admin and service for the whole cell, member for itself).

        The same roles, organisation and member always give the same `sub`; with a member that of the member's own account.

        Raises:
            ValueError: a word is no role, an id is no UUID, or the hours are not within 0 and a year.
        """
        if wrong := sorted(set(roles) - set(ROLES)):
            raise ValueError(f"no such role: {', '.join(wrong)}; the roles are {', '.join(ROLES)}")
        if not roles or not 0 < hours <= LONGEST_HOURS:
            raise ValueError("give at least one role, and hours within 0 and a year")
        place = None if organization is None else str(uuid.UUID(organization))
        grants = [{"role": role} | ({"organization_id": place} if place else {}) for role in dict.fromkeys(roles)]
        claims: dict[str, object] = {"sub": subject_of(roles, place, member), "grants": grants}
        if member is not None:
            claims["member_id"] = str(uuid.UUID(member))
        return self.sign(claims, int(hours * 3600))


def subject_of(roles: Sequence[str], organization: str | None, member: str | None) -> str:
    """The `sub` that stands for a member's own account, or else for these roles at this organisation."""
    if member is not None:
        return account_of(member)
    return str(uuid.uuid5(_SUBJECTS, json.dumps(["roles", sorted(set(roles)), organization])))


def account_of(member: str) -> str:
    """The `sub` of a member's own account."""
    return str(uuid.uuid5(_SUBJECTS, json.dumps(["member", str(uuid.UUID(member))])))
