"""Points (spec, section 5): what may be recorded, in which half-year it counts, how a mistake is reversed, and what it adds up to.

A ledger holds the entries of one member and half-year. `record_entry` and `reverse_entry` decide; `totals.total` adds up,
`stories.tell_story` tells a good deed on the board.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.events.points import EntryRecorded, EntryReversed, Evidence, StoryTold
from services.evaluation.events.rulebooks import Item, PointRange, Rules
from shared.calendar import HalfYear
from shared.errors import Conflict, Invalid, Unknown
from shared.events import Recorded, TextRef

ZERO, HUNDRED = Decimal(0), Decimal(100)


class UnknownItem(Invalid):
    """The rules of the half-year have no such item."""

    code = "unknown_item"
    sentence = "The rulebook of this half-year has no item with this code; see GET /rulebooks."


class FutureDeed(Invalid):
    """A deed lies not in the future."""

    code = "future_deed"
    sentence = "A deed can't be dated in the future; record it when it was done."


class BeforeJoining(Invalid):
    """A deed lies not before the member joined."""

    code = "before_joining"
    sentence = "The deed is dated before the member joined the Party; check the date."


class PointsGiven(Invalid):
    """Points are chosen only where the item has a range."""

    code = "points_fixed"
    sentence = "This item has fixed points; leave `points` out."


class PointsMissing(Invalid):
    """Where the item has a range, its points are chosen."""

    code = "points_missing"
    sentence = "This item has a range of points; say how many in `points`."


class PointsOutOfRange(Invalid):
    """The points lie within the item's range."""

    code = "points_out_of_range"
    sentence = "These points lie outside the item's range."


class EvidenceMissing(Invalid):
    """The item asks for evidence."""

    code = "evidence_missing"
    sentence = "This item asks for evidence; add a text, a link or a file's hash."


class DuplicateEntry(Conflict):
    """The same deed (member, item, date, evidence) is not counted twice, unless forced with a reason."""

    code = "duplicate_entry"
    sentence = "The same deed is recorded already; if it is another one, say why in `force_reason`."


class LateEntry(Conflict):
    """The peer review of the half-year is closed, and its rulebook refuses what comes later."""

    code = "late_entry"
    sentence = "The peer review of this half-year is closed and the rulebook refuses later entries."


class UnknownEntry(Unknown):
    """No entry under this id."""

    code = "unknown_entry"
    sentence = "There is no entry under this id."


class AlreadyReversed(Conflict):
    """An entry is reversed once."""

    code = "already_reversed"
    sentence = "This entry has been reversed already."


