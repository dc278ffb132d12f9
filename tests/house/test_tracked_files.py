"""Nothing in the repository speaks of one machine, or of work that somebody meant to do later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.files import place, tracked_files

TEXT = {".py", ".md", ".toml", ".html", ".css", ".js", ".po", ".yaml", ".yml", ".txt", ".lock", ".json", ".svg", ".cfg", ".ini", ".sh", ""}
MACHINE_PATH = re.compile(r"(?:^|[^a-z.\w])/(?:work|root|farm|opt|mnt)/[a-z.]|/home/[a-z]|/Users/[A-Za-z]")
LATER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|raise NotImplement" + r"edError)\b")
REGISTRY = re.compile(r"https?://(?:[\w.-]*\.)?(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com))")
SLEEPING_TEST = re.compile(r"pytest\.mark\.(?:skip|xfail)\b")


def test_no_file_holds_a_path_of_a_machine() -> None:
    assert not list(_found(MACHINE_PATH)), "name places relative to the repository"


def test_no_file_puts_work_off() -> None:
    assert not list(_found(LATER)), "do it, or write an issue"


def test_no_file_names_a_registry() -> None:
    assert not list(_found(REGISTRY)), "packages are named, never the host they come from"


def test_no_test_is_put_to_sleep() -> None:
    found = [where for where in _found(SLEEPING_TEST) if where.startswith("tests/") and not where.startswith("tests/house/")]
    assert not found, "a test runs, or it is not there; one that needs what a machine may lack finds out and says so loudly"


def test_every_python_package_has_its_init() -> None:
    """Without it the folder is left out of the checks of ruff, mypy and import-linter, though it runs."""
    folders = {path.parent for path in tracked_files() if path.suffix == ".py" and path.parts[-2:-1] and _is_product(path)}
    assert not [place(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()]


def _is_product(path: Path) -> bool:
    return place(path).partition("/")[0] in {"xingqi", "services", "shared"}


def _found(pattern: re.Pattern[str]) -> Iterator[str]:
    for path in tracked_files():
        if path.suffix in TEXT:
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
                if pattern.search(line):
                    yield f"{place(path, number)}: {line.strip()[:120]}"
