"""Who is meant by a name that somebody wrote into a list: the members of that name, told apart by group or by the number's end."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LAST_DIGITS = 4


@dataclass(frozen=True)
class Candidate:
    """A member of the branch by what tells it from others: its group's code and name, and its identity number, as far as there are any."""

    member_id: str
    name: str
    group_code: str = ""
    group_name: str = ""
    identity_number: str | None = None


@dataclass(frozen=True)
class Meant:
    """How many members have the name, and which of them what was written beside it fits: with nothing beside it, all of them."""

    namesakes: int
    member_ids: tuple[str, ...]


def meant_by(candidates: Sequence[Candidate], name: str, beside: str | None) -> Meant:
    """The members who may be meant by `name` and `beside`: the group (code, name, or both) or the identity number's last four.

    Spaces and the width of letters tell no names apart, since lists are set with spaces between the characters of short names.
    """
    namesakes = [one for one in candidates if _plain(one.name) == _plain(name)]
    fitting = [one for one in namesakes if beside is None or _plain(beside) in _marks(one)]
    return Meant(len(namesakes), tuple(one.member_id for one in fitting))


def _marks(one: Candidate) -> frozenset[str]:
    group = (one.group_code, one.group_name, one.group_code + one.group_name)
    marks: Iterable[str] = (*group, (one.identity_number or "")[-LAST_DIGITS:])
    return frozenset(_plain(mark) for mark in marks if mark)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
