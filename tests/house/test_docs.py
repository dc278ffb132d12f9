"""The documents say what the code says."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from shared.settings import PREFIX
from shared.web.problems import status_of
from tests.house.files import ROOT, place, python_files
from tests.house.tables import TABLES, brought_up_to_date, refusals, written

TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
NAMED_SETTING = re.compile(rf"\b{PREFIX}[A-Z_]*[A-Z]\b")
FOR_TESTS = re.compile(rf"{PREFIX}(?:TEST_|REFERENCE_)")


@pytest.mark.parametrize("document", TABLES)
def test_the_table_is_up_to_date(document: str) -> None:
    text = (ROOT / document).read_text()
    assert text == brought_up_to_date(text, written(TABLES[document]())), f"{document} is not: run make tables"


def test_every_setting_that_is_named_anywhere_is_one() -> None:
    documented = (ROOT / "docs/configuration.md").read_text()
    for path in [*python_files("xingqi", "services", "shared"), ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for name in NAMED_SETTING.findall(path.read_text()):
            assert f"`{name}`" in documented or FOR_TESTS.match(name), f"{place(path)} names {name}, which is no setting"


def test_every_target_of_make_is_documented_where_one_looks_for_it() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {name for name in TARGET.findall(makefile) if name != "help"}
    assert targets <= {*re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()}, "add it to .PHONY"
    texts = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    assert not {name for name in targets if f"make {name}" not in texts}, "say in README.md or CONTRIBUTING.md what it is for"


def test_ci_runs_what_a_developer_runs() -> None:
    commands = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")]
    assert [command.partition(" ||")[0] for command in commands] == ["make system-packages", "make lint", "make test"]


def test_a_code_has_one_status_wherever_it_is_said() -> None:
    statuses = defaultdict(set)
    for kind in refusals():
        statuses[kind.code].add(status_of(kind))
    assert not {code: found for code, found in statuses.items() if len(found) > 1}


def test_every_refusal_says_what_to_do() -> None:
    short = [f"{kind.__module__}.{kind.__name__}" for kind in refusals() if "sentence" not in vars(kind) or len(kind.sentence) < 20]
    assert not short
