"""The pages of members, branches and the town in a real browser: axe finds nothing, at the width of a phone and of a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, Windows, look, page_of
from tests.browser.village import Village

V, S, D = "/branch/{voting}", "/branch/{scoring}", "/branch/{done}"
PAGES = {
    "vote": (None, "/vote"),
    "receipt": ("voting/0", "/receipt"),
    "my-voting": ("voting/0", "/my"),
    "my-done": ("done/4", "/my"),
    "my-why": ("done/4", "/my/why?period=2026-H1"),
    "my-ballot": ("voting/4", "/my/reviews/{review:voting}/ballot"),
    "my-pledge-new": ("voting/0", "/my/pledges/new"),
    "my-pledge": ("voting/2", "/my/pledges/{pledge}"),
    "my-objection-new": ("done/4", "/my/objections/new?about=result&id={review:done}"),
    "my-objection": ("done/4", "/my/objections/{objection}"),
    "my-held": ("done/4", "/my/held"),
    "my-self-review": ("voting/0", "/my/reviews/{review:voting}/self"),
    "branch-voting": ("voting/secretary", V),
    "branch-scoring": ("scoring/secretary", S),
    "branch-done": ("done/secretary", D),
    "review": ("voting/secretary", V + "/reviews/{review:voting}"),
    "review-new": ("voting/secretary", V + "/reviews/new?period=2025-H2"),
    "papers": ("voting/committee", V + "/reviews/{review:voting}/papers"),
    "paper-new": ("voting/secretary", V + "/reviews/{review:voting}/papers/new?rater={member:voting:4}"),
    "committee": ("scoring/committee", S + "/reviews/{review:scoring}/committee"),
    "results": ("done/secretary", D + "/reviews/{review:done}/results"),
    "pledges": ("voting/secretary", V + "/pledges?period=2026-H2"),
    "entries": ("voting/secretary", V + "/entries"),
    "entry": ("voting/secretary", V + "/entries/{entry}"),
    "import": ("voting/secretary", V + "/import"),
    "objections": ("done/secretary", D + "/objections"),
    "objection": ("officer", D + "/objections/{objection}"),
    "year": ("done/secretary", D + "/year?year=2026"),
    "print-ballot": ("voting/secretary", V + "/reviews/{review:voting}/print/ballot"),
    "print-self-review": ("voting/secretary", V + "/reviews/{review:voting}/print/self-review"),
    "print-committee": ("voting/secretary", V + "/reviews/{review:voting}/print/committee"),
    "town": ("officer", "/town/{town}?period=2026-H1"),
    "town-flags": ("officer", "/town/{town}/flags?branch={voting}"),
    "rules": ("officer", "/town/{town}/rules"),
    "rules-version": ("officer", "/town/{town}/rules/1"),
    "rules-draft": ("officer", "/town/{town}/rules/draft/new"),
}
OF_ROSTER = {"roster-import": ("officer", "/roster/import"), "held": ("voting/0", "/my/held"), "kin": ("voting/0", "/my/kin")}


def address(village: Village, path: str, service: str = "evaluation") -> str:
    for key, one in village.ids.items():
        path = path.replace(f"{{{key}}}", one)
    for key, one in village.reviews.items():
        path = path.replace(f"{{review:{key}}}", one)
    path = path.replace("{pledge}", village.pledge).replace("{entry}", village.entry).replace("{objection}", village.objection)
    return village.cell.urls[service] + path.replace("{member:voting:4}", village.members["voting"][4])


@pytest.mark.parametrize("name", [*PAGES, *OF_ROSTER])
def test_every_page_fits_and_is_accessible(windows: Windows, village: Village, name: str) -> None:
    by, path = (PAGES | OF_ROSTER)[name]
    page = windows(by)
    answer = page.goto(address(village, path, "roster" if name in OF_ROSTER else "evaluation"))
    assert answer is not None
    assert answer.status == 200, page.inner_text("main")
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        look(page, name, with_axe=width == PHONE)


def test_a_slip_is_scanned_and_the_ballot_is_cast_by_keyboard_and_phone(browser: Browser, village: Village) -> None:
    body = {"member_id": village.members["voting"][6]}
    code = village.send("POST", f"evaluation/reviews/{village.reviews['voting']}/remote-codes", "voting/secretary", body)["code"]
    with page_of(browser, village, None, PHONE) as page:
        page.goto(address(village, f"/vote#{code}"))
        expect(page.get_by_label("投票码")).to_have_value(code)
        assert "#" not in page.url
        page.get_by_role("button", name="打开我的选票").press("Enter")
        first = page.locator("tr[data-sum-row]").first
        for cell in page.locator("input[data-score]").all():
            cell.fill("17.5")
        expect(first.locator("output")).to_have_text("87.5")
        look(page, "vote-ballot")
        page.get_by_role("button", name="填好了").click()
        look(page, "vote-look")
        page.get_by_role("button", name="确认").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("已经投票")
        look(page, "vote-receipt")
        receipt = page.locator("p.cut strong").inner_text()
        page.get_by_role("link", name="核对回执").click()
        for _ in range(20):  # the checkpoint covers the ballot within a second
            page.get_by_role("textbox", name="回执").fill(receipt)
            page.get_by_role("textbox", name="投票码").fill(code)
            page.get_by_role("button", name="核对").click()
            if page.get_by_text("这张选票没有被改过").count():
                break
            page.wait_for_timeout(200)
        expect(page.get_by_text("这张选票没有被改过")).to_be_visible()
        look(page, "receipt-found")


def test_without_script_a_ballot_is_voted_all_the_same(browser: Browser, village: Village) -> None:
    with page_of(browser, village, "voting/3", script=False) as page:
        page.goto(address(village, "/my/reviews/{review:voting}/ballot"))
        for cell in page.locator("input[data-score]").all():
            cell.fill("16")
        page.get_by_role("button", name="填好了").click()
        expect(page.locator("tr[data-sum-row] output").first).to_have_text("80")
        page.get_by_role("button", name="确认").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("已经投票")


def test_a_slip_is_shown_with_its_code_and_its_picture(browser: Browser, village: Village) -> None:
    with page_of(browser, village, "voting/secretary", PHONE) as page:
        page.goto(address(village, V + "/reviews/{review:voting}"))
        page.get_by_label("给谁").select_option(village.members["voting"][5])
        page.get_by_role("button", name="生成投票码纸条").click()
        expect(page.locator("svg.qr")).to_be_visible()
        look(page, "slip")
