"""Accounts: load, decide, save; and the desk where people sign in, whose tables lie in a database of their own."""

from __future__ import annotations

from collections.abc import Sequence

from services.roster.commands.attempts import Attempts
from services.roster.commands.credentials import Credentials
from services.roster.commands.sign_ons import SignOn, SignOns
from services.roster.domain import accounts as rules
from services.roster.domain.accounts import Account
from services.roster.events.accounts import AccountGrant
from shared.events import Recorded
from shared.store import Loaded, Log, Reply, Stored, again_when_stale

ATTEMPTS_KEY = "mac/attempts"


class Desk:
    """Where people sign in: credentials, sessions and failed attempts of one roster."""

    def __init__(self, log: Log) -> None:
        self._database = log.storage.database("accounts")
        self.log = log
        self.credentials = Credentials(log, self._database)
        self.sign_ons = SignOns(log, self._database)
        self.attempts = Attempts(self._database, lambda data: log.keys.mac(ATTEMPTS_KEY, data))

    async def open_session(self, session: SignOn | None) -> Account | None:
        """The account of a session, as it is now; None where it was closed, or opened anew, since."""
        if session is None:
            return None
        account = (await _load(self.log, session.account_id)).state
        return account if account.is_open and account.opening == session.opening else None

    def close(self) -> None:
        """Give back what can be given back."""
        self._database.close()


async def account_of(log: Log, account_id: str) -> Account:
    """The open account; raises UnknownAccount."""
    account = (await _load(log, account_id)).state
    rules.check_open(account)
    return account


async def is_open(log: Log, account_id: str) -> bool:
    """Whether there is such an account."""
    return (await _load(log, account_id)).state.is_open


async def history_of(log: Log, account_id: str) -> tuple[Recorded, ...]:
    """What happened to the account, in order."""
    return await log.history(f"account/{account_id}")


async def open_account(
    desk: Desk,
    account_id: str,
    *,
    member_id: str | None,
    grants: Sequence[AccountGrant],
    login: str | None,
    by: str,
    reply: Reply | None = None,
) -> tuple[Stored, str, str]:
    """Let somebody sign in; returns what was stored, the login name and the one-time password, which nobody sees again.

    Raises:
        AccountExists, BadLogin, LoginTaken.
    """
    account = await _load(desk.log, account_id)
    opened = rules.open_account(account.state, account_id, member_id, grants, by)
    desk.credentials.check_free(account_id, login)
    stored = await desk.log.append([account.then(opened)], reply=reply)
    name, password = await desk.credentials.give_first_password(account_id, login)
    return stored, name, password


@again_when_stale
async def set_roles(log: Log, account_id: str, grants: Sequence[AccountGrant], *, by: str, reply: Reply | None = None) -> Stored:
    """From now on the account holds these roles: within the life of one access token. Raises UnknownAccount."""
    account = await _load(log, account_id)
    return await log.append([account.then(*rules.set_roles(account.state, grants, by))], reply=reply)


async def reset_password(desk: Desk, account_id: str, *, by: str, reply: Reply | None = None) -> tuple[Stored, str, str]:
    """A new one-time password; sessions and second factor end. Returns what was stored, login name and password. Raises UnknownAccount."""
    stored = await _record_reset(desk.log, account_id, by, reply)
    name, password = await desk.credentials.give_first_password(account_id)
    desk.sign_ons.end(account_id)
    return stored, name, password


@again_when_stale
async def close_account(desk: Desk, account_id: str, *, by: str, reply: Reply | None = None) -> Stored:
    """Nobody signs in any more; login name and password are destroyed. Raises UnknownAccount."""
    account = await _load(desk.log, account_id)
    stored = await desk.log.append([account.then(rules.close_account(account.state, by))], reply=reply)
    desk.sign_ons.end(account_id)
    desk.credentials.destroy(account_id)
    return stored


async def close_if_open(desk: Desk, account_id: str, *, by: str) -> None:
    """The account is closed from now on, whether or not there was one: that of a member whose profile was erased."""
    if await is_open(desk.log, account_id):
        await close_account(desk, account_id, by=by)


@again_when_stale
async def _record_reset(log: Log, account_id: str, by: str, reply: Reply | None) -> Stored:
    account = await _load(log, account_id)
    return await log.append([account.then(rules.reset_password(account.state, by))], reply=reply)


async def _load(log: Log, account_id: str) -> Loaded[Account]:
    return await log.load(f"account/{account_id}", Account(), rules.evolve)
