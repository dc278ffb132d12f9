"""The issuer's page on which people sign in: login name and password, the second factor, and the first password of one's own.

Between the steps nothing is kept on the server: what was asked for and how far somebody has come is sealed in the form, and bound to the
browser. Only the last step makes a session.
"""

from __future__ import annotations

import secrets
import time
from typing import Annotated, cast
from urllib.parse import urlencode, urlsplit

import msgspec
from fastapi import Form, Query
from starlette.responses import RedirectResponse, Response

from services.roster.commands.accounts import Desk, account_of
from services.roster.commands.sign_ons import LONGEST_SECONDS, Asked, SignOn
from services.roster.domain.passwords import BadLogin, WeakPassword, proper_login
from services.roster.issuer import return_address
from services.roster.pages.browsers import Devices, browser_word, device_of, known_devices, remember_device
from shared.errors import Invalid
from shared.settings import SERVICES, Settings
from shared.web import Door, Doorway, Router, problems
from shared.web.languages import message
from shared.web.pages import POLICY, Pages

SECONDS_FOR_A_STEP = 1800
PASSWORD, CODE, CHOICE = "password", "code", "choice"
WRONG = message("登录名或密码不对。请再看一遍纸条，或联系镇党委重置密码。")
WRONG_CODE = message("验证码不对，或者已经用过。请等手机上出现下一个再试。")
DIFFERENT = message("两次输入的密码不一样，请再输入一次。")
WEAK = message("请换一个密码：至少10个字符，不能只有数字，不能含登录名，也不能是大家常用的。")
WAIT = message("试错的次数太多，请过一会儿再试。记不清密码的话，请联系镇党委重置。")
START_AGAIN = message("等得太久了，请重新登录。")
router = Router(tags=["Local issuer"], include_in_schema=False)
Text = Annotated[str, Form(max_length=200)]


class BadAuthorization(Invalid):
    """Not an authorization request that this issuer answers."""

    code = "bad_authorization"
    sentence = "Send response_type=code, scope openid, a known client_id with its own redirect_uri, state, and code_challenge by S256."


class Step(msgspec.Struct, frozen=True):
    """How far somebody has come: what a service asked for, in which browser, and which account has shown what."""

    asked: Asked
    browser: str
    since: float
    stage: str = PASSWORD
    account_id: str | None = None


