"""`xingqi account admin`: the way in of the first administrator, by a one-time password that is printed here and nowhere kept."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

import services.roster.events  # noqa: F401 - every topic is known before the log is read
from services.roster.commands import accounts
from services.roster.commands.accounts import Desk
from services.roster.commands.clients import SIDE_TABLES as CLIENT_TABLES
from services.roster.commands.profiles import SIDE_TABLES
from services.roster.domain.passwords import BadLogin, LoginTaken
from services.roster.events.accounts import AccountGrant
from shared.settings import Settings, read_settings
from shared.store import Log, open_log
from xingqi.stop import Stop

OPERATOR = "operator"
"""Who is recorded as having opened an account by this command: whoever can run it on the server."""


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi account`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Open the account of an administrator and print its login name and one-time password, which is good once, within "
        "14 days. There is no default password anywhere: this is how the first administrator comes in, and how one comes in again who lost "
        "password and second factor (--reset LOGIN). The roster may run meanwhile. It is recorded in the log.",
    )
    made.add_argument("role", choices=["admin"], help="all other accounts are opened by an administrator or a town's officer")
    made.add_argument("--login", metavar="NAME", help="the login name (without it one is made up)")
    made.add_argument("--reset", metavar="NAME", help="give the administrator with this login name a new one-time password instead")
    return made


def run(options: argparse.Namespace) -> int:
    """Print the slip.

    Raises:
        Stop: the cell has an outside issuer, or the login name can't be used.
    """
    settings = read_settings()
    if settings.issuer is not None:
        raise Stop(f"XINGQI_ISSUER names {settings.issuer}: accounts are kept there.")
    try:
        (login, password), *_ = asyncio.run(opened(settings, [AccountGrant("admin")], login=options.login, reset=options.reset))
    except (BadLogin, LoginTaken) as refused:
        raise Stop(f"{refused.detail}", 2) from None
    print(f"login     {login}\npassword  {password}\nsign in   {settings.browser_url_of('roster')}/account")
    return 0


async def opened(
    settings: Settings, *each: Sequence[AccountGrant], login: str | None = None, reset: str | None = None
) -> list[tuple[str, str]]:
    """Open one account with each of these roles, on the store itself; login names and one-time passwords."""
    log = open_log(settings, "roster", (*SIDE_TABLES, *CLIENT_TABLES))
    desk = Desk(log)
    try:
        if reset is not None:
            return [await _reset(desk, reset)]
        return [await _open(desk, grants, login) for grants in each]
    finally:
        desk.close()
        await asyncio.to_thread(log.close)


async def _open(desk: Desk, grants: Sequence[AccountGrant], login: str | None) -> tuple[str, str]:
    account_id = Log.new_id()
    _, name, password = await accounts.open_account(desk, account_id, member_id=None, grants=grants, login=login, by=OPERATOR)
    return name, password


async def _reset(desk: Desk, login: str) -> tuple[str, str]:
    account_id = desk.credentials.account_of(login)
    account = await accounts.account_of(desk.log, account_id) if account_id else None
    if account is None or AccountGrant("admin") not in account.grants:
        raise Stop(f"There is no administrator with the login name {login}.")
    _, name, password = await accounts.reset_password(desk, account.id, by=OPERATOR)
    return name, password
