"""Entries that come as a spreadsheet (spec, section 5): load, decide, save; all rows in one append, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.evaluation.commands.activities import ActivityToRecord, decide_activity
from services.evaluation.commands.points import Counting, EntryToRecord, MemberFacts, counting_of, decide_entry
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.commands.turns import turns_of
from services.evaluation.domain import entry_imports as rules
from services.evaluation.domain import points
from services.evaluation.domain.entry_imports import Place, RowError, Seen, item_meant
from services.evaluation.domain.points import DuplicateEntry
from shared.calendar import HalfYear
from shared.errors import Refusal, Unavailable
from shared.store import Guard, Log, Reply, SealedText, Stored, Write, again_when_stale


class RowsRefused(Exception):
    """Some rows can't be taken; nothing was stored."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__("some rows can't be taken")
        self.errors = tuple(errors)


class DeedRow(NamedTuple):
    """A row that tells a deed of a member; its item is written as code or title."""

    place: Place
    member: MemberFacts
    entry: EntryToRecord


class ActivityRows(NamedTuple):
    """The rows of one activity, one of each attendee in its order; its item is written as code or title."""

    places: tuple[Place, ...]
    activity: ActivityToRecord


class EntriesToImport(NamedTuple):
    """A spreadsheet of the branch `ancestry[0]`. `skip_recorded`: what is recorded already is left out instead of refused."""

    ancestry: Sequence[str]
    deeds: Sequence[DeedRow]
    activities: Sequence[ActivityRows]
    skip_recorded: bool = False

    def member_ids(self) -> list[str]:
        """All whose ledgers it touches."""
        present = [one.attendee.member_id for rows in self.activities for one in rows.activity.present]
        return [*(row.member.member_id for row in self.deeds), *present]


@dataclass
class Plan:
    """What an import by the person `by` would store: so many entries and activities; `skipped` rows are recorded already."""

    by: str
    created: int = 0
    activities: int = 0
    skipped: int = 0
    writes: list[Write] = field(default_factory=list)
    guards: dict[Guard, None] = field(default_factory=dict)
    texts: list[SealedText] = field(default_factory=list)
    seen: Seen = field(default_factory=dict)
    countings: dict[tuple[str, HalfYear], Counting] = field(default_factory=dict)

    def answer(self) -> dict[str, int]:
        """The counts."""
        return {"created": self.created, "activities": self.activities, "skipped": self.skipped}


async def plan_import(log: Log, sheet: EntriesToImport, *, by: str) -> Plan:
    """What taking these rows would store; stores nothing. Raises RowsRefused with everything that is wrong."""
    plan = Plan(by)
    errors: list[RowError] = []
    for row in sheet.deeds:
        try:
            await _plan_deed(log, row, plan, skip_recorded=sheet.skip_recorded)
        except Refusal as refusal:
            _stop_when_away(refusal)
            errors += rules.errors_of_deed(row.place, refusal)
    for rows in sheet.activities:
        by_member = {one.attendee.member_id: place for one, place in zip(rows.activity.present, rows.places, strict=True)}
        try:
            errors += await _plan_activity(log, sheet, rows, by_member, plan)
        except Refusal as refusal:
            _stop_when_away(refusal)
            errors += rules.errors_of_activity(by_member, rows.places, refusal)
    if errors:
        raise RowsRefused(errors)
    return plan


@again_when_stale
async def import_entries(log: Log, sheet: EntriesToImport, *, by: str, reply: Reply | None = None) -> Stored:
    """Take all rows in one append. Raises RowsRefused, TooLarge; `reply.make` can count the stored events."""
    async with turns_of(log, sheet.member_ids()):
        plan = await plan_import(log, sheet, by=by)
        return await log.append(plan.writes, guards=plan.guards, texts=plan.texts, reply=reply)


async def _plan_deed(log: Log, row: DeedRow, plan: Plan, *, skip_recorded: bool) -> None:
    day = row.entry.occurred_on
    points.require_possible_day(day, row.member.joined_on, log.today())
    key = (row.member.member_id, HalfYear.of(day))
    if (counting := plan.countings.get(key)) is None:
        counting = plan.countings[key] = await counting_of(log, row.member, day)
    entry = row.entry._replace(item=item_meant(counting.in_force.rules, row.entry.item).code)
    try:
        decided = decide_entry(log, row.member, entry, counting, by=plan.by)
    except DuplicateEntry:
        if not skip_recorded:
            raise
        plan.skipped += 1
        return
    fact = decided.recorded
    rules.refuse_same_deed(plan.seen, row.place, (fact.member_id, fact.item, fact.occurred_on, fact.fingerprint))
    _keep(plan, [decided.write], counting.guards, decided.texts)
    plan.created += 1


async def _plan_activity(log: Log, sheet: EntriesToImport, rows: ActivityRows, by_member: dict[str, Place], plan: Plan) -> list[RowError]:
    """What is wrong with single attendees. An activity that would give nobody an entry is recorded already: it is skipped whole."""
    held_on = rows.activity.held_on
    in_force = await rules_for(log, sheet.ancestry, HalfYear.of(held_on))
    item = item_meant(in_force.rules, rows.activity.item).code
    activity = rows.activity._replace(item=item, skip_recorded=sheet.skip_recorded)
    decided = await decide_activity(log, sheet.ancestry, activity, by=plan.by)
    plan.skipped += len(rows.places) - len(decided.entries)
    errors: list[RowError] = []
    for member_id in decided.entries:
        try:
            rules.refuse_same_deed(plan.seen, by_member[member_id], (member_id, item, held_on, ""))
        except Refusal as refusal:
            errors += rules.errors_of_deed(by_member[member_id], refusal)
    if decided.entries:
        _keep(plan, decided.writes, decided.guards, decided.texts)
        plan.created += len(decided.entries)
        plan.activities += 1
    return errors


def _keep(plan: Plan, writes: Sequence[Write], guards: Sequence[Guard], texts: Sequence[SealedText]) -> None:
    plan.writes += writes
    plan.guards |= dict.fromkeys(guards)
    plan.texts += texts


def _stop_when_away(refusal: Refusal) -> None:
    if isinstance(refusal, Unavailable):
        raise refusal
