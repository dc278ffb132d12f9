"""Recording an activity (spec, sections 4 and 5): who was there, and base points for all of them, in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from services.evaluation.commands.evidence import Sealing
from services.evaluation.commands.points import Counting, MemberFacts, counting_of
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.commands.turns import turns_of
from services.evaluation.domain import activities, points
from services.evaluation.domain.activities import Activity, Attendee
from services.evaluation.domain.points import Deed, Ledger
from services.evaluation.domain.rulebooks import RulesInForce
from shared.calendar import HalfYear
from shared.store import Guard, Log, Reply, SealedText, Stored, Write, again_when_stale


class Present(NamedTuple):
    """Who took part: the facts for its ledger, and how it stands in the list."""

    facts: MemberFacts
    attendee: Attendee


class ActivityToRecord(NamedTuple):
    """What somebody wants recorded. `skip_recorded`: who has the same deed already stands in the list and gets no second entry."""

    item: str
    title: str
    held_on: date
    present: Sequence[Present]
    skip_recorded: bool = False


class Decided(NamedTuple):
    """An activity that may be recorded: what would be stored, and the entry of each member who would get one."""

    writes: list[Write]
    guards: list[Guard]
    texts: list[SealedText]
    entries: dict[str, str]


class _Place(NamedTuple):
    """Where the entry of one who took part goes."""

    deed: Deed
    counting: Counting
    rules: RulesInForce

    @property
    def ledgers(self) -> tuple[Ledger, ...]:
        """All in which the same deed may stand already."""
        return (self.counting.ledger.state, *self.counting.elsewhere)


async def load_activity(log: Log, activity_id: str) -> Activity:
    """The activity under this id; without a fact where there is none."""
    return (await log.load(f"activity/{activity_id}", Activity(), activities.evolve)).state


@again_when_stale
async def hold_activity(log: Log, ancestry: Sequence[str], activity: ActivityToRecord, *, by: str, reply: Reply | None = None) -> Stored:
    """Record an activity of the branch `ancestry[0]`, with an entry for each who took part: all or none.

    The last stored event is the `ActivityHeld`. Raises FutureDeed, ListedTwice, NotOfThisBranch, BeforeJoining, NoRulesInForce,
    UnknownItem, NoAttendanceItem, LateEntry, AlreadyRecorded.
    """
    async with turns_of(log, [present.attendee.member_id for present in activity.present]):
        decided = await decide_activity(log, ancestry, activity, by=by)
        return await log.append(decided.writes, guards=decided.guards, texts=decided.texts, reply=reply)


async def decide_activity(log: Log, ancestry: Sequence[str], activity: ActivityToRecord, *, by: str) -> Decided:
    """What recording the activity would store; stores nothing. Raises what `hold_activity` raises."""
    branch_id, activity_id = ancestry[0], log.new_id()
    attendees = [present.attendee for present in activity.present]
    activities.require_possible_attendance(branch_id, attendees, activity.held_on, log.today())
    rules = await rules_for(log, ancestry, HalfYear.of(activity.held_on))
    activities.require_attendance_item(points.item_of(rules.rules, activity.item))
    places = [await _place(log, ancestry, activity, activity_id, present.facts) for present in activity.present]
    recorded = activities.who_has_it_already([(place.ledgers, place.deed) for place in places])
    if not activity.skip_recorded:
        activities.refuse_recorded(recorded)
    writes, guards, entries = _entries([place for place in places if place.deed.member_id not in recorded], by)
    sealing = Sealing(log, branch_id)
    held = activities.hold_activity(
        activity_id=activity_id,
        branch_id=branch_id,
        item=activity.item,
        title=sealing.text(activity.title),
        held_on=activity.held_on,
        attendees=attendees,
        entries=entries,
        by=by,
    )
    writes.append(Write(f"activity/{activity_id}", 0, held))
    return Decided(writes, guards, sealing.texts, entries)


async def _place(log: Log, ancestry: Sequence[str], activity: ActivityToRecord, activity_id: str, facts: MemberFacts) -> _Place:
    counting = await counting_of(log, facts, activity.held_on)
    deed = Deed(
        entry_id=log.new_id(),
        member_id=facts.member_id,
        branch_id=facts.branch_id,
        item=activity.item,
        occurred_on=activity.held_on,
        activity_id=activity_id,
    )
    return _Place(deed, counting, await rules_for(log, ancestry, counting.period))


def _entries(places: Sequence[_Place], by: str) -> tuple[list[Write], list[Guard], dict[str, str]]:
    writes: list[Write] = []
    guards: list[Guard] = []
    for place in places:
        recorded = points.record_entry(place.ledgers, place.deed, place.counting.period, place.rules, by)
        writes.append(place.counting.ledger.then(*recorded))
        guards += place.counting.guards
    return writes, guards, {place.deed.member_id: place.deed.entry_id for place in places}
