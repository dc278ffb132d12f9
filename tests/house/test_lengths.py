"""A file is read in one go, a function at a glance (docs/architecture.md). Aim for 250 and 25 lines; beyond the limits here something is
to be split, or a reason written down that a reader accepts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.files import PRODUCT, place, python_files, syntax_of

FILE_LIMIT = 300
TEST_FILE_LIMIT = 500
FUNCTION_LIMIT = 40

LONG_FILES: dict[str, str] = {
    "shared/transparency/verify.py": "an auditor copies this one file: it can't be split",
}
"""`path`: the reason."""
LONG_FUNCTIONS: dict[str, str] = {
    "shared/web/app.py:create_app": "half of it is the list of what a service may have",
}
"""`path:function`: the reason."""


@pytest.mark.parametrize(("folders", "limit"), [(PRODUCT, FILE_LIMIT), (("tests", "benchmarks"), TEST_FILE_LIMIT)])
def test_no_file_is_too_long_to_be_read_in_one_go(folders: tuple[str, ...], limit: int) -> None:
    lengths = {place(path): len(path.read_text().splitlines()) for path in python_files(*folders)}
    long = {name: lines for name, lines in lengths.items() if lines > limit and name not in LONG_FILES}
    assert not long, f"more than {limit} lines: split them: {long}"


def test_no_function_is_too_long_for_a_glance() -> None:
    long = {name: lines for path in python_files(*PRODUCT) for name, lines in _functions(path) if lines > FUNCTION_LIMIT}
    assert not set(long) - set(LONG_FUNCTIONS), f"more than {FUNCTION_LIMIT} lines without the docstring: {long}"


def test_the_reasons_are_about_what_is_still_long() -> None:
    lengths = {place(path): len(path.read_text().splitlines()) for path in python_files(*PRODUCT, "tests", "benchmarks")}
    functions = {name for path in python_files(*PRODUCT) for name, lines in _functions(path) if lines > FUNCTION_LIMIT}
    assert {name for name in LONG_FILES if lengths.get(name, 0) > FILE_LIMIT} == set(LONG_FILES)
    assert functions >= set(LONG_FUNCTIONS)


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(syntax_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{place(path)}:{node.name}", _length(node)


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Its lines from `def` to the end, less those of its docstring."""
    first = function.body[0]
    is_documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring
