"""Signing in at the local issuer as a browser does it, and what holds guessers back without locking anybody out."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pyotp
import pytest

from services.roster.commands.accounts import Desk
from services.roster.commands.attempts import FREE, Attempts
from services.roster.commands.sign_ons import IDLE_SECONDS, challenge_of
from shared.web.provider import ASSERTION
from tests.pages import check_page, text_of
from tests.roster.builders import Roster

OWN = "山路 茶园 清明 下雨"
VERIFIER = "v" * 64
ASKED = {
    "response_type": "code",
    "client_id": "service/evaluation",
    "redirect_uri": "http://127.0.0.1:8002/sign-in/return",
    "scope": "openid",
    "state": "s",
    "nonce": "n",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
HTML = {"Accept": "text/html"}


@asynccontextmanager
async def a_browser(roster: Roster, address: str = "203.0.113.5") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(roster.app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001", headers=HTML) as browser:
        yield browser


@pytest.fixture
async def browser(roster: Roster) -> AsyncIterator[httpx.AsyncClient]:
    async with a_browser(roster) as browser:
        yield browser


@pytest.fixture
async def slip(roster: Roster) -> dict[str, Any]:
    wang = await roster.join()
    grants = [{"role": "branch_secretary", "organization_id": roster.places["north"]}]
    slip: dict[str, Any] = await roster.do("POST", "/accounts", {"member_id": wang, "grants": grants})
    return slip | {"member_id": wang}


def step_of(answer: httpx.Response) -> str:
    found = re.search(r'name="step" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


async def opened(browser: httpx.AsyncClient) -> httpx.Response:
    answer = await browser.get("/authorize", params=ASKED)
    check_page(answer)
    return answer


async def try_password(browser: httpx.AsyncClient, login: str, password: str) -> httpx.Response:
    form = {"step": step_of(await opened(browser)), "login": login, "password": password}
    return await browser.post("/authorize", data=form)


async def first_time(browser: httpx.AsyncClient, slip: dict[str, Any], own: str = OWN) -> httpx.Response:
    """Sign in with the slip, and choose a password; the answer sends the browser back with a code."""
    choosing = await try_password(browser, slip["login"], slip["password"])
    assert "换成您自己的密码" in text_of(check_page(choosing))
    return await browser.post("/authorize", data={"step": step_of(choosing), "password": own, "again": own})


def code_in(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    address = httpx.URL(answer.headers["location"])
    assert str(address).startswith(ASKED["redirect_uri"])
    assert (address.params["state"], address.params["iss"]) == ("s", "http://127.0.0.1:8001")
    return address.params["code"]


async def redeem(roster: Roster, code: str, /, **changed: str) -> httpx.Response:
    own = roster.app.state.service.settings
    assertion = roster.issuer.sign({"sub": "service/evaluation", "grants": [{"role": "service"}]}, 60)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": ASKED["redirect_uri"],
        "client_id": "service/evaluation",
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion,
    }
    assert own.issuer is None
    return await roster.client.post("/token", data=form | changed)


def claims(roster: Roster, token: str) -> dict[str, Any]:
    from joserfc import jwt  # noqa: PLC0415 - what an independent reader of the token sees
    from joserfc.jwk import KeySet  # noqa: PLC0415

    return dict(jwt.decode(token, KeySet.import_key_set(roster.issuer.jwks()), algorithms=["Ed25519"]).claims)  # type: ignore[arg-type]


async def test_the_first_sign_in_forces_a_password_of_ones_own(roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any]) -> None:
    choosing = await try_password(browser, slip["login"], slip["password"].upper().replace("-", " "))
    assert not any(name.endswith("-issuer") for name in browser.cookies)
    for password, again, said in (
        ("short", "short", "换一个密码"),
        (OWN, OWN + "x", "不一样"),
        ("13800001111", "13800001111", "换一个密码"),
    ):
        answer = await browser.post("/authorize", data={"step": step_of(choosing), "password": password, "again": again})
        assert said in text_of(check_page(answer, 422))
    answer = await browser.post("/authorize", data={"step": step_of(choosing), "password": OWN, "again": OWN})
    said = (await redeem(roster, code_in(answer))).json()
    token = claims(roster, said["access_token"])
    grants = [{"role": "branch_secretary", "organization_id": roster.places["north"]}, {"role": "member"}]
    assert (token["sub"], token["member_id"], token["grants"]) == (slip["id"], slip["member_id"], grants)
    identity = claims(roster, said["id_token"])
    assert (identity["aud"], identity["nonce"], identity["sub"]) == ("service/evaluation", "n", slip["id"])
    async with a_browser(roster) as other:
        assert "不对" in text_of(check_page(await try_password(other, slip["login"], slip["password"]), 422))
        assert code_in(await try_password(other, slip["login"], OWN))


async def test_who_is_signed_in_is_not_asked_again(roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any]) -> None:
    await first_time(browser, slip)
    assert code_in(await browser.get("/authorize", params=ASKED))


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "http://127.0.0.1:8003/sign-in/return"},
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "service/other"},
        {"client_id": ""},
        {"response_type": "token"},
        {"scope": "profile"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"state": ""},
    ],
)
async def test_a_browser_is_sent_nowhere_but_to_our_own_services(browser: httpx.AsyncClient, changed: dict[str, str]) -> None:
    answer = await browser.get("/authorize", params=ASKED | changed)
    assert answer.status_code == 422
    assert "location" not in answer.headers


async def test_a_code_is_good_once_and_for_who_asked(roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any]) -> None:
    await first_time(browser, slip)

    async def code() -> str:
        return code_in(await browser.get("/authorize", params=ASKED))

    for changed in (
        {"code_verifier": "w" * 64},
        {"redirect_uri": "http://127.0.0.1:8003/sign-in/return"},
        {"code": "x"},
        {"code_verifier": ""},
    ):
        assert (await redeem(roster, await code(), **changed)).json()["code"] == "invalid_grant"
    for changed in (
        {"client_assertion": "x"},
        {"client_id": "service/notice"},
        {"client_assertion": roster.admin},
        {"client_assertion_type": ""},
    ):
        assert (await redeem(roster, await code(), **changed)).json()["code"] == "invalid_client"
    once = await code()
    assert (await redeem(roster, once)).status_code == 200
    assert (await redeem(roster, once)).json()["code"] == "invalid_grant"
    check_page(await browser.get("/authorize", params=ASKED))  # a code that came twice was stolen: the session ended


async def test_a_token_is_renewed_while_the_session_lasts(roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any]) -> None:
    given = (await redeem(roster, code_in(await first_time(browser, slip)))).json()
    asked = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    await roster.do("PUT", f"/accounts/{slip['id']}/grants", {"grants": []})
    renewed = (await redeem(roster, "", **asked)).json()
    assert claims(roster, renewed["access_token"])["grants"] == [{"role": "member"}]
    notice = roster.issuer.sign({"sub": "service/notice", "grants": [{"role": "service"}]}, 60)
    stolen = await redeem(roster, "", **asked, client_id="service/notice", client_assertion=notice)
    assert stolen.json()["code"] == "invalid_grant"
    await roster.do("POST", f"/accounts/{slip['id']}/password")
    assert (await redeem(roster, "", **asked)).json()["code"] == "invalid_grant"
    check_page(await browser.get("/authorize", params=ASKED))


async def test_a_session_ends_when_it_is_revoked_or_was_not_used(
    roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = (await redeem(roster, code_in(await first_time(browser, slip)))).json()
    assertion = roster.issuer.sign({"sub": "service/evaluation", "grants": [{"role": "service"}]}, 60)
    form = {"token": given["refresh_token"], "client_id": "service/evaluation", "client_assertion": assertion}
    assert (await roster.client.post("/revoke", data=form | {"client_assertion": "x"})).json()["code"] == "invalid_client"
    assert code_in(await browser.get("/authorize", params=ASKED))
    assert (await roster.client.post("/revoke", data=form)).status_code == 200
    check_page(await browser.get("/authorize", params=ASKED))
    assert code_in(await try_password(browser, slip["login"], OWN))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + IDLE_SECONDS + 1)
    check_page(await browser.get("/authorize", params=ASKED))


async def test_a_closed_account_opens_nothing(roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any]) -> None:
    await first_time(browser, slip)
    await roster.send("DELETE", f"/accounts/{slip['id']}")
    assert "不对" in text_of(check_page(await try_password(browser, slip["login"], OWN), 422))
    await roster.do("POST", "/accounts", {"member_id": slip["member_id"], "login": slip["login"]})
    check_page(await browser.get("/authorize", params=ASKED))


async def test_a_slip_is_worth_nothing_after_two_weeks(
    roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 15 * 86400)
    assert "不对" in text_of(check_page(await try_password(browser, slip["login"], slip["password"]), 422))


async def test_a_step_belongs_to_its_browser_and_its_hour(
    roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = step_of(await opened(browser))
    form = {"step": step, "login": slip["login"], "password": slip["password"]}
    async with a_browser(roster) as other:
        assert "重新登录" in text_of(check_page(await other.post("/authorize", data=form), 422))
    assert (await browser.post("/authorize", data=form, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert "重新登录" in text_of(check_page(await browser.post("/authorize", data=form | {"step": "x"}), 422))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    assert "等得太久" in text_of(check_page(await browser.post("/authorize", data=form), 422))


async def test_guessing_from_elsewhere_holds_up_the_guesser_alone(roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any]) -> None:
    await first_time(browser, slip)
    async with a_browser(roster) as known, a_browser(roster, "198.51.100.7") as guesser, a_browser(roster, "192.0.2.9") as new:
        known.cookies = browser.cookies
        for name in list(known.cookies):
            if name.endswith("-issuer"):
                known.cookies.delete(name)
        answers = [await try_password(guesser, slip["login"], f"wrong {number}") for number in range(FREE + 1)]
        assert [answer.status_code for answer in answers] == [422] * FREE + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        right = await try_password(guesser, slip["login"], OWN)
        assert right.status_code == 429
        assert code_in(await try_password(new, slip["login"], OWN))
        assert code_in(await try_password(known, slip["login"], OWN))


async def test_a_known_browser_is_not_held_up_by_a_flood_from_its_own_address(
    roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any]
) -> None:
    await first_time(browser, slip)
    (session,) = [name for name in browser.cookies if name.endswith("-issuer")]
    browser.cookies.delete(session)
    async with a_browser(roster) as same_house:
        for number in range(FREE + 2):
            await try_password(same_house, slip["login"], f"wrong {number}")
        assert (await try_password(same_house, slip["login"], OWN)).status_code == 429
    assert code_in(await try_password(browser, slip["login"], OWN))


async def test_an_unknown_login_name_looks_like_a_wrong_password(roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any]) -> None:
    wrong = await try_password(browser, slip["login"], "x" * 20)
    unknown = await try_password(browser, "nobody-here", "x" * 20)
    plain = [re.sub(r'value="[^"]*"', "", answer.text) for answer in (wrong, unknown)]
    assert plain[0] == plain[1]


async def test_the_delay_grows_and_ends(roster: Roster) -> None:
    desk: Desk = roster.app.state.desk
    now = [1_000_000.0]
    attempts = Attempts(desk._database, lambda data: data.hex(), lambda: now[0])
    keys = attempts.keys("wang", "2001:db8:0:1::5", None)
    waits = []
    for _ in range(FREE + 12):
        attempts.failed(keys)
        waits.append(attempts.seconds_to_wait(keys))
    assert waits[:FREE] == [0] * (FREE - 1) + [5]
    assert waits[FREE : FREE + 4] == [10, 20, 40, 80]
    assert waits[-1] == 900
    assert attempts.seconds_to_wait(attempts.keys("wang", "2001:db8:0:1::6", None)) == 900
    assert attempts.seconds_to_wait(attempts.keys("wang", "2001:db8:0:2::5", None)) == 0
    assert attempts.seconds_to_wait(attempts.keys("li", "2001:db8:0:1::5", None)) == 0
    now[0] += 900
    assert attempts.seconds_to_wait(keys) == 0
    attempts.succeeded(keys)
    attempts.failed(keys)
    assert attempts.seconds_to_wait(keys) == 0


async def test_a_second_factor_is_asked_for_and_each_code_is_taken_once(
    roster: Roster, browser: httpx.AsyncClient, slip: dict[str, Any]
) -> None:
    await first_time(browser, slip)
    credentials = roster.app.state.desk.credentials
    secret = httpx.URL(credentials.ask_second_factor(slip["id"])).params["secret"]
    assert credentials.confirm_second_factor(slip["id"], "000000") is None
    code = pyotp.TOTP(secret).now()
    recovery = credentials.confirm_second_factor(slip["id"], code)
    async with a_browser(roster) as other:
        asking = await try_password(other, slip["login"], OWN)
        assert "输入验证码" in text_of(check_page(asking))
        used = await other.post("/authorize", data={"step": step_of(asking), "code": code})
        assert "已经用过" in text_of(check_page(used, 422))
        step = step_of(used)
        assert code_in(await other.post("/authorize", data={"step": step, "code": recovery[0].upper()}))
    async with a_browser(roster) as other:
        step = step_of(await try_password(other, slip["login"], OWN))
        assert (await other.post("/authorize", data={"step": step, "code": recovery[0]})).status_code == 422
        coming = pyotp.TOTP(secret).at(int(time.time()) + 30)
        assert code_in(await other.post("/authorize", data={"step": step, "code": coming}))
        answers = [await other.post("/authorize", data={"step": step, "code": f"{n:06}"}) for n in range(FREE + 2)]
        assert answers[-1].status_code == 429
    await roster.do("POST", f"/accounts/{slip['id']}/password")
    assert credentials.of(slip["id"]).totp is None
