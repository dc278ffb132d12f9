"""Commands on points (spec, section 5): load the member's ledger of the half-year, decide, save."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.evaluation.commands.evidence import EvidenceText, Sealing, fingerprint
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.commands.turns import turn_of
from services.evaluation.domain import points, stories
from services.evaluation.domain.late_entries import is_closed_for_entries, period_after_closing
from services.evaluation.domain.points import Deed, Ledger
from services.evaluation.domain.reviews import listed_member
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.events.points import EntryRecorded
from shared.calendar import HalfYear
from shared.store import Guard, Loaded, Log, Reply, SealedText, Stored, Write, again_when_stale


class MemberFacts(NamedTuple):
    """What a ledger must know of its member, from the roster: when it joined, its present branch, and what lies above that.

    `ancestry` is the branch itself, then each organisation above it.
    """

    member_id: str
    joined_on: date
    ancestry: Sequence[str]

    @property
    def branch_id(self) -> str:
        """The member's present branch."""
        return self.ancestry[0]


class EntryToRecord(NamedTuple):
    """What somebody wants recorded; `points` only where the item has a range."""

    item: str
    occurred_on: date
    points: Decimal | None = None
    evidence: Sequence[EvidenceText] = ()
    force_reason: str | None = None


class Counting(NamedTuple):
    """Where an entry counts: its half-year, the rules and the ledger of that.

    `elsewhere` are the ledgers of other half-years in which the same deed may stand; `guards` keep a closing, or a record there,
    from slipping in between.
    """

    period: HalfYear
    in_force: RulesInForce
    ledger: Loaded[Ledger]
    elsewhere: tuple[Ledger, ...]
    guards: tuple[Guard, ...]


class Decided(NamedTuple):
    """An entry that may be recorded: the fact, its place in the ledger, and the texts to be stored with it."""

    recorded: EntryRecorded
    write: Write
    texts: tuple[SealedText, ...]


async def load_ledger(log: Log, member_id: str, period: HalfYear) -> Loaded[Ledger]:
    """The member's ledger of a half-year; empty where nothing was recorded."""
    return await log.load(f"ledger/{member_id}/{period}", Ledger(), points.evolve)


async def counting_of(log: Log, member: MemberFacts, occurred_on: date) -> Counting:
    """Where an entry counts: in the half-year of its deed, else in the next one whose peer review is not closed for the member.

    Raises NoRulesInForce, and LateEntry where the rules of the deed's half-year refuse what comes late.
    """
    period = of_the_deed = HalfYear.of(occurred_on)
    in_force = rules_of_the_deed = await rules_for(log, member.ancestry, period)
    guards: list[Guard] = []
    while await _is_closed(log, member.member_id, period, guards):
        period = period_after_closing(period, rules_of_the_deed.rules)
        in_force = await rules_for(log, member.ancestry, period)
    was_ever_rated = guards[0].version > 0
    others = await _other_ledgers(log, member.member_id, of_the_deed, period) if was_ever_rated else []
    guards += [other.guard for other in others]
    ledger = await load_ledger(log, member.member_id, period)
    return Counting(period, in_force, ledger, tuple(other.state for other in others), tuple(guards))


async def _is_closed(log: Log, member_id: str, period: HalfYear, guards: list[Guard]) -> bool:
    listing = await log.load(f"rating/{member_id}/{period}", None, listed_member)
    guards.append(listing.guard)
    if listing.state is None:
        return False
    phase = await log.load(f"phase/{listing.state}", False, is_closed_for_entries)
    guards.append(phase.guard)
    return phase.state


async def _other_ledgers(log: Log, member_id: str, of_the_deed: HalfYear, counting: HalfYear) -> list[Loaded[Ledger]]:
    """Where a deed of a half-year that has had a review may stand beside `counting`: in its own, or in any that has begun since."""
    last = max(HalfYear.of(log.today()).next(), counting)
    others: list[Loaded[Ledger]] = []
    period = of_the_deed
    while period <= last:
        if period != counting:
            others.append(await load_ledger(log, member_id, period))
        period = period.next()
    return others


@again_when_stale
async def record_entry(log: Log, member: MemberFacts, entry: EntryToRecord, *, by: str, reply: Reply | None = None) -> Stored:
    """Record one deed of a member; the stored event is an `EntryRecorded`.

    Raises FutureDeed, BeforeJoining, NoRulesInForce, LateEntry, UnknownItem, PointsGiven, PointsMissing, PointsOutOfRange,
    EvidenceMissing, DuplicateEntry.
    """
    points.require_possible_day(entry.occurred_on, member.joined_on, log.today())
    async with turn_of(log, member.member_id):
        counting = await counting_of(log, member, entry.occurred_on)
        decided = decide_entry(log, member, entry, counting, by=by)
        return await log.append([decided.write], guards=counting.guards, texts=decided.texts, reply=reply)


def decide_entry(log: Log, member: MemberFacts, entry: EntryToRecord, counting: Counting, *, by: str) -> Decided:
    """What recording the entry where it counts would store; its day has been checked. Stores nothing.

    Raises UnknownItem, PointsGiven, PointsMissing, PointsOutOfRange, EvidenceMissing, DuplicateEntry.
    """
    sealing = Sealing(log, member.member_id)
    deed = Deed(
        entry_id=log.new_id(),
        member_id=member.member_id,
        branch_id=member.branch_id,
        item=entry.item,
        occurred_on=entry.occurred_on,
        points=entry.points,
        evidence=sealing.evidence(entry.evidence),
        fingerprint=fingerprint(log, member.member_id, entry.evidence),
        force_reason=sealing.optional(entry.force_reason),
    )
    (recorded,) = points.record_entry((counting.ledger.state, *counting.elsewhere), deed, counting.period, counting.in_force, by)
    return Decided(recorded, counting.ledger.then(recorded), tuple(sealing.texts))


@again_when_stale
async def reverse_entry(
    log: Log, ledger_of: tuple[str, HalfYear], entry_id: str, *, branch_id: str, reason: str, by: str, reply: Reply | None = None
) -> Stored:
    """Reverse an entry of the ledger of (member, half-year); the stored event is an `EntryReversed`.

    Raises UnknownEntry, AlreadyReversed.
    """
    async with turn_of(log, ledger_of[0]):
        ledger = await load_ledger(log, *ledger_of)
        sealing = Sealing(log, ledger_of[0])
        said = sealing.text(reason)
        reversed_by = points.reverse_entry(ledger.state, entry_id, reversal_id=log.new_id(), branch_id=branch_id, reason=said, by=by)
        return await log.append([ledger.then(*reversed_by)], texts=sealing.texts, reply=reply)


@again_when_stale
async def tell_story(
    log: Log,
    ledger_of: tuple[str, HalfYear],
    entry_id: str,
    *,
    branch_id: str,
    title: str,
    text: str,
    until: date | None,
    by: str,
    reply: Reply | None = None,
) -> Stored:
    """Tell a good deed of the ledger of (member, half-year) on the board; the stored event is a `StoryTold`.

    Raises UnknownEntry, NoGoodDeed, AlreadyReversed, AlreadyTold, StoryEndsInThePast.
    """
    ledger = await load_ledger(log, *ledger_of)
    sealing = Sealing(log, ledger_of[0])
    story = stories.tell_story(
        ledger.state,
        entry_id,
        branch_id=branch_id,
        title=sealing.text(title),
        text=sealing.text(text),
        until=until,
        today=log.today(),
        by=by,
    )
    return await log.append([ledger.then(*story)], texts=sealing.texts, reply=reply)
