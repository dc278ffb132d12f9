"""Accounts: the logins of people, opened and kept by an administrator or the town's officer."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import Response
from pydantic import BaseModel, Field

from services.roster.commands import account_scope, accounts
from services.roster.commands.accounts import Desk
from services.roster.domain.accounts import Account, AccountExists, BadRoles, MoreThanOwn, UnknownAccount
from services.roster.domain.members import UnknownMember
from services.roster.domain.organizations import UnknownOrganization
from services.roster.domain.passwords import BadLogin, LoginTaken
from services.roster.events.accounts import AccountGrant
from services.roster.issuer import account_of
from shared.web import Body, Door, Doorway, Id, Router, ShortText, answered, json_answer, problems
from shared.web.answers import POSITION_HEADER

router = Router(tags=["Accounts"])
NO_STORE = {"Cache-Control": "no-store"}


class RoleBody(Body):
    """A role, held for an organisation and all below it; that of an administrator for the whole cell."""

    role: Literal["admin", "county_supervisor", "town_officer", "branch_secretary", "committee_member", "member"]
    organization_id: Id | None = None


class AccountBody(Body):
    """Who may sign in. `login`: made up where it is left out; `member` goes without saying for a member."""

    member_id: Id | None = None
    login: ShortText | None = None
    grants: Annotated[tuple[RoleBody, ...], Field(max_length=20)] = ()


class RolesBody(Body):
    """What the account may do from now on."""

    grants: Annotated[tuple[RoleBody, ...], Field(max_length=20)]


class RoleAnswer(BaseModel):
    """One role."""

    role: str
    organization_id: str | None


class AccountAnswer(BaseModel):
    """An account: whose it is and what it may do; never its login name."""

    id: str
    member_id: str | None
    grants: list[RoleAnswer]


class SlipAnswer(BaseModel):
    """Login name and one-time password, shown this once: not even the same Idempotency-Key shows them again."""

    id: str
    login: str | None = None
    password: str | None = None


@router.post(
    "/accounts",
    status_code=201,
    response_model=SlipAnswer,
    responses=problems(UnknownMember, UnknownOrganization, AccountExists, BadRoles, MoreThanOwn, BadLogin, LoginTaken),
)
async def post_account(body: AccountBody, door: Door) -> Response:
    """Open an account. Whoever holds the slip signs in once, within 14 days, and then chooses a password of its own."""
    grants = await account_scope.proper(door.log, body.member_id, _grants(body.grants))
    await _require(door, body.member_id, grants)
    account_id = account_of(body.member_id) if body.member_id else door.log.new_id()
    stored, login, password = await accounts.open_account(
        _desk(door),
        account_id,
        member_id=body.member_id,
        grants=grants,
        login=body.login,
        by=door.caller.person,
        reply=door.reply(201, lambda _: {"id": account_id}),
    )
    answer = {"id": account_id, "login": login, "password": password}
    return json_answer(answer, 201, headers=NO_STORE | {POSITION_HEADER: str(stored.position)})


@router.get("/accounts/{account_id}", response_model=AccountAnswer, responses=problems(UnknownAccount))
async def get_account(account_id: Id, door: Door) -> Response:
    """One account and its roles."""
    account = await _kept(door, account_id)
    return json_answer(_shown(account))


@router.put(
    "/accounts/{account_id}/grants",
    response_model=AccountAnswer,
    responses=problems(UnknownAccount, UnknownOrganization, BadRoles, MoreThanOwn),
)
async def put_grants(account_id: Id, body: RolesBody, door: Door) -> Response:
    """Give these roles instead of what was given: they hold within 10 minutes."""
    account = await accounts.account_of(door.log, account_id)
    grants = await account_scope.proper(door.log, account.member_id, _grants(body.grants))
    await _kept(door, account_id)
    await _require(door, account.member_id, grants)
    answer = {"id": account_id, "member_id": account.member_id, "grants": [_role(grant) for grant in grants]}
    reply = door.reply(200, lambda _: answer)
    return answered(await accounts.set_roles(door.log, account_id, grants, by=door.caller.person, reply=reply))


@router.post("/accounts/{account_id}/password", status_code=201, response_model=SlipAnswer, responses=problems(UnknownAccount, MoreThanOwn))
async def post_password(account_id: Id, door: Door) -> Response:
    """A new one-time password for who forgot it; every session and the second factor of the account end."""
    await _kept(door, account_id)
    reply = door.reply(201, lambda _: {"id": account_id})
    stored, login, password = await accounts.reset_password(_desk(door), account_id, by=door.caller.person, reply=reply)
    answer = {"id": account_id, "login": login, "password": password}
    return json_answer(answer, 201, headers=NO_STORE | {POSITION_HEADER: str(stored.position)})


@router.delete("/accounts/{account_id}", status_code=204, responses=problems(UnknownAccount, MoreThanOwn))
async def delete_account(account_id: Id, door: Door) -> Response:
    """Close an account: nobody signs in with it any more; its login name and password are destroyed."""
    await _kept(door, account_id)
    reply = door.reply(204, lambda _: None)
    return answered(await accounts.close_account(_desk(door), account_id, by=door.caller.person, reply=reply))


async def _kept(door: Doorway, account_id: str) -> Account:
    """The open account, which the caller may keep: it could have given all that it has. Raises UnknownAccount, NotAllowed."""
    account = await accounts.account_of(door.log, account_id)
    await _require(door, account.member_id, account.grants)
    return account


async def _require(door: Doorway, member_id: str | None, grants: tuple[AccountGrant, ...]) -> None:
    """Return if the caller reaches the member and may give each of these roles. Raises NotAllowed."""
    branch = await door.places.branch_of(member_id) if member_id else None
    await door.require(organization=branch or next((grant.organization_id for grant in grants if grant.organization_id), None))
    held = [AccountGrant(grant.role, grant.organization_id) for grant in door.caller.grants]
    await account_scope.check_may_give(door.log, grants, held)


def _grants(bodies: tuple[RoleBody, ...]) -> tuple[AccountGrant, ...]:
    return tuple(AccountGrant(body.role, body.organization_id) for body in bodies)


def _shown(account: Account) -> dict[str, object]:
    return {"id": account.id, "member_id": account.member_id, "grants": [_role(grant) for grant in account.grants]}


def _role(grant: AccountGrant) -> dict[str, object]:
    return {"role": grant.role, "organization_id": grant.organization_id}


def _desk(door: Doorway) -> Desk:
    return cast(Desk, door.state.desk)
