"""What happened to people's accounts: by whom, for whom, with which roles. Login names and passwords lie beside the log."""

from __future__ import annotations

import msgspec

from shared.events import Event, event


class AccountGrant(msgspec.Struct, frozen=True):
    """A role, held for an organisation and all below it; an administrator's for the whole cell."""

    role: str
    organization_id: str | None = None


@event("accounts.account-opened.v1")
class AccountOpened(Event, frozen=True):
    """Somebody may sign in, the member `member_id` where it is one, with these roles. Stream `account/<account_id>`."""

    account_id: str
    member_id: str | None
    grants: tuple[AccountGrant, ...]
    recorded_by: str


@event("accounts.roles-set.v1")
class RolesSet(Event, frozen=True):
    """What the account may do from now on, in the place of all it was granted before."""

    account_id: str
    grants: tuple[AccountGrant, ...]
    recorded_by: str


@event("accounts.password-reset.v1")
class PasswordReset(Event, frozen=True):
    """Somebody else gave the account a new one-time password; its sessions and its second factor ended."""

    account_id: str
    recorded_by: str


@event("accounts.account-closed.v1")
class AccountClosed(Event, frozen=True):
    """Nobody can sign in with the account any more; login name and password were destroyed."""

    account_id: str
    recorded_by: str
