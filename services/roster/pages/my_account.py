"""The page of one's own account: roles, sessions, password, second factor, and what others did to it."""

from __future__ import annotations

from io import BytesIO
from typing import Annotated, Any, cast

import segno
from fastapi import Form
from starlette.responses import RedirectResponse, Response

from services.roster.commands.accounts import Desk, history_of
from services.roster.commands.accounts import account_of as open_account_of
from services.roster.domain.accounts import UnknownAccount, claimed
from services.roster.domain.passwords import WeakPassword
from services.roster.pages.authorizing import DIFFERENT, WEAK
from services.roster.pages.words import HAPPENED, ROLES, organization_names, person_name
from shared.web import Door, Doorway, Router, problems
from shared.web.languages import message
from shared.web.pages import Pages

NO_STORE = {"Cache-Control": "no-store"}
WRONG_NOW = message("现在的密码不对。")
WRONG_CODE = message("验证码不对，请等手机上出现下一个再试。")
WAIT = message("试错的次数太多，请过一会儿再试。")
CHANGED = message("密码已更改，别处的登录全部退出。")
DROPPED = message("登录时不再要验证码。")
WHOEVER = "everybody sees the own account alone: it is that of the caller"
router = Router(tags=["My account"], include_in_schema=False)
Text = Annotated[str, Form(max_length=200)]


@router.get("/account", response_model=None, responses=problems(UnknownAccount))
async def get_account(door: Door) -> Response:
    """My account: what it may do, where it is signed in, and what others did to it."""
    door.open(WHOEVER)
    return await _page(door)


@router.post("/account/password", response_model=None, responses=problems(UnknownAccount))
async def post_password(door: Door, *, current: Text = "", password: Text = "", again: Text = "") -> Response:
    """Choose another password; every other session of the account ends."""
    door.open(WHOEVER)
    if refused := await _unproven(door, current):
        return await _page(door, refused, 422)
    if password != again:
        return await _page(door, DIFFERENT, 422)
    try:
        await _desk(door).credentials.choose_password(door.caller.subject, password)
    except WeakPassword:
        return await _page(door, WEAK, 422)
    _end(door, others_only=True)
    return await _page(door, said=CHANGED)


@router.post("/account/sessions", response_model=None, responses=problems(UnknownAccount))
async def post_sessions(door: Door, session: Text = "") -> Response:
    """End one session of mine, or with `all` every other one: it reaches the pages within 10 minutes."""
    door.open(WHOEVER)
    if session == "all":
        _end(door, others_only=True)
    else:
        _desk(door).sign_ons.end(door.caller.subject, session)
    return RedirectResponse("/account", 303)


@router.post("/account/second-factor", response_model=None, responses=problems(UnknownAccount))
async def post_second_factor(door: Door, *, what: Text = "", current: Text = "", code: Text = "") -> Response:
    """Ask for a code at each sign-in: `ask` shows what an authenticator scans, `confirm` takes its first code, `drop` ends it."""
    door.open(WHOEVER)
    desk, account_id = _desk(door), door.caller.subject
    if what == "confirm":
        codes = desk.credentials.confirm_second_factor(account_id, code)
        return await _page(door, None if codes else WRONG_CODE, 200 if codes else 422, recovery=codes)
    if refused := await _unproven(door, current):
        return await _page(door, refused, 422)
    if what == "drop":
        desk.credentials.drop_second_factor(account_id)
        return await _page(door, said=DROPPED)
    return await _page(door, scan=desk.credentials.ask_second_factor(account_id))


@router.get("/account/second-factor.svg", response_model=None, responses=problems(UnknownAccount))
async def get_picture(door: Door) -> Response:
    """The picture that an authenticator scans, while its first code is awaited."""
    door.open(WHOEVER)
    address = _desk(door).credentials.asked_address(door.caller.subject)
    if address is None:
        raise UnknownAccount
    picture = BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", scale=5, xmldecl=False)
    return Response(picture.getvalue(), media_type="image/svg+xml", headers=NO_STORE)


async def _unproven(door: Doorway, current: str) -> str | None:
    """What to say where the present password was not given rightly; guesses are counted as at signing in."""
    desk, account_id = _desk(door), door.caller.subject
    keys = desk.attempts.keys(account_id, "", "own account")
    if desk.attempts.seconds_to_wait(keys):
        return WAIT
    if await desk.credentials.is_password(account_id, current):
        desk.attempts.succeeded(keys)
        return None
    desk.attempts.failed(keys)
    return WRONG_NOW


def _end(door: Doorway, *, others_only: bool) -> None:
    desk, own = _desk(door), _own_session(door) if others_only else None
    for one in desk.sign_ons.all_of(door.caller.subject):
        if one.session_id != own:
            desk.sign_ons.end(door.caller.subject, one.session_id)


def _own_session(door: Doorway) -> str | None:
    """The session at the issuer that this page's session was made from."""
    refresh = door.session.refresh if door.session else None
    return refresh.partition(".")[0] if refresh else None


async def _page(door: Doorway, error: str | None = None, status: int = 200, **more: Any) -> Response:  # noqa: ANN401 - what the template is given
    account = await open_account_of(door.log, door.caller.subject)
    desk, snapshot = _desk(door), await door.snapshot()
    credential = desk.credentials.of(account.id)
    history = [
        {"what": HAPPENED[type(one.event)], "at": one.recorded_at, "by": await person_name(door, one.event.recorded_by)}  # type: ignore[attr-defined]
        for one in await history_of(door.log, account.id)
    ]
    context: dict[str, Any] = {"said": None, "scan": None, "recovery": None} | more
    return cast(Pages, door.state.pages).render(
        door.request,
        "account.html",
        status=status,
        headers=NO_STORE,
        login=credential.login if credential else "",
        has_second_factor=bool(credential and credential.totp),
        codes_left=len(credential.recovery) if credential else 0,
        name=await person_name(door, account.member_id) if account.member_id else None,
        grants=claimed(account),
        roles=ROLES,
        places=await organization_names(snapshot, (grant.organization_id for grant in account.grants)),
        sessions=desk.sign_ons.all_of(account.id),
        own_session=_own_session(door),
        history=history,
        error=error,
        **context,
    )


def _desk(door: Doorway) -> Desk:
    return cast(Desk, door.state.desk)
