"""The pages on which an administrator or a town's officer opens accounts, prints slips, resets and closes."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Form, Query
from starlette.responses import RedirectResponse, Response

from services.roster.commands.accounts import account_of as open_account_of
from services.roster.commands.organizations import organization_of
from services.roster.domain.accounts import KINDS, UnknownAccount
from services.roster.domain.organizations import UnknownOrganization
from services.roster.issuer import account_of
from services.roster.pages.words import ROLES, organization_names, person_name
from services.roster.projections.accounts import accounts_by_member, accounts_of_nobody
from services.roster.projections.organizations import ORGANIZATIONS, subtree
from shared.projections import Snapshot
from shared.web import Door, Doorway, Id, Router, problems
from shared.web.languages import message
from shared.web.own_routes import OwnRoutes, Refused
from shared.web.pages import Pages

NO_STORE = {"Cache-Control": "no-store"}
AT_A_BRANCH = ("branch_secretary", "committee_member")
CODES = {
    "more_than_own": message("这个账号有您不能给的职责，请找管理员。"),
    "not_allowed": message("这不在您的职责范围内。"),
    "bad_roles": message("职责与组织对不上：督导在县，干部在镇，书记和支委在支部。"),
    "account_exists": message("这位党员已经有账号。"),
    "login_taken": message("这个登录名已经有人用了，请换一个。"),
    "bad_login": message("登录名用3到64个字母、数字、点、横线或下划线。"),
    "unknown_account": message("没有这个账号，或者已经注销。"),
}
NOBODY_TICKED = message("请先勾选要开通账号的党员。")
OTHER = message("没有办成，请看一下现在的情况再试。")
router = Router(tags=["Pages of accounts"], include_in_schema=False)
Text = Annotated[str, Form(max_length=200)]
Ticked = Annotated[tuple[str, ...], Form(max_length=500)]


@router.get("/accounts", response_model=None, responses=problems(UnknownOrganization))
async def get_accounts(door: Door, organization_id: Annotated[Id | None, Query()] = None) -> Response:
    """The branches whose accounts the caller keeps; or the members of one, with their accounts."""
    if organization_id is None:
        return await _branches(door)
    await organization_of(door.log, organization_id)
    await door.require(organization=organization_id)
    return await _branch(door, organization_id)


@router.post("/accounts/slips", response_model=None, responses=problems(UnknownOrganization))
async def post_slips(door: Door, *, organization_id: Annotated[Id, Form()], member: Ticked = ()) -> Response:
    """Open accounts for the ticked members of a branch, and show their slips, to be printed and cut."""
    await organization_of(door.log, organization_id)
    await door.require(organization=organization_id)
    own, slips = OwnRoutes(door), list[dict[str, Any]]()
    for one in member:
        try:
            slips.append({"member_id": one} | (await own.send("POST", "/accounts", {"member_id": one})).body)
        except Refused as refused:
            if refused.code != "account_exists":  # sent twice: who has one keeps it
                return await _branch(door, organization_id, _why(refused), refused.status)
    if not slips:
        return await _branch(door, organization_id, NOBODY_TICKED, 422)
    return await _slips(door, slips)


@router.post("/accounts/officers", response_model=None)
async def post_officer(door: Door, *, role: Text = "", organization_id: Text = "", login: Text = "") -> Response:
    """Open the account of an officer who is no member here; its slip is shown."""
    await door.require(organization=organization_id or None)
    grant = {"role": role} | ({"organization_id": organization_id} if organization_id else {})
    try:
        told = await OwnRoutes(door).send("POST", "/accounts", {"grants": [grant]} | ({"login": login} if login else {}))
    except Refused as refused:
        return await _branches(door, _why(refused), refused.status)
    return await _slips(door, [told.body])


@router.get("/accounts/{account_id}/page", response_model=None, responses=problems(UnknownAccount))
async def get_page(account_id: Id, door: Door) -> Response:
    """One account: its roles, a new slip, closing."""
    return await _account(door, account_id)


@router.post("/accounts/{account_id}/slip", response_model=None, responses=problems(UnknownAccount))
async def post_slip(account_id: Id, door: Door) -> Response:
    """A new one-time password for who forgot it; its slip is shown."""
    account = await _known(door, account_id)
    try:
        told = await OwnRoutes(door).send("POST", f"/accounts/{account_id}/password")
    except Refused as refused:
        return await _account(door, account_id, _why(refused), refused.status)
    return await _slips(door, [{"member_id": account.member_id} | told.body])


@router.post("/accounts/{account_id}/roles", response_model=None, responses=problems(UnknownAccount))
async def post_roles(account_id: Id, door: Door, *, role: Ticked = ()) -> Response:
    """Give the roles that are ticked, each `role` or `role organization`, instead of what the account held."""
    await _known(door, account_id)
    grants = [{"role": word, **({"organization_id": place} if place else {})} for word, _, place in (one.partition(" ") for one in role)]
    try:
        await OwnRoutes(door).send("PUT", f"/accounts/{account_id}/grants", {"grants": grants})
    except Refused as refused:
        return await _account(door, account_id, _why(refused), refused.status)
    return RedirectResponse(f"/accounts/{account_id}/page", 303)


@router.post("/accounts/{account_id}/closing", response_model=None, responses=problems(UnknownAccount))
async def post_closing(account_id: Id, door: Door) -> Response:
    """Close the account."""
    await _known(door, account_id)
    try:
        await OwnRoutes(door).send("DELETE", f"/accounts/{account_id}")
    except Refused as refused:
        return await _account(door, account_id, _why(refused), refused.status)
    return RedirectResponse("/accounts", 303)


async def _branches(door: Doorway, error: str | None = None, status: int = 200) -> Response:
    scopes, snapshot = await door.scopes(), await door.snapshot(is_current=True)
    roots = sorted(scopes) if scopes is not None else [row["organization_id"] for row in await snapshot.rows(ORGANIZATIONS, kind="county")]
    places = [row for root in roots for row in await subtree(snapshot, root)]
    officers = await accounts_of_nobody(snapshot) if door.has("admin") else []
    named = await organization_names(snapshot, (grant["organization_id"] for one in officers for grant in one["grants"]))
    return _render(door, "accounts.html", status, places=places, officers=officers, names=named, kinds=KINDS, roles=ROLES, error=error)


async def _branch(door: Doorway, organization_id: str, error: str | None = None, status: int = 200) -> Response:
    snapshot = await door.snapshot(is_current=True)
    held = await accounts_by_member(snapshot)
    members = await OwnRoutes(door).every("/members", branch_id=organization_id)
    rows = [{**one, "account_id": account_of(one["id"]), "grants": held.get(one["id"], {}).get("grants")} for one in members]
    name = (await organization_of(door.log, organization_id)).name
    return _render(door, "branch_accounts.html", status, name=name, organization_id=organization_id, members=rows, roles=ROLES, error=error)


async def _account(door: Doorway, account_id: str, error: str | None = None, status: int = 200) -> Response:
    account = await _known(door, account_id)
    snapshot = await door.snapshot(is_current=True)
    choices = await _choices(door, snapshot, account.member_id)
    held = {f"{grant.role} {grant.organization_id or ''}".strip() for grant in account.grants}
    places = await organization_names(snapshot, [*(grant.organization_id for grant in account.grants), *(one[1] for one in choices)])
    offered = dict.fromkeys([*(f"{role} {place or ''}".strip() for role, place in choices), *sorted(held)])
    return _render(
        door,
        "one_account.html",
        status,
        account=account,
        name=await person_name(door, account.member_id) if account.member_id else None,
        offered=[{"value": one, "role": ROLES[one.partition(" ")[0]], "place": places.get(one.partition(" ")[2])} for one in offered],
        held=held,
        error=error,
    )


async def _choices(door: Doorway, snapshot: Snapshot, member_id: str | None) -> list[tuple[str, str | None]]:
    """The roles that are offered for a member: at its branch, and to an administrator those above it."""
    if member_id is None:
        return []
    above = await door.places.ancestry(await door.places.branch_of(member_id))
    found: list[tuple[str, str | None]] = [(role, above[0]) for role in AT_A_BRANCH]
    if not door.has("admin"):
        return found
    kinds = [(await snapshot.row(ORGANIZATIONS, organization_id=one) or {"kind": ""}, one) for one in above]
    found += [(role, one) for row, one in kinds for role, kind in KINDS.items() if row["kind"] == kind and role not in AT_A_BRANCH]
    return [*found, ("admin", None)]


async def _known(door: Doorway, account_id: str) -> Any:  # noqa: ANN401 - the domain's account
    account = await open_account_of(door.log, account_id)
    places = (grant.organization_id for grant in account.grants if grant.organization_id)
    branch = await door.places.branch_of(account.member_id) if account.member_id else next(places, None)
    await door.require(organization=branch)
    return account


async def _slips(door: Doorway, slips: list[dict[str, Any]]) -> Response:
    named = [one | {"name": await person_name(door, one["member_id"]) if one.get("member_id") else None} for one in slips]
    return _render(door, "slips.html", 200, slips=named, address=f"{door.settings.browser_url_of('evaluation')}/my")


def _why(refused: Refused) -> str:
    return CODES.get(refused.code, OTHER)


def _render(door: Doorway, template: str, status: int, **context: Any) -> Response:  # noqa: ANN401 - what the template is given
    return cast(Pages, door.state.pages).render(door.request, template, status=status, headers=NO_STORE, **context)
