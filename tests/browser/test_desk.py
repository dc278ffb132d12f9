"""The supervisor's desk in a real browser: accessible, no wider than the window, and from its first page to a reason in three clicks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, look, page_of
from tests.browser.examined import KEY, NAME, PERIOD, examine
from tests.browser.village import Village

PAGES = {
    "desk": "/desk?period={period}",
    "desk-branch": "/desk/branches/{branch}?period={period}",
    "desk-branch-without": "/desk/branches/{scoring}?period={period}",
    "desk-member": "/desk/members/{member}?period={period}&on=2026-07-20",
    "desk-leads": "/desk/leads?period={period}",
    "desk-lead": "/desk/leads/{lead}?period={period}",
    "desk-late": "/desk/late?period={period}",
}


@pytest.fixture(scope="module")
def leads(village: Village) -> list[str]:
    """The leads that an examination of the county found in the branch."""
    return examine(village)


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_desk_fits_and_is_accessible(browser: Browser, village: Village, leads: list[str], name: str, width: int) -> None:
    ids = {"branch": village.ids[KEY], "scoring": village.ids["scoring"], "member": village.members[KEY][3]}
    path = PAGES[name].format(period=PERIOD, lead=leads[-1], **ids)
    with page_of(browser, village, "supervisor", width) as page:
        answer = page.goto(village.cell.urls["evaluation"] + path)
        assert answer is not None
        assert answer.status == 200, page.inner_text("main")
        look(page, name)


def test_from_the_first_page_to_a_reason_in_three_clicks(browser: Browser, village: Village, leads: list[str]) -> None:
    assert leads
    with page_of(browser, village, "supervisor") as page:
        page.goto(f"{village.cell.urls['evaluation']}/desk?period={PERIOD}")
        page.get_by_role("link", name=NAME).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
        page.locator(".leads a").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("疑点")
        expect(page.get_by_text("没有问题时，可能是因为")).to_be_visible()
        page.get_by_role("button", name="我看过了").click()
        expect(page.get_by_role("status")).to_contain_text("您看过这条疑点")


def test_the_tables_beside_the_pictures_open_by_keyboard_and_without_script(browser: Browser, village: Village, leads: list[str]) -> None:
    assert leads
    with page_of(browser, village, "supervisor", PHONE, script=False) as page:
        page.goto(f"{village.cell.urls['evaluation']}/desk/branches/{village.ids[KEY]}?period={PERIOD}")
        page.get_by_text("看表格：党员得分").press("Enter")
        expect(page.get_by_role("region", name="党员得分")).to_be_visible()
