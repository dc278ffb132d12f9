"""The texts that people see, against the English catalogue: `python -m tests.house.catalogue` names what is missing or unused.

With `--add`, texts that are missing are appended to the catalogue with an empty translation, which is a fault until it is filled in.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes
from jinja2.ext import babel_extract

from tests.house.files import PRODUCT, ROOT, place, python_files, syntax_of, templates

CATALOGUE = ROOT / "shared/web/locale/en/LC_MESSAGES/messages.po"
CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)")
MARKS = {"message": 0, "translated": 1}
"""The functions of `shared.web.languages` that take a text, and which of their arguments it is."""
OWN_NAME = "中文"
"""The language's own name, which stays as it is in every language."""

_JINJA = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def texts() -> dict[str, str]:
    """Every text for the catalogue and the first place where it stands; of a plural its singular."""
    found: dict[str, str] = {}
    for path in templates():
        with path.open("rb") as file:
            for line, _, text, _ in babel_extract(file, ["_", "gettext", "ngettext"], [], {}):
                first = text[0] if isinstance(text, tuple) else text
                if first is not None:  # None: a variable, whose texts are marked where they stand in Python
                    found.setdefault(first, place(path, line))
    for path in python_files(*PRODUCT):
        for line, text in _marked(syntax_of(path)):
            found.setdefault(text, place(path, line))
    return found


def catalogue() -> Catalog:
    """The English catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def faults() -> list[str]:
    """Each text that lacks English, each English text that nobody uses or that lost a placeholder, each unmarked Chinese text."""
    used, english = texts(), {_forms(entry.id)[0]: _forms(entry.string) for entry in catalogue() if entry.id}
    missing = [f"{where}: no English for {text!r}" for text, where in used.items() if not all(english.get(text, [""]))]
    unused = [f"messages.po: nobody uses {text!r}" for text in english if text not in used]
    broken = [f"messages.po: not the same placeholders: {text!r}" for text, forms in english.items() if not _keeps_places(text, forms)]
    return [*missing, *unused, *broken, *(f"{where}: not marked for translation: {text!r}" for where, text in unmarked())]


def unmarked() -> Iterator[tuple[str, str]]:
    """Chinese in a template that is in no `_()`."""
    for path in templates():
        for data in _JINJA.parse(path.read_text()).find_all(nodes.TemplateData):
            for number, line in enumerate(data.data.splitlines(), data.lineno):
                if CHINESE.search(line.replace(OWN_NAME, "")):
                    yield place(path, number), line.strip()


def add_missing() -> int:
    """Append what is missing to the catalogue; returns how many."""
    known = {_forms(entry.id)[0] for entry in catalogue() if entry.id}
    missing = [text for text in texts() if text not in known]
    with CATALOGUE.open("a") as file:
        for text in missing:
            file.write(f'\nmsgid "{_quoted(text)}"\nmsgstr ""\n')
    return len(missing)


def _marked(module: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in MARKS and len(arguments) > MARKS[name]:
                match arguments[MARKS[name]]:
                    case ast.Constant(value=str(text)):
                        yield node.lineno, text


def _forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or [""])


def _keeps_places(text: str, forms: list[str]) -> bool:
    return all(set(PLACEHOLDER.findall(form)) == set(PLACEHOLDER.findall(text)) for form in forms if form)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def main(arguments: list[str]) -> int:
    """Print the faults; with `--add`, add what is missing first."""
    if "--add" in arguments:
        print(f"{add_missing()} texts added to {Path(CATALOGUE).relative_to(ROOT)}")
    found = faults()
    print("\n".join(found) if found else f"{len(texts())} texts, all with their English")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
