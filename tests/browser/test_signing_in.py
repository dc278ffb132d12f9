"""Signing in as a person does it: from a page of evaluation to the roster's form and back, on a phone, in a real browser.

What a client of tests can't show is shown here: that the browser follows a form's redirects through its own security policy, from one
service to the other, and that it keeps and sends the cookies as it should.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PHONE, look
from tests.browser.village import Village

OWN = "山路 茶园 清明 下雨"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": PHONE, "height": 800}, locale="zh-CN")
    yield context.new_page()
    context.close()


def test_from_a_page_to_the_form_and_back_and_out_again(village: Village, phone: Page) -> None:
    roster, evaluation = village.cell.urls["roster"], village.cell.urls["evaluation"]
    slip = village.send("POST", "roster/accounts", "admin", {"member_id": village.members["voting"][5]})

    phone.goto(f"{evaluation}/my")
    assert phone.url.startswith(f"{roster}/authorize?")
    look(phone, "sign-in")
    phone.get_by_label("登录名").fill(slip["login"])
    phone.get_by_label("密码").fill(slip["password"])
    phone.get_by_role("button", name="登录").click()

    look(phone, "first-password")
    phone.get_by_label("新密码").fill(OWN)
    phone.get_by_label("再输入一次").fill(OWN)
    phone.get_by_role("button", name="保存并登录").click()
    assert phone.url == f"{evaluation}/my"
    look(phone, "my-after-sign-in")

    phone.goto(f"{roster}/account")  # the other service: signed in at the issuer already
    expect(phone.get_by_role("heading", level=1)).to_have_text("我的账号")
    look(phone, "account")
    phone.set_viewport_size({"width": DESK, "height": 900})
    look(phone, "account")

    phone.goto(f"{evaluation}/my")
    phone.get_by_role("button", name="退出").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("您已退出")
    look(phone, "signed-out")
    phone.goto(f"{evaluation}/my")
    assert phone.url.startswith(f"{roster}/authorize?")


def test_an_officer_prints_slips(village: Village, browser: Browser) -> None:
    roster = village.cell.urls["roster"]
    headers = {"Authorization": f"Bearer {village.tokens['admin']}"}
    context = browser.new_context(viewport={"width": PHONE, "height": 800}, locale="zh-CN", extra_http_headers=headers)
    page = context.new_page()
    page.goto(f"{roster}/accounts")
    look(page, "accounts")
    page.get_by_role("main").get_by_role("link").first.click()
    look(page, "branch-accounts")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="给勾选的人开通").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录纸条")
    look(page, "slips")
    context.close()
