"""Reading an .xlsx by a stream of its elements: what is empty costs no memory, formulas and merged cells are told, nothing is computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal
from xml.parsers import expat
from zipfile import ZipFile

from shared.sheets.package import NotASheet, open_package, part

MOST_ROWS = 10_000
MOST_COLUMNS = 100
MOST_STRINGS = 500_000
LAST_ROW = 1_048_576
REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
Kind = Literal["text", "number", "bool", "error", "formula"]
Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell; a formula is never computed. `is_1904`: its days are counted from 1904, as some Macs did."""

    kind: Kind
    value: str
    is_1904: bool = False


@dataclass
class Sheet:
    """The rows of a sheet that hold anything: by number from 1, each its cells by column from 1."""

    name: str
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Book:
    """The sheets by name, in their order."""

    sheets: Mapping[str, Sheet]


def read_book(data: bytes, wanted: frozenset[str]) -> Book:
    """The sheets of these names that the .xlsx has; others are listed, and left unread.

    Raises:
        NotASheet: it can't be read, or has more rows, columns or texts than a spreadsheet of ours.
    """
    package = open_package(data)
    paths, is_1904 = _sheets_of(package)
    strings = _Strings()
    _parse(part(package, "xl/sharedStrings.xml") or b"<sst/>", strings)
    return Book({name: _sheet(package, name, path, strings.found, is_1904) if name in wanted else Sheet(name) for name, path in paths})


class _Elements:
    """What a part's elements do; names come without their namespace."""

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Text inside an element."""


class _Strings(_Elements):
    """The shared strings; what tells only how they sound is left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._is_text = self._is_sound = False

    def start(self, name: str, attributes: Attributes) -> None:  # noqa: ARG002 - the shape of _Elements
        match name:
            case "si":
                self._pieces = []
            case "rPh":
                self._is_sound = True
            case "t":
                self._is_text = not self._is_sound

    def end(self, name: str) -> None:
        match name:
            case "si":
                self.found.append("".join(self._pieces))
                if len(self.found) > MOST_STRINGS:
                    raise NotASheet("The file holds far more texts than a spreadsheet of ours; copy the rows into the template.")
            case "rPh":
                self._is_sound = False
            case "t":
                self._is_text = False

    def text(self, data: str) -> None:
        if self._is_text:
            self._pieces.append(data)


class _Links(_Elements):
    """The sheets that the workbook names, or the parts that its relations name."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.targets: dict[str, str] = {}
        self.is_1904 = False

    def start(self, name: str, attributes: Attributes) -> None:
        match name:
            case "sheet":
                relation = next((value for key, value in attributes.items() if key.endswith("}id")), "")
                self.sheets.append((attributes.get("name", ""), relation))
            case "workbookPr":
                self.is_1904 = attributes.get("date1904") in {"1", "true"}
            case "Relationship":
                self.targets[attributes.get("Id", "")] = attributes.get("Target", "")


class _Rows(_Elements):
    """The cells of a sheet."""

    def __init__(self, sheet: Sheet, strings: list[str], *, is_1904: bool) -> None:
        self._sheet, self._strings, self._is_1904 = sheet, strings, is_1904
        self._row = self._column = 0
        self._kind, self._is_formula, self._is_value, self._is_sound = "n", False, False, False
        self._pieces: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        match name:
            case "row":
                self._row, self._column = _number(attributes.get("r"), self._row + 1), 0
            case "c":
                self._column = _column(attributes.get("r")) or self._column + 1
                self._kind, self._is_formula, self._pieces = attributes.get("t", "n"), False, []
            case "f":
                self._is_formula = True
            case "rPh":
                self._is_sound = True
            case "v" | "t":
                self._is_value = not self._is_sound
            case "mergeCell":
                self._merge(attributes.get("ref", ""))

    def end(self, name: str) -> None:
        match name:
            case "c":
                self._keep()
            case "v" | "t":
                self._is_value = False
            case "rPh":
                self._is_sound = False

    def text(self, data: str) -> None:
        if self._is_value:
            self._pieces.append(data)

    def _keep(self) -> None:
        value = "".join(self._pieces)
        if self._is_formula:
            cell = Cell("formula", "")
        elif not value:
            return
        elif self._kind == "s":
            cell = Cell("text", self._string(value))
        else:
            kinds: dict[str, Kind] = {"n": "number", "b": "bool", "e": "error"}
            cell = Cell(kinds.get(self._kind, "text"), value, self._is_1904)
        if not cell.value.strip() and cell.kind != "formula":
            return
        row = self._sheet.rows.setdefault(self._row, {})
        row[self._column] = cell
        if len(self._sheet.rows) > MOST_ROWS or len(row) > MOST_COLUMNS:
            raise NotASheet(f"A sheet has at most {MOST_ROWS} filled rows and {MOST_COLUMNS} filled columns; send it in parts.")

    def _string(self, index: str) -> str:
        try:
            return self._strings[int(index)]
        except (ValueError, IndexError) as error:
            raise NotASheet("The file is damaged; save it again and send it.") from error

    def _merge(self, reference: str) -> None:
        first = REFERENCE.match(reference)
        if first and len(self._sheet.merged) < MOST_COLUMNS:
            self._sheet.merged.append((int(first[2]), first[1]))


def _sheets_of(package: ZipFile) -> tuple[list[tuple[str, str]], bool]:
    book = part(package, "xl/workbook.xml")
    if book is None:
        raise NotASheet
    links = _Links()
    _parse(book, links)
    _parse(part(package, "xl/_rels/workbook.xml.rels") or b"<none/>", links)
    return [(name, links.targets.get(relation, "")) for name, relation in links.sheets], links.is_1904


def _sheet(package: ZipFile, name: str, target: str, strings: list[str], is_1904: bool) -> Sheet:
    path = target.removeprefix("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
    data = part(package, path)
    if data is None:
        raise NotASheet("The file is damaged; save it again and send it.")
    sheet = Sheet(name)
    _parse(data, _Rows(sheet, strings, is_1904=is_1904))
    return sheet


def _parse(data: bytes, elements: _Elements) -> None:
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    local: Callable[[str], str] = lambda name: name.rpartition("}")[2]  # noqa: E731 - called for every element
    parser.StartElementHandler = lambda name, attributes: elements.start(local(name), attributes)
    parser.EndElementHandler = lambda name: elements.end(local(name))
    parser.CharacterDataHandler = elements.text
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as error:
        raise NotASheet("The file is damaged; save it again and send it.") from error


def _no_doctype(*_: object) -> None:
    raise NotASheet("The file holds declarations that no spreadsheet program writes; copy the rows into the template.")


def _number(text: str | None, following: int) -> int:
    row = int(text) if text is not None and text.isascii() and text.isdigit() else following
    if not 1 <= row <= LAST_ROW:
        raise NotASheet("The file is damaged; save it again and send it.")
    return row


def _column(reference: str | None) -> int:
    found = REFERENCE.fullmatch(reference or "")
    number = 0
    for letter in found[1] if found else "":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
