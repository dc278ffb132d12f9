"""Stretches of time, half open: from `start` up to, and without, `end`. An `end` of None is one that has not come yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple


class Spell(NamedTuple):
    """A stretch of time and the reason for which a notice could not be read in it."""

    start: datetime
    end: datetime | None
    reason: str


class Stretch(NamedTuple):
    """A stretch of time that is over."""

    start: datetime
    end: datetime


def within(spells: Iterable[Spell], start: datetime, end: datetime) -> list[Stretch]:
    """The parts of the spells that lie in [start, end), without the empty ones."""
    parts = (Stretch(max(spell.start, start), end if spell.end is None else min(spell.end, end)) for spell in spells)
    return [part for part in parts if part.start < part.end]


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same times as stretches that neither overlap nor touch, in order."""
    result: list[Stretch] = []
    for stretch in sorted(stretches):
        if result and stretch.start <= result[-1].end:
            result[-1] = Stretch(result[-1].start, max(result[-1].end, stretch.end))
        else:
            result.append(stretch)
    return result


def length(stretches: Iterable[Stretch]) -> timedelta:
    """How long they are together, times that several of them cover counted once."""
    return sum((stretch.end - stretch.start for stretch in joined(stretches)), timedelta())
