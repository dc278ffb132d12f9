"""What pages of accounts say: roles, and what happened to an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.roster.events.accounts import AccountClosed, AccountOpened, PasswordReset, RolesSet
from services.roster.projections.organizations import ORGANIZATIONS
from shared.events import Event
from shared.projections import Snapshot
from shared.web import Doorway
from shared.web.languages import message

ROLES = {
    "admin": message("管理员"),
    "county_supervisor": message("县级督导"),
    "town_officer": message("镇党委干部"),
    "branch_secretary": message("支部书记"),
    "committee_member": message("支委"),
    "member": message("党员"),
}
HAPPENED: Mapping[type[Event], str] = {
    AccountOpened: message("开通账号"),
    RolesSet: message("更改职责"),
    PasswordReset: message("重置密码，原来的登录全部退出"),
    AccountClosed: message("注销账号"),
}


async def organization_names(snapshot: Snapshot, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of these organisations."""
    wanted = dict.fromkeys(filter(None, ids))
    rows = [await snapshot.row(ORGANIZATIONS, organization_id=one) for one in wanted]
    return {row["organization_id"]: row["name"] for row in rows if row}


async def person_name(door: Doorway, person: str) -> str | None:
    """The member's name; None for somebody who is no member, or was erased."""
    names: Any = door.state.names
    found = await names.of([person])
    return found[person].text if person in found else None
