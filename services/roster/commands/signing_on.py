"""What a service gets for a code or a refresh token: whose session it is, and what the account holds now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from services.roster.commands.accounts import Desk
from services.roster.domain.accounts import Account, claimed


class Said(TypedDict):
    """The facts from which the issuer makes the tokens of a session."""

    account_id: str
    member_id: str | None
    grants: list[dict[str, str | None]]
    client_id: str
    nonce: str | None
    refresh: str


@dataclass(frozen=True)
class SignedOn:
    """Somebody who is signed in, for the service `client_id`."""

    account: Account
    client_id: str
    nonce: str | None
    refresh: str

    @property
    def said(self) -> Said:
        """What its tokens say (`Issuer.session_answer`)."""
        grants = [{"role": grant.role, "organization_id": grant.organization_id} for grant in claimed(self.account)]
        return Said(
            account_id=self.account.id,
            member_id=self.account.member_id,
            grants=grants,
            client_id=self.client_id,
            nonce=self.nonce,
            refresh=self.refresh,
        )


async def redeem(desk: Desk, code: str, verifier: str, redirect_uri: str, client_id: str) -> SignedOn | None:
    """Who the code stands for; None where it, its verifier or its address is wrong, or the session over."""
    found = desk.sign_ons.redeem(code, verifier, redirect_uri, client_id)
    if found is None:
        return None
    session, asked = found
    account = await desk.open_session(session)
    return SignedOn(account, client_id, asked.nonce, desk.sign_ons.refresh_token(session, client_id)) if account else None


async def refresh(desk: Desk, token: str, client_id: str) -> SignedOn | None:
    """Who the refresh token stands for; None where the session is over."""
    session = desk.sign_ons.refreshed(token, client_id)
    account = await desk.open_session(session)
    return SignedOn(account, client_id, None, token) if account else None


def revoke(desk: Desk, token: str, client_id: str) -> None:
    """End the session that the refresh token belongs to, if it does."""
    if session := desk.sign_ons.refreshed(token, client_id):
        desk.sign_ons.end(session.account_id, session.session_id)