class Deed(NamedTuple):
    """What somebody wants recorded: a deed of a member, in its branch of today. `points` only where the item has a range."""

    entry_id: str
    member_id: str
    branch_id: str
    item: str
    occurred_on: date
    points: Decimal | None = None
    evidence: tuple[Evidence, ...] = ()
    fingerprint: str = ""
    force_reason: TextRef | None = None
    activity_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands: the fact, as what it was recorded, and what became of it; `history` holds all events about it."""

    fact: EntryRecorded
    recorded: Recorded
    reversal: EntryReversed | None = None
    story: StoryTold | None = None
    history: tuple[Recorded, ...] = ()

    @property
    def counts(self) -> bool:
        """A reversed entry counts nothing."""
        return self.reversal is None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries of one member and half-year by id, in the order of recording."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    def entry(self, entry_id: str) -> Entry:
        """The entry under this id; raises UnknownEntry."""
        if (entry := self.entries.get(entry_id)) is None:
            raise UnknownEntry
        return entry

    def same_deed(self, item: str, occurred_on: date, fingerprint: str) -> str | None:
        """The id of the first entry that stands (is not reversed) for the same item, date and evidence."""
        for entry in self.entries.values():
            fact = entry.fact
            if entry.counts and (fact.item, fact.occurred_on, fact.fingerprint) == (item, occurred_on, fingerprint):
                return fact.entry_id
        return None


def evolve(ledger: Ledger, recorded: Recorded) -> Ledger:
    """The ledger after one more event of its stream."""
    match recorded.event:
        case EntryRecorded() as e:
            entry = Entry(e, recorded, history=(recorded,))
        case EntryReversed() as e:
            entry = ledger.entries[e.entry_id]
            entry = replace(entry, reversal=e, history=(*entry.history, recorded))
        case StoryTold() as e:
            entry = ledger.entries[e.entry_id]
            entry = replace(entry, story=e, history=(*entry.history, recorded))
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a ledger")
    return Ledger({**ledger.entries, entry.fact.entry_id: entry})


def require_possible_day(occurred_on: date, joined_on: date, today: date) -> None:
    """A deed lies not in the future (FutureDeed) and not before the member joined (BeforeJoining)."""
    if occurred_on > today:
        raise FutureDeed(errors=[("/occurred_on", FutureDeed.sentence)])
    if occurred_on < joined_on:
        raise BeforeJoining(errors=[("/occurred_on", BeforeJoining.sentence)])


def item_of(rules: Rules, code: str) -> Item:
    """The item with this code; raises UnknownItem."""
    for item in rules.items:
        if item.code == code:
            return item
    raise UnknownItem(errors=[("/item", UnknownItem.sentence)])


def worth(item: Item, points: Decimal | None) -> Decimal:
    """What one entry of the item is worth. Raises PointsGiven, PointsMissing, PointsOutOfRange."""
    if not isinstance(item.points, PointRange):
        if points is not None:
            raise PointsGiven(errors=[("/points", PointsGiven.sentence)])
        return item.points
    if points is None:
        raise PointsMissing(errors=[("/points", PointsMissing.sentence)])
    if not item.points.least <= points <= item.points.most:
        allowed = f"The item gives {item.points.least:f} to {item.points.most:f} points."
        raise PointsOutOfRange(errors=[("/points", allowed)])
    return points


def first_record(ledgers: Iterable[Ledger], deed: Deed) -> str | None:
    """The id of the entry that holds the same deed already (same item, date and evidence), in any of the member's `ledgers`."""
    return next((first for ledger in ledgers if (first := ledger.same_deed(deed.item, deed.occurred_on, deed.fingerprint))), None)


def record_entry(ledgers: Iterable[Ledger], deed: Deed, period: HalfYear, in_force: RulesInForce, by: str) -> list[EntryRecorded]:
    """Record `deed` in the member's ledger of `period`, under the rules in force for that half-year; its day has been checked.

    `ledgers`: all in which the same deed may stand already. Raises UnknownItem, PointsGiven, PointsMissing, PointsOutOfRange,
    EvidenceMissing, and DuplicateEntry unless forced.
    """
    item = item_of(in_force.rules, deed.item)
    points = worth(item, deed.points)
    if item.evidence and not deed.evidence and deed.activity_id is None:
        raise EvidenceMissing(errors=[("/evidence", EvidenceMissing.sentence)])
    if deed.force_reason is None and (first := first_record(ledgers, deed)):
        raise DuplicateEntry(entry_id=first)
    return [
        EntryRecorded(
            entry_id=deed.entry_id,
            member_id=deed.member_id,
            branch_id=deed.branch_id,
            period=str(period),
            item=item.code,
            kind=item.kind,
            points=points,
            cap=item.cap,
            occurred_on=deed.occurred_on,
            evidence=deed.evidence,
            fingerprint=deed.fingerprint,
            force_reason=deed.force_reason,
            activity_id=deed.activity_id,
            rulebook_id=in_force.rulebook_id,
            version=in_force.version,
            recorded_by=by,
        )
    ]


def reverse_entry(ledger: Ledger, entry_id: str, *, reversal_id: str, branch_id: str, reason: TextRef, by: str) -> list[EntryReversed]:
    """Reverse an entry by a second one that names it and says why. Raises UnknownEntry, AlreadyReversed."""
    entry = ledger.entry(entry_id)
    if not entry.counts:
        raise AlreadyReversed
    fact = entry.fact
    return [
        EntryReversed(
            entry_id=entry_id,
            reversal_id=reversal_id,
            member_id=fact.member_id,
            branch_id=branch_id,
            period=fact.period,
            reason=reason,
            recorded_by=by,
        )
    ]
