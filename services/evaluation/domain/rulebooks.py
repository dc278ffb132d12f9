"""Rulebooks and their versions (spec, section 3): which rules hold for a half-year, and how a version comes to hold.

A rulebook bears the id of its organisation: an organisation has one. Its first version holds at once; every later one is a
proposal until a second person adopts it, and begins with a half-year that has not begun. A published version never changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from services.evaluation.events.rulebooks import Rules, VersionProposed, VersionPublished
from shared.calendar import HalfYear
from shared.errors import Conflict, Unknown
from shared.events import Recorded


class UnknownRulebook(Unknown):
    """No rulebook under this id."""

    code = "unknown_rulebook"
    sentence = "There is no rulebook under this id."


class UnknownVersion(Unknown):
    """The rulebook has no such version."""

    code = "unknown_version"
    sentence = "The rulebook has no version with this number."


class NoRulesInForce(Conflict):
    """No published version holds for the half-year."""

    code = "no_rulebook"
    sentence = "No rulebook holds for this half-year here; the town publishes one first."


class RulesInForce(NamedTuple):
    """The rules that hold for a branch and half-year, and which version of which rulebook they are."""

    rulebook_id: str
    version: int
    rules: Rules


@dataclass(frozen=True)
class Version:
    """One version: its rules, from which half-year (None: from ever), and whether it holds or is still a proposal."""

    number: int
    code: str
    title: str
    from_period: HalfYear | None
    rules: Rules
    is_published: bool
    proposed_by: str
    proposed_at: datetime

    @property
    def state(self) -> str:
        """`published` or `proposed`."""
        return "published" if self.is_published else "proposed"

    def holds_for(self, period: HalfYear) -> bool:
        """Whether it is published and begins with `period` or earlier."""
        return self.is_published and (self.from_period is None or self.from_period <= period)


@dataclass(frozen=True)
class Rulebook:
    """All versions of one organisation's rulebook, by number; none yet where there is no rulebook."""

    organization_id: str = ""
    versions: tuple[Version, ...] = ()

    @property
    def id(self) -> str:
        """The rulebook's id: that of its organisation."""
        return self.organization_id

    def version(self, number: int) -> Version:
        """The version `number`; raises UnknownVersion."""
        if not 1 <= number <= len(self.versions):
            raise UnknownVersion
        return self.versions[number - 1]


def evolve(rulebook: Rulebook, recorded: Recorded) -> Rulebook:
    """The rulebook after one more event of its stream."""
    match recorded.event:
        case VersionProposed() as e:
            period = HalfYear.parse(e.from_period)
            proposal = Version(
                e.version, e.code, e.title, period, e.rules, is_published=False, proposed_by=e.recorded_by, proposed_at=recorded.recorded_at
            )
            return Rulebook(e.organization_id, (*rulebook.versions, proposal))
        case VersionPublished() as e if e.version <= len(rulebook.versions):
            held = rulebook.versions
            adopted = replace(held[e.version - 1], is_published=True)
            return replace(rulebook, versions=(*held[: e.version - 1], adopted, *held[e.version :]))
        case VersionPublished() as e:
            period_or_ever = HalfYear.parse(e.from_period) if e.from_period else None
            first = Version(
                e.version,
                e.code,
                e.title,
                period_or_ever,
                e.rules,
                is_published=True,
                proposed_by=e.recorded_by,
                proposed_at=recorded.recorded_at,
            )
            return Rulebook(e.organization_id, (*rulebook.versions, first))
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a rulebook")


def version_for(rulebook: Rulebook, period: HalfYear) -> tuple[int, Rules]:
    """The number and rules that hold for `period`: of the published versions that have begun by then, the one that begins last.

    Of two that begin with the same half-year, the newer. Raises NoRulesInForce.
    """
    holding = [version for version in rulebook.versions if version.holds_for(period)]
    if not holding:
        raise NoRulesInForce
    newest = max(holding, key=lambda version: (version.from_period or (0, 0), version.number))
    return newest.number, newest.rules


def version_on(rulebook: Rulebook, period: HalfYear | None, this_period: HalfYear) -> Version:
    """The version that holds for `period`; without it that of `this_period`, or else the first to come. Raises UnknownVersion."""
    try:
        return rulebook.version(version_for(rulebook, period or this_period)[0])
    except NoRulesInForce as error:
        if period is not None:
            raise UnknownVersion from error
        return rulebook.version(1)


def share(text: str) -> Fraction:
    """The exact fraction behind a share written `"1/3"`; the rules have been linted, so it is one."""
    over, _, under = text.partition("/")
    return Fraction(int(over), int(under))
