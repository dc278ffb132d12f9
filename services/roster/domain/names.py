"""Names of people and organisations: any script and any rare character, but nothing that could hide or break a page."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from shared.errors import Invalid

LONGEST_PERSON_NAME = 60
LONGEST_ORGANIZATION_NAME = 100
MOST_MARKS_IN_A_ROW = 4
RARE_IDEOGRAPHS = range(0x20000, 0x3FFFE)
"""The planes of rare Chinese characters, in which every new edition of Unicode fills places."""


class BadName(Invalid):
    """The name is empty, too long, or holds what no name holds."""

    code = "bad_name"
    sentence = "Write the name as people read it, without control characters or heaps of accents."


def proper_name(text: str, longest: int, place: str = "/name") -> str:
    """`text` trimmed, in Unicode's composed form (NFC), each run of white space one space; 1 to `longest` characters.

    Raises:
        BadName: it is empty or too long, holds characters that can't be seen or are private to one font, begins with a mark, or has
            more marks in a row than any script needs.
    """
    name = " ".join(unicodedata.normalize("NFC", text[: longest * 8]).split())
    problem = _problem(name, longest) if len(text) <= longest * 8 else f"A name has at most {longest} characters."
    if problem:
        raise BadName(problem, errors=[(place, problem)])
    return name


def _problem(name: str, longest: int) -> str | None:
    if not any(unicodedata.category(character)[0] in "LN" or ord(character) in RARE_IDEOGRAPHS for character in name):
        return "A name has at least one letter or character."
    if len(name) > longest:
        return f"A name has at most {longest} characters."
    if any(_is_hidden(character) for character in name):
        return "This holds characters that can't be seen or that only one computer knows."
    if _most_marks_in_a_row(name) > MOST_MARKS_IN_A_ROW or unicodedata.category(name[0])[0] == "M":
        return "This has more marks on one character than a name has."
    return None


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character)[0] == "C" and ord(character) not in RARE_IDEOGRAPHS


def _most_marks_in_a_row(characters: Iterable[str]) -> int:
    most = run = 0
    for character in characters:
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        most = max(most, run)
    return most
