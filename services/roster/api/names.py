"""Names for lists and search: in the order of their pinyin, found by a part or by the initials of their syllables.

Opened names are remembered beside the sealed bytes that they came from: a corrected or erased profile has others, and is forgotten.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.roster.commands.profiles import open_profile, sealed_profiles
from shared import pinyin
from shared.store import Log

T = TypeVar("T")
MOST_REMEMBERED = 200_000
MOST_OPENED_ON_THE_LOOP = 200
SURNAMES = {
    "仇": "qiu", "任": "ren", "区": "ou", "单": "shan", "召": "shao", "员": "yun", "折": "she", "曾": "zeng", "朴": "piao", "查": "zha",
    "盖": "ge", "种": "chong", "秘": "bi", "翟": "zhai", "解": "xie", "缪": "miao", "乐": "yue", "黑": "he",
}  # fmt: skip
"""Surnames that are read otherwise than the character usually is."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name and how it sounds, a syllable a character."""

    text: str
    syllables: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Name:
        """The name as it is read."""
        syllables = [syllable.strip().casefold() for syllable in pinyin.syllables(text) if syllable.strip()]
        if text[0] in SURNAMES:
            syllables[0] = SURNAMES[text[0]]
        return cls(text, tuple(syllables))

    def is_meant_by(self, asked: str) -> bool:
        """Whether `asked` is a part of the name, begins its pinyin (`zhangsan`), or the initials of it (`zs`)."""
        wanted = "".join(unicodedata.normalize("NFC", asked).casefold().split())
        initials = "".join(syllable[0] for syllable in self.syllables)
        is_part = wanted in "".join(self.text.casefold().split())
        return bool(wanted) and (is_part or initials.startswith(wanted) or "".join(self.syllables).startswith(wanted))


class Names:
    """The names of members, from their profiles."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._remembered: dict[str, tuple[bytes, Name | None]] = {}

    async def of(self, member_ids: Iterable[str]) -> dict[str, Name]:
        """The names by member; those whose profile was erased are absent."""
        ids = list(member_ids)
        missing = sum(member_id not in self._remembered for member_id in ids)
        if missing > MOST_OPENED_ON_THE_LOOP:
            return await asyncio.to_thread(self._read, ids)
        return self._read(ids)

    def _read(self, ids: Sequence[str]) -> dict[str, Name]:
        found = {member_id: self._name(member_id, sealed) for member_id, sealed in sealed_profiles(self._log, ids).items()}
        return {member_id: name for member_id, name in found.items() if name is not None}

    def _name(self, member_id: str, sealed: bytes) -> Name | None:
        known = self._remembered.get(member_id)
        if known is None or known[0] != sealed:
            profile = open_profile(self._log, member_id, sealed)
            known = (sealed, Name.of(profile.name) if profile else None)
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[member_id] = known
        return known[1]


def by_name(members: Iterable[T], names: dict[str, Name], key: str = "member_id") -> list[T]:
    """`members` in the order of their names' pinyin, then of the characters; those without a name at the end, by id."""

    def place(member: T) -> tuple[bool, tuple[str, ...], str, str]:
        member_id: str = getattr(member, key)
        name = names.get(member_id)
        return name is None, name.syllables if name else (), name.text if name else "", member_id

    return sorted(members, key=place)
