"""The sentences of the specification of the 341 method, and the tests that show each: read from the markers `@pytest.mark.spec("6.12")`.

The sentences stand in `sentences.txt` beside this file, in the specification's own words and order: `<section>.<n>` and the sentence or
row of a table; where its clauses are rules by themselves, `<section>.<n>a`, `b`, ... A sentence that states nothing about the product says
so at its end, `[no rule: the reason]`.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.house.files import ROOT, place, python_files, syntax_of

SENTENCES = Path(__file__).with_name("sentences.txt")
SECTION = re.compile(r"# (\d+) (.+)")
NUMBERED = re.compile(r"((\d+\.\d+)([a-z]?)) (.+?)(?: \[no rule: (.+)\])?")


class SpecMarkerMisplaced(ValueError):
    """A marker `spec` that no table can be made from."""


@dataclass(frozen=True)
class Sentence:
    """One sentence: `6.12`, the title of its section, its words, and why it is no rule where it is none."""

    number: str
    section: str
    text: str
    no_rule: str | None = None


class Shown(NamedTuple):
    """A test, a class of tests or a file of them that shows a sentence."""

    number: str
    path: Path
    name: str

    @property
    def place(self) -> str:
        """As pytest is told to run it: `tests/evaluation/test_points.py::test_x`."""
        return f"{place(self.path)}::{self.name}" if self.name else place(self.path)

    @property
    def link(self) -> str:
        """As a document in docs/ links to it."""
        label = f"{self.path.name}::{self.name}" if self.name else self.path.name
        return f"[`{label}`](../{place(self.path)})"


def sentences() -> list[Sentence]:
    """All sentences in their order. Raises ValueError at a line that is none, or is out of its order."""
    found: list[Sentence] = []
    section, count = ("", ""), 0
    for line in filter(None, SENTENCES.read_text().splitlines()):
        if heading := SECTION.fullmatch(line):
            section, count = (heading[1], heading[2]), 0
            continue
        numbered = NUMBERED.fullmatch(line)
        count += numbered is None or numbered[3] in {"", "a"}
        if numbered is None or numbered[2] != f"{section[0]}.{count}":
            raise ValueError(f"{place(SENTENCES)}: expected the sentence {section[0]}.{count} at {line[:40]!r}")
        found.append(Sentence(numbered[1], section[1], numbered[4], numbered[5]))
    return found


def shown() -> list[Shown]:
    """What the markers in tests/ say, in the order of files and lines. Raises SpecMarkerMisplaced."""
    return [one for path in python_files("tests") for one in _shown_in(path)]


def spec_table() -> list[tuple[str, ...]]:
    """Section, number, sentence, the tests that show it."""
    tests: dict[str, list[str]] = defaultdict(list)
    for one in shown():
        tests[one.number].append(one.link)
    return [
        ("section", "number", "sentence", "shown by"),
        *((one.section, one.number, one.text, _shown_by(one, tests[one.number])) for one in sentences()),
    ]


def _shown_by(sentence: Sentence, links: list[str]) -> str:
    return f"no rule: {sentence.no_rule}" if sentence.no_rule else ", ".join(links)


def _shown_in(path: Path) -> Iterator[Shown]:
    if "mark.spec(" not in path.read_text():
        return
    tree = syntax_of(path)
    placed = 0
    for name, markers in _marked(tree.body):
        for number in markers:
            yield Shown(number, path, name)
        placed += len(markers)
    everywhere = sum(len(_numbers(node, path)) for node in ast.walk(tree) if _is_marker(node))
    if placed != everywhere:
        raise SpecMarkerMisplaced(f"{place(path)}: a marker spec stands on a test, on a class of tests, or in pytestmark")


def _marked(body: list[ast.stmt], inside: str = "") -> Iterator[tuple[str, list[str]]]:
    """The name of what carries markers, `` for a file, and their numbers."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("test_"):
                yield inside + name, _below(*node.decorator_list)
            case ast.ClassDef(name=name) if name.startswith("Test"):
                yield inside + name, _below(*node.decorator_list)
                yield from _marked(node.body, f"{inside}{name}::")
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
                yield inside.removesuffix("::"), _below(value)


def _below(*nodes: ast.AST) -> list[str]:
    return [number for node in nodes for each in ast.walk(node) if _is_marker(each) for number in _numbers(each)]


def _is_marker(node: ast.AST) -> bool:
    """Whether it is the call `pytest.mark.spec(...)`."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.spec"


def _numbers(node: ast.AST, path: Path = ROOT) -> list[str]:
    values = [argument.value if isinstance(argument, ast.Constant) else None for argument in getattr(node, "args", [])]
    if not values or not all(isinstance(value, str) for value in values):
        raise SpecMarkerMisplaced(f"{place(path)}: a marker spec names sentences, each as a text: spec('6.12')")
    return [str(value) for value in values]
