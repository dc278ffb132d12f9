"""The local issuer: the roster signs the tokens of its cell, unless the settings name another issuer.

A token says who somebody is (`sub`, and `member_id` where that is a member of the Party) and what was granted. It is signed with
the newest key of the issuer's folder; the roster publishes the public keys of all of them.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence

from shared.settings import SERVICES, Settings
from shared.web.permissions import ROLES
from shared.web.signing import KeyFolder

LONGEST_HOURS = 24 * 366
SESSION_TOKEN_SECONDS = 600
"""A changed role, a closed account and an ended session take so long at most to reach every page."""
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

    def session_answer(
        self,
        *,
        account_id: str,
        member_id: str | None,
        grants: Sequence[Mapping[str, str | None]],
        client_id: str,
        nonce: str | None,
        refresh: str,
    ) -> dict[str, object]:
        """What the token endpoint gives to the pages of a service for somebody who is signed in (OpenID Connect Core, 3.1.3.3)."""
        held = [{name: value for name, value in grant.items() if value is not None} for grant in grants]
        claims: dict[str, object] = {"sub": account_id, "grants": held}
        claims |= {"member_id": member_id} if member_id else {}
        identity = {"sub": account_id, "aud": client_id}
        identity |= {"nonce": nonce} if nonce else {}
        return {
            "access_token": self.sign(claims, SESSION_TOKEN_SECONDS),
            "id_token": self.sign(identity, SESSION_TOKEN_SECONDS),
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": SESSION_TOKEN_SECONDS,
        }

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


def return_address(settings: Settings, client_id: str) -> str | None:
    """Where the pages of this client take the browser back: those of the cell's own services. None for any other client."""
    kind, _, name = client_id.partition("/")
    found = next((service for service in SERVICES if service == name), None) if kind == "service" else None
    return None if found is None else f"{settings.browser_url_of(found)}/sign-in/return"


def subject_of(roles: Sequence[str], organization: str | None, member: str | None) -> str:
    """The `sub` that stands for a member's own account, or else for these roles at this organisation."""
    if member is not None:
        return account_of(member)
    return str(uuid.uuid5(_SUBJECTS, json.dumps(["roles", sorted(set(roles)), organization])))


def account_of(member: str) -> str:
    """The `sub` of a member's own account."""
    return str(uuid.uuid5(_SUBJECTS, json.dumps(["member", str(uuid.UUID(member))])))
