"""How the roster's own pages reach the issuer: it is the roster itself, so nothing goes over the network."""

from __future__ import annotations

from urllib.parse import urlencode

from services.roster.commands import signing_on
from services.roster.commands.accounts import Desk
from services.roster.commands.signing_on import SignedOn
from services.roster.issuer import Issuer
from shared.settings import Settings
from shared.web.provider import Tokened, tokened


class OwnProvider:
    """See `shared.web.provider.Provider`."""

    client_id = "service/roster"

    def __init__(self, settings: Settings, desk: Desk) -> None:
        self._address = f"{settings.browser_url_of('roster')}/authorize"
        self._issuer = Issuer(settings)
        self._desk = desk

    async def address(self, **asked: str) -> str:
        """See Provider."""
        return f"{self._address}?{urlencode(asked)}"

    async def redeemed(self, code: str, verifier: str, redirect_uri: str) -> Tokened | None:
        """See Provider."""
        return self._given(await signing_on.redeem(self._desk, code, verifier, redirect_uri, self.client_id))

    async def refreshed(self, refresh: str) -> Tokened | None:
        """See Provider."""
        return self._given(await signing_on.refresh(self._desk, refresh, self.client_id))

    async def revoked(self, refresh: str) -> None:
        """See Provider."""
        signing_on.revoke(self._desk, refresh, self.client_id)

    async def close(self) -> None:
        """Nothing to give back."""

    def _given(self, signed_on: SignedOn | None) -> Tokened | None:
        return tokened(self._issuer.session_answer(**signed_on.said)) if signed_on else None