@router.get("/authorize", response_model=None, responses=problems(BadAuthorization))
async def authorize(
    door: Door,
    *,
    client_id: Annotated[str, Query(max_length=100)] = "",
    redirect_uri: Annotated[str, Query(max_length=1000)] = "",
    response_type: Annotated[str, Query(max_length=100)] = "",
    scope: Annotated[str, Query(max_length=1000)] = "",
    state: Annotated[str, Query(max_length=4000)] = "",
    nonce: Annotated[str, Query(max_length=1000)] = "",
    code_challenge: Annotated[str, Query(max_length=200)] = "",
    code_challenge_method: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Where a service's pages send a browser to sign in (OpenID Connect, authorization code with PKCE)."""
    is_whole = response_type == "code" and "openid" in scope.split() and state and code_challenge and code_challenge_method == "S256"
    if not is_whole or door.settings.issuer is not None or redirect_uri != return_address(door.settings, client_id):
        raise BadAuthorization
    asked = Asked(client_id, redirect_uri, state, nonce, code_challenge)
    desk = _desk(door)
    session = desk.sign_ons.of(door.request.cookies.get(_session_cookie(door), ""))
    if session is not None and await desk.open_session(session):
        return _sent_back(door, session, asked)
    browser = door.request.cookies.get(_browser_cookie(door)) or secrets.token_urlsafe(16)
    response = _form(door, Step(asked, browser, time.time()))
    door.sessions.set_cookie(response, _browser_cookie(door), browser, 86400)
    return response


@router.post("/authorize", response_model=None)
async def post_step(
    door: Door,
    *,
    step: Annotated[str, Form(max_length=8000)] = "",
    login: Text = "",
    password: Text = "",
    code: Text = "",
    again: Text = "",
) -> Response:
    """One step of signing in, as its form sends it."""
    door.sessions.forms.check_origin(door.request)
    now = door.sessions.opened(step, "step", Step)
    if now is None or now.browser != door.request.cookies.get(_browser_cookie(door)) or time.time() - now.since > SECONDS_FOR_A_STEP:
        return _form(door, None, START_AGAIN, 422)
    match now.stage, now.account_id:
        case "code", str(account_id):
            return await _check_code(door, now, account_id, code)
        case "choice", str(account_id):
            return await _choose(door, now, account_id, password, again)
    return await _check_password(door, now, login, password)


async def _check_password(door: Doorway, step: Step, login: str, password: str) -> Response:
    desk, name = _desk(door), _name(login)
    account_id = desk.credentials.account_of(name)
    keys = _counted(door, name, account_id)
    if seconds := desk.attempts.seconds_to_wait(keys):
        return _form(door, step, WAIT, 429, login=login, seconds=seconds)
    if not await desk.credentials.is_password(account_id, password) or account_id is None:
        desk.attempts.failed(keys)
        return _form(door, step, WRONG, 422, login=login)
    desk.attempts.succeeded(keys)
    credential = desk.credentials.of(account_id)
    step = msgspec.structs.replace(step, account_id=account_id, since=time.time())
    if credential is not None and credential.totp:
        return _form(door, msgspec.structs.replace(step, stage=CODE))
    return await _after_proof(door, step, account_id)


async def _check_code(door: Doorway, step: Step, account_id: str, code: str) -> Response:
    desk, credential = _desk(door), _desk(door).credentials.of(account_id)
    if credential is None:
        return _form(door, None, START_AGAIN, 422)
    keys = _counted(door, credential.login, account_id)
    if seconds := desk.attempts.seconds_to_wait(keys):
        return _form(door, step, WAIT, 429, seconds=seconds)
    if not desk.credentials.takes_code(account_id, code):
        desk.attempts.failed(keys)
        return _form(door, step, WRONG_CODE, 422)
    return await _after_proof(door, step, account_id)


async def _after_proof(door: Doorway, step: Step, account_id: str) -> Response:
    credential = _desk(door).credentials.of(account_id)
    if credential is not None and credential.first_until is not None:
        return _form(door, msgspec.structs.replace(step, stage=CHOICE))
    return await _signed_on(door, step, account_id)


async def _choose(door: Doorway, step: Step, account_id: str, password: str, again: str) -> Response:
    if password != again:
        return _form(door, step, DIFFERENT, 422)
    credential = _desk(door).credentials.of(account_id)
    if credential is None or credential.first_until is None:  # chosen already, in another window
        return _form(door, None, START_AGAIN, 422)
    try:
        await _desk(door).credentials.choose_password(account_id, password)
    except WeakPassword:
        return _form(door, step, WEAK, 422)
    return await _signed_on(door, step, account_id)


async def _signed_on(door: Doorway, step: Step, account_id: str) -> Response:
    """The session starts, and the browser goes back to the service that sent it."""
    desk, account = _desk(door), await account_of(door.log, account_id)
    kept = desk.sign_ons.start(account_id, account.opening, browser_word(door.request.headers.get("user-agent", "")))
    session = cast(SignOn, desk.sign_ons.of(kept))
    response = _sent_back(door, session, step.asked)
    door.sessions.set_cookie(response, _session_cookie(door), kept, LONGEST_SECONDS)
    remember_device(door, response, account_id)
    return response


def _sent_back(door: Doorway, session: SignOn, asked: Asked) -> Response:
    code = _desk(door).sign_ons.code(session, asked)
    query = urlencode({"code": code, "state": asked.state, "iss": door.settings.token_issuer})
    return RedirectResponse(f"{asked.redirect_uri}?{query}", 303, headers={"Cache-Control": "no-store"})


def _form(door: Doorway, step: Step | None, error: str | None = None, status: int = 200, *, login: str = "", seconds: int = 0) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": sign_in_policy(door.settings)}
    if seconds:
        headers["Retry-After"] = str(seconds)
    pages = cast(Pages, door.state.pages)
    return pages.render(
        door.request,
        "sign_in.html",
        status=status,
        headers=headers,
        step=None if step is None else door.sessions.sealed(step, "step"),
        stage=step.stage if step else None,
        error=error,
        login=login,
        minutes=-(-seconds // 60),
    )


def sign_in_policy(settings: Settings) -> str:
    """The policy of the pages' forms, which end at the service that asked: browsers hold a form's redirects against it too."""
    origins = {f"{parts.scheme}://{parts.netloc}" for parts in (urlsplit(settings.browser_url_of(service)) for service in SERVICES)}
    return POLICY.replace("form-action 'self'", f"form-action 'self' {' '.join(sorted(origins))}")


def _counted(door: Doorway, name: str, account_id: str | None) -> tuple[tuple[str, int], ...]:
    """For what an attempt counts: for the known browser alone, or for name and address."""
    desk, address = _desk(door), door.request.client.host if door.request.client else ""
    known: Devices = known_devices(door)
    return desk.attempts.keys(desk.credentials.fingerprint(name), address, device_of(known, account_id))


def _name(login: str) -> str:
    try:
        return proper_login(login)
    except BadLogin:
        return login


def _session_cookie(door: Doorway) -> str:
    return f"{door.sessions.cookie}-issuer"


def _browser_cookie(door: Doorway) -> str:
    return f"{door.sessions.cookie}-step"


def _desk(door: Doorway) -> Desk:
    return cast(Desk, door.state.desk)
