"""What docs/operate.md tells an operator to type, as the tests run it: so the page can't say what does not work."""

from __future__ import annotations

import re
from textwrap import dedent

from tests.house.files import ROOT

_FENCED = re.compile(r"^( *)```\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def documented(heading: str) -> list[str]:
    """The fenced blocks under this heading, in order, up to the next heading of any rank."""
    page = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    _, found, rest = page.partition(f"# {heading}\n")
    assert found, f"docs/operate.md has no heading {heading}"
    part = re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return [dedent(block) for _, block in _FENCED.findall(part)]


def put_in(text: str, places: dict[str, str]) -> str:
    """The text with the test's own places instead of the page's. Raises AssertionError where the page does not name one of them."""
    for documented_place, place in places.items():
        assert documented_place in text, f"docs/operate.md does not name {documented_place} there"
        text = text.replace(documented_place, place)
    return text
