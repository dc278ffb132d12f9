"""The pages of accounts: of one's own, and of those who keep them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pyotp
import pytest

from services.roster.issuer import account_of
from tests.pages import check_page, signed_in, text_of
from tests.roster.builders import Roster
from tests.roster.test_signing_in import HTML, OWN, a_browser, code_in, first_time, try_password


@pytest.fixture
async def browser(roster: Roster) -> AsyncIterator[httpx.AsyncClient]:
    async with a_browser(roster) as browser:
        yield browser


def csrf_of(answer: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


async def arrived(browser: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    """Where the browser ends, following what it is told, as long as that is the roster."""
    while answer.status_code == 303:
        answer = await browser.get(answer.headers["location"])
    return answer


async def test_signing_in_to_the_rosters_own_pages_and_out_again(roster: Roster, browser: httpx.AsyncClient) -> None:
    slip = await roster.do("POST", "/accounts", {"member_id": await roster.join("王秀兰")})
    asking = await arrived(browser, await browser.get("/account"))
    check_page(asking)
    step = re.search(r'name="step" value="([^"]+)"', asking.text)
    assert step
    choosing = await browser.post("/authorize", data={"step": step[1], "login": slip["login"], "password": slip["password"]})
    step = re.search(r'name="step" value="([^"]+)"', choosing.text)
    assert step
    page = await arrived(browser, await browser.post("/authorize", data={"step": step[1], "password": OWN, "again": OWN}))
    shown = text_of(check_page(page))
    for word in ("我的账号", "王秀兰", slip["login"], "党员", "开通账号"):
        assert word in shown
    out = await browser.post("/sign-out", data={"csrf": csrf_of(page)})
    assert "您已退出" in text_of(check_page(await arrived(browser, out)))
    check_page(await arrived(browser, await browser.get("/account")))
    assert roster.app.state.desk.sign_ons.all_of(slip["id"]) == []


async def signed_on(roster: Roster, browser: httpx.AsyncClient, name: str = "王秀兰") -> tuple[str, str]:
    """A member with an account and its own password, at its page; the account and the mark of forms."""
    member = await roster.join(name)
    slip = await roster.do("POST", "/accounts", {"member_id": member})
    await first_time(browser, slip)
    return slip["id"], await signed_in(browser, roster.app, roster.of_member(member))


async def test_ones_own_password_is_changed_with_the_present_one(roster: Roster, browser: httpx.AsyncClient) -> None:
    account_id, mark = await signed_on(roster, browser)
    login = roster.app.state.desk.credentials.of(account_id).login
    new = "茶园 清明 山路 再下雨"
    for form, said in (
        ({"current": "wrong", "password": new, "again": new}, "现在的密码不对"),
        ({"current": OWN, "password": new, "again": "x"}, "两次输入"),
        ({"current": OWN, "password": login * 2, "again": login * 2}, "换一个密码"),
    ):
        assert said in text_of(check_page(await browser.post("/account/password", data=form | {"csrf": mark}), 422))
    good = await browser.post("/account/password", data={"current": OWN, "password": new, "again": new, "csrf": mark})
    assert "密码已更改" in text_of(check_page(good))
    async with a_browser(roster) as other:
        assert code_in(await try_password(other, login, new))


async def test_guessing_the_present_password_in_a_stolen_session_is_held_up(roster: Roster, browser: httpx.AsyncClient) -> None:
    _, mark = await signed_on(roster, browser)
    form = {"current": "wrong", "password": OWN, "again": OWN, "csrf": mark}
    said = [text_of(check_page(await browser.post("/account/password", data=form), 422)) for _ in range(7)]
    assert "试错的次数太多" in said[-1]


async def test_a_second_factor_is_scanned_confirmed_and_dropped(roster: Roster, browser: httpx.AsyncClient) -> None:
    account_id, mark = await signed_on(roster, browser)
    asked = {"what": "ask", "current": OWN, "csrf": mark}
    assert "不对" in text_of(check_page(await browser.post("/account/second-factor", data=asked | {"current": "x"}), 422))
    assert (await browser.get("/account/second-factor.svg")).status_code == 404
    page = await browser.post("/account/second-factor", data=asked)
    secret = re.search(r"secret=([A-Z2-7]+)", page.text)
    assert secret
    check_page(page)
    picture = await browser.get("/account/second-factor.svg")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
    confirm = {"what": "confirm", "code": "000000", "csrf": mark}
    assert "验证码不对" in text_of(check_page(await browser.post("/account/second-factor", data=confirm), 422))
    page = await browser.post("/account/second-factor", data=confirm | {"code": pyotp.TOTP(secret[1]).now()})
    assert len(re.findall(r"<li><code>", page.text)) == 8
    check_page(page)
    assert roster.app.state.desk.credentials.of(account_id).totp == secret[1]
    await browser.post("/account/second-factor", data={"what": "drop", "current": OWN, "csrf": mark})
    assert roster.app.state.desk.credentials.of(account_id).totp is None


async def test_ones_sessions_are_listed_and_ended(roster: Roster, browser: httpx.AsyncClient) -> None:
    account_id, mark = await signed_on(roster, browser)
    desk = roster.app.state.desk
    async with a_browser(roster) as other:
        other.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Gecko Firefox/140.0"
        await try_password(other, desk.credentials.of(account_id).login, OWN)
    page = await browser.get("/account")
    assert "Firefox · Windows" in text_of(check_page(page))
    (firefox,) = [one.session_id for one in desk.sign_ons.all_of(account_id) if "Firefox" in one.browser]
    await browser.post("/account/sessions", data={"session": firefox, "csrf": mark})
    assert len(desk.sign_ons.all_of(account_id)) == 1
    async with a_browser(roster) as other:
        other_id, _ = await signed_on(roster, other, "李四")
    (theirs,) = desk.sign_ons.all_of(other_id)
    mark = await signed_in(browser, roster.app, roster.of_member((await roster.do("GET", f"/accounts/{account_id}"))["member_id"]))
    await browser.post("/account/sessions", data={"session": theirs.session_id, "csrf": mark})
    assert len(desk.sign_ons.all_of(other_id)) == 1
    await browser.post("/account/sessions", data={"session": "all", "csrf": mark})
    assert desk.sign_ons.all_of(account_id) == []


async def test_who_came_with_an_operators_token_has_no_account_page(roster: Roster, browser: httpx.AsyncClient) -> None:
    await signed_in(browser, roster.app, roster.admin)
    check_page(await browser.get("/account"), 404)


async def test_an_officer_opens_accounts_for_a_branch_and_prints_the_slips(roster: Roster, browser: httpx.AsyncClient) -> None:
    wang, li = await roster.join("王秀兰"), await roster.join("李四")
    mark = await signed_in(browser, roster.app, roster.token("town_officer", "town"))
    listed = await browser.get("/accounts")
    assert f"/accounts?organization_id={roster.places['north']}" in listed.text
    check_page(listed)
    page = await browser.get(f"/accounts?organization_id={roster.places['north']}")
    assert "王秀兰" in text_of(check_page(page))
    form = {"organization_id": roster.places["north"], "member": [wang, li], "csrf": mark}
    slips = await browser.post("/accounts/slips", data=form)
    shown = text_of(check_page(slips))
    assert slips.headers["cache-control"] == "no-store"
    assert shown.count("一次性密码") == 2
    passwords = re.findall(r"<code>([0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4})</code>", slips.text)
    assert len(passwords) == 2
    again = await browser.post("/accounts/slips", data=form)
    assert not re.search(r"[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}</code>", again.text)
    check_page(again, 422)
    assert await roster.app.state.desk.credentials.is_password(account_of(wang), passwords[0])
    outside = await browser.get(f"/accounts?organization_id={roster.places['county']}")
    check_page(outside, 403)


async def test_an_officer_gives_roles_resets_and_closes(roster: Roster, browser: httpx.AsyncClient) -> None:
    wang, north = await roster.join("王秀兰"), roster.places["north"]
    account_id = (await roster.do("POST", "/accounts", {"member_id": wang}))["id"]
    mark = await signed_in(browser, roster.app, roster.token("town_officer", "town"))
    page = f"/accounts/{account_id}/page"
    assert "支部书记" in text_of(check_page(await browser.get(page)))
    given = await browser.post(f"/accounts/{account_id}/roles", data={"role": f"branch_secretary {north}", "csrf": mark})
    assert (given.status_code, given.headers["location"]) == (303, page)
    assert "checked" in (await browser.get(page)).text
    refused = await browser.post(f"/accounts/{account_id}/roles", data={"role": "admin", "csrf": mark})
    assert "请找管理员" in text_of(check_page(refused, 403))
    assert "一次性密码" in text_of(check_page(await browser.post(f"/accounts/{account_id}/slip", data={"csrf": mark})))
    assert (await browser.post(f"/accounts/{account_id}/closing", data={"csrf": mark})).status_code == 303
    check_page(await browser.get(page), 404)


async def test_an_administrator_opens_an_officers_account(roster: Roster, browser: httpx.AsyncClient) -> None:
    mark = await signed_in(browser, roster.app, roster.admin)
    form = {"role": "town_officer", "organization_id": roster.places["town"], "login": "chen", "csrf": mark}
    assert "chen" in text_of(check_page(await browser.post("/accounts/officers", data=form)))
    page = await browser.get("/accounts")
    assert "镇党委干部（town）" in text_of(check_page(page))
    (account,) = set(re.findall(r"/accounts/([0-9a-f-]{36})/page", page.text))
    check_page(await browser.get(f"/accounts/{account}/page"))
    taken = await browser.post("/accounts/officers", data=form)
    assert "已经有人用了" in text_of(check_page(taken, 409))
    wrong = await browser.post("/accounts/officers", data=form | {"role": "county_supervisor", "login": ""})
    assert "对不上" in text_of(check_page(wrong, 422))


async def test_a_member_keeps_no_accounts(roster: Roster, browser: httpx.AsyncClient) -> None:
    await signed_in(browser, roster.app, roster.of_member(await roster.join()))
    check_page(await browser.get("/accounts", headers=HTML), 403)


async def test_the_first_page_leads_to_the_accounts_that_one_keeps_or_to_the_own(roster: Roster, browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/")).headers["location"] == "/sign-in?next=%2F"
    await signed_in(browser, roster.app, roster.of_member(await roster.join()))
    assert (await browser.get("/")).headers["location"] == "/account"
    await signed_in(browser, roster.app, roster.token("town_officer", "town"))
    assert (await browser.get("/")).headers["location"] == "/accounts"
