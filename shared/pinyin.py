"""How a Chinese name sounds, for lists in the order in which people look for a name."""

from __future__ import annotations


def syllables(name: str) -> list[str]:
    """The pinyin of a name without tones, a syllable a character; what is no Chinese stays as it is."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - its dictionary takes half a second to load, and not every start needs it

    return lazy_pinyin(name)
