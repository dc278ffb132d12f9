"""The supervisor's desk in a real browser: accessible, no wider than the window, and from its first page to a reason in three clicks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, look, page_of
from tests.browser.examined import KEY, NAME, PERIOD, STRAIGHT, examine
from tests.browser.village import Village

PAGES = {
    "desk": "/desk?period={period}",
    "desk-branch": "/desk/branches/{branch}?period={period}",
    "desk-branch-without": "/desk/branches/{scoring}?period={period}",
    "desk-member": "/desk/members/{member}?period={period}&on=2026-07-20",
    "desk-leads": "/desk/leads?period={period}",
    "desk-lead": "/desk/leads/{lead}?period={period}",
    "desk-late": "/desk/late?period={period}",
    "desk-unsealings": "/desk/unsealings?period={period}",
    "desk-unsealing-new": "/desk/branches/{branch}/unsealing?period={period}",
    "desk-unsealing": "/desk/unsealings/{unsealing}",
    "desk-unsealed-ballot": "/desk/unsealings/{unsealing}/ballots/{straight}",
}


@pytest.fixture(scope="module")
def leads(village: Village) -> list[str]:
    """The leads that an examination of the county found in the branch."""
    return examine(village)


@pytest.fixture(scope="module")
def unsealing(village: Village, leads: list[str]) -> str:
    """The town proposed to unseal a ballot, and the county agreed."""
    assert leads
    (review,) = village.send("GET", f"evaluation/reviews?branch_id={village.ids[KEY]}", "officer")["items"]
    body = {"reason": "全部打80分，需要向本人核对", "rater_ids": [village.members[KEY][STRAIGHT]]}
    proposed: str = village.send("POST", f"evaluation/reviews/{review['id']}/unsealings", "officer", body)["id"]
    village.send("POST", f"evaluation/unsealings/{proposed}/decision", "supervisor", {"decision": "approved"})
    village.send("POST", f"evaluation/reviews/{review['id']}/unsealings", "officer", body)
    return proposed


@pytest.fixture(scope="module")
def ids(village: Village, leads: list[str], unsealing: str) -> dict[str, str]:
    """What the addresses of the pages name."""
    members = village.members[KEY]
    about = {"branch": village.ids[KEY], "scoring": village.ids["scoring"], "member": members[3], "straight": members[STRAIGHT]}
    return about | {"period": PERIOD, "lead": leads[-1], "unsealing": unsealing}


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_desk_fits_and_is_accessible(
    browser: Browser, village: Village, ids: dict[str, str], name: str, width: int
) -> None:
    with page_of(browser, village, "supervisor", width) as page:
        answer = page.goto(village.cell.urls["evaluation"] + PAGES[name].format(**ids))
        assert answer is not None
        assert answer.status == 200, page.inner_text("main")
        look(page, name, with_axe=width == PHONE)  # what axe looks at does not depend on the width


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


def test_a_voter_reads_on_a_phone_why_its_ballot_was_unsealed(browser: Browser, village: Village, unsealing: str) -> None:
    assert unsealing
    with page_of(browser, village, village.of(KEY, STRAIGHT), PHONE) as page:
        for name, path in (("my-unsealed", "/my"), ("my-held-unsealed", "/my/held")):
            page.goto(village.cell.urls["evaluation"] + path)
            expect(page.get_by_text("全部打80分，需要向本人核对")).to_be_visible()
            look(page, name)


def test_the_tables_beside_the_pictures_open_by_keyboard_and_without_script(browser: Browser, village: Village, leads: list[str]) -> None:
    assert leads
    with page_of(browser, village, "supervisor", PHONE, script=False) as page:
        page.goto(f"{village.cell.urls['evaluation']}/desk/branches/{village.ids[KEY]}?period={PERIOD}")
        page.get_by_text("看表格：党员得分").press("Enter")
        expect(page.get_by_role("region", name="党员得分")).to_be_visible()
