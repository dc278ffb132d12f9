"""One browser and one town for all tests of the room; without a browser they are skipped, and say why."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.village import Village, settle
from tests.journeys.processes import running

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE, DESK = 360, 1440
expect.set_options(timeout=20_000)  # three workers on two cores: what takes a moment may take ten seconds
SCREENS = os.environ.get("SCREENSHOTS")
"""A folder into which every page that is looked at is drawn, where somebody wants to see them."""
Windows = Callable[[str | None], Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Closed with each file: while it is driven, an event loop runs in this thread, and no other test could have one."""
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium: `make system-packages` installs it; no page is looked at in a browser")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """The town; it is only built where there is a browser."""
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium")
    with running(tmp_path_factory.mktemp("village"), "manual:2026-03-01T02:00:00Z", XINGQI_OPEN_CALLS_A_MINUTE="1000") as cell:
        made = settle(cell)
        yield made
        made.http.close()


@contextmanager
def page_of(browser: Browser, village: Village, by: str | None, width: int = DESK, *, script: bool = True) -> Iterator[Page]:
    """A window of somebody whose every request carries the token."""
    headers = {"Authorization": f"Bearer {village.tokens[by]}"} if by else {}
    context = browser.new_context(
        viewport={"width": width, "height": 900}, extra_http_headers=headers, locale="zh-CN", java_script_enabled=script
    )  # fmt: skip
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.fixture(scope="module")
def windows(browser: Browser, village: Village) -> Iterator[Windows]:
    """For each person one window that stays open: a page is loaded once and looked at in several widths."""
    with ExitStack() as stack:
        opened: dict[str | None, Page] = {}

        def window(by: str | None) -> Page:
            if by not in opened:
                opened[by] = stack.enter_context(page_of(browser, village, by))
            return opened[by]

        yield window


def look(page: Page, name: str, *, with_axe: bool = True) -> None:
    """The page is not wider than its window, and has no fault that axe knows."""
    overflow = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    width = page.viewport_size["width"] if page.viewport_size else 0
    if SCREENS:
        page.screenshot(path=f"{SCREENS}/{name}-{width}.png", full_page=True)
    assert overflow <= 0, f"{name} is {overflow} px wider than the window of {width}"
    if not with_axe:
        return
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name} at {width}:\n{found.generate_report()}"
