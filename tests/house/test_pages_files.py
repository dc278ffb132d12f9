"""Templates and static files of all services: own origin, nothing inline, every file used."""

from __future__ import annotations

import re

import pytest

from tests.house.files import place, python_files, templates, tracked_files

SVG = "http://www.w3.org/2000/svg"
"""The one address that may stand in a page: it is a name, nobody fetches it."""
STATIC = {".css", ".js", ".svg"}
OUTWARD = re.compile(r"""(?:["'(\s=]|^)(?:(?:https?|wss?):)?//[\w]""")


def test_no_page_names_another_origin() -> None:
    files = [*templates(), *(path for path in tracked_files() if path.suffix in STATIC and "static" in path.parts)]
    found = [
        place(path, number)
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if OUTWARD.search(line.replace(SVG, ""))
    ]
    assert not found, "everything that a page needs comes from its own service"


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (r"<script(?![^>]*\bsrc=)", "an inline script"),
        (r"<style\b", "an inline style sheet"),
        (r"\sstyle=", "a style attribute"),
        (r"\son[a-z]+=", "an event attribute"),
        (r"\|\s*safe\b", "a text that is not escaped"),
    ],
)
def test_no_template_has(pattern: str, what: str) -> None:
    found = [
        place(path, number)
        for path in templates()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(pattern, line)
    ]
    assert not found, f"{what}: the security policy forbids it"


def test_every_template_is_used() -> None:
    sources = "\n".join(path.read_text() for path in [*templates(), *python_files("services", "shared")])
    unused = [place(path) for path in templates() if f'"{path.name}"' not in sources and f'/{path.name}"' not in sources]
    assert not unused, "delete what a change made dead"
