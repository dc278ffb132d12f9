"""Accounts: who may sign in with which roles, and who may give them (design: trust.md, "Who may do what")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.roster.events.accounts import AccountClosed, AccountGrant, AccountOpened, PasswordReset, RolesSet
from shared.errors import Conflict, Invalid, NotAllowed, Unknown
from shared.events import Event, Recorded

ADMIN, MEMBER = "admin", "member"
KINDS = {"county_supervisor": "county", "town_officer": "town", "branch_secretary": "branch", "committee_member": "branch"}
"""At which kind of organisation each role is held."""
OF_MEMBERS = frozenset({"branch_secretary", "committee_member"})
"""Roles that only a member of the Party holds: two-person steps compare persons, and these act in them."""
GIVEN_BY = {ADMIN: frozenset({ADMIN, *KINDS}), "town_officer": OF_MEMBERS}
"""Which roles each giver gives. An officer gives no officer's role: whoever could make a second officer could be its own second person."""
MOST_GRANTS = 20


class UnknownAccount(Unknown):
    """No account under this id, or none any more."""

    code = "unknown_account"
    sentence = "There is no account under this id, or it was closed."


class AccountExists(Conflict):
    """The member has an account already."""

    code = "account_exists"
    sentence = "This member has an account already; reset its password or change its roles."


class BadRoles(Invalid):
    """The roles can't be held so."""

    code = "bad_roles"
    sentence = (
        "Give county_supervisor at a county, town_officer at a town, branch_secretary and committee_member at a branch and to members "
        "alone, admin without an organisation; each once, and at least one to who is no member."
    )


class MoreThanOwn(NotAllowed):
    """Who gives, resets or closes has not what the account holds."""

    code = "more_than_own"
    sentence = "This account holds, or would hold, what is not yours to give: ask an administrator."


@dataclass(frozen=True)
class Account:
    """An account; `id` is empty where none was opened."""

    id: str = ""
    member_id: str | None = None
    grants: tuple[AccountGrant, ...] = ()
    is_open: bool = False
    opening: int = 0
    """At which version of its stream it was opened: what belonged to an earlier opening is worth nothing."""


def evolve(account: Account, recorded: Recorded) -> Account:
    """The account after one more event of its stream."""
    match recorded.event:
        case AccountOpened() as e:
            return Account(e.account_id, e.member_id, e.grants, is_open=True, opening=recorded.version)
        case RolesSet() as e:
            return replace(account, grants=e.grants)
        case AccountClosed():
            return replace(account, grants=(), is_open=False)
        case _:
            return account


def open_account(account: Account, account_id: str, member_id: str | None, grants: Sequence[AccountGrant], by: str) -> AccountOpened:
    """Somebody may sign in. Raises AccountExists."""
    if account.is_open:
        raise AccountExists
    return AccountOpened(account_id=account_id, member_id=member_id, grants=tuple(grants), recorded_by=by)


def set_roles(account: Account, grants: Sequence[AccountGrant], by: str) -> tuple[Event, ...]:
    """From now on the account holds these; no event where that is so already. Raises UnknownAccount."""
    check_open(account)
    return () if tuple(grants) == account.grants else (RolesSet(account_id=account.id, grants=tuple(grants), recorded_by=by),)


def reset_password(account: Account, by: str) -> PasswordReset:
    """Whatever opened the account before is worth nothing. Raises UnknownAccount."""
    check_open(account)
    return PasswordReset(account_id=account.id, recorded_by=by)


def close_account(account: Account, by: str) -> AccountClosed:
    """Nobody signs in with it any more. Raises UnknownAccount."""
    check_open(account)
    return AccountClosed(account_id=account.id, recorded_by=by)


def check_open(account: Account) -> None:
    """Return if there is such an account; raises UnknownAccount."""
    if not account.is_open:
        raise UnknownAccount


def proper_grants(member_id: str | None, grants: Sequence[AccountGrant], kinds: Mapping[str, str]) -> tuple[AccountGrant, ...]:
    """The roles as an account holds them; that of a member goes without saying. `kinds`: organisation -> what it is.

    Raises:
        BadRoles: see its sentence.
    """
    held = tuple(grant for grant in grants if grant != AccountGrant(MEMBER))
    wrong = [number for number, grant in enumerate(held) if not _is_proper(grant, member_id, kinds)]
    if wrong or len(set(held)) < len(held) or len(held) > MOST_GRANTS or not (held or member_id):
        raise BadRoles(errors=[(f"/grants/{number}", BadRoles.sentence) for number in wrong] or [("/grants", BadRoles.sentence)])
    return held


def check_givable(grants: Sequence[AccountGrant], held: Sequence[AccountGrant], above: Mapping[str, Sequence[str]]) -> None:
    """Return if who holds the roles `held` may give all of `grants`. `above`: organisation -> itself and each one above it.

    Raises:
        MoreThanOwn: it may not.
    """
    for grant in grants:
        if not any(_may_give(mine, grant, above) for mine in held):
            raise MoreThanOwn


def claimed(account: Account) -> list[AccountGrant]:
    """What a token of the account says: its roles, and that of a member for itself."""
    return [*account.grants, *([AccountGrant(MEMBER)] if account.member_id else [])]


def _is_proper(grant: AccountGrant, member_id: str | None, kinds: Mapping[str, str]) -> bool:
    if grant.role == ADMIN:
        return grant.organization_id is None
    is_right_kind = grant.role in KINDS and kinds.get(grant.organization_id or "") == KINDS[grant.role]
    return is_right_kind and (member_id is not None or grant.role not in OF_MEMBERS)


def _may_give(mine: AccountGrant, grant: AccountGrant, above: Mapping[str, Sequence[str]]) -> bool:
    if grant.role not in GIVEN_BY.get(mine.role, ()):
        return False
    if mine.organization_id is None:
        return mine.role == ADMIN
    return grant.organization_id is not None and mine.organization_id in above.get(grant.organization_id, ())
