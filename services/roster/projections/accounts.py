"""The view of open accounts: whose each is and what it may do. Login names and passwords are in no view."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from services.roster.events.accounts import AccountClosed, AccountGrant, AccountOpened, RolesSet
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

ACCOUNTS = Table("accounts", key=("account_id",), columns={"account_id": str, "member_id": str, "grants": list}, indexes=[("member_id",)])


class Accounts(Projection):
    """Each account that is open."""

    name = "accounts"
    tables: ClassVar[tuple[Table, ...]] = (ACCOUNTS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """See Projection."""
        match recorded.event:
            case AccountOpened() as e:
                page.put(ACCOUNTS, account_id=e.account_id, member_id=e.member_id, grants=_plain(e.grants))
            case RolesSet() as e:
                for row in page.find(ACCOUNTS, account_id=e.account_id):
                    page.put(ACCOUNTS, **{**row, "grants": _plain(e.grants)})
            case AccountClosed() as e:
                page.drop(ACCOUNTS, e.account_id)


async def accounts_of_nobody(snapshot: Snapshot) -> list[Values]:
    """The accounts of people who are no members here: administrators, officers."""
    return await snapshot.rows(ACCOUNTS, order_by=("account_id",), member_id=None)


async def accounts_by_member(snapshot: Snapshot) -> dict[str, Values]:
    """The accounts of members."""
    return {row["member_id"]: row for row in await snapshot.rows(ACCOUNTS) if row["member_id"]}


def _plain(grants: tuple[AccountGrant, ...]) -> list[dict[str, object]]:
    return [msgspec.structs.asdict(grant) for grant in grants]
