"""Activities (spec, sections 4 and 5): attendance gives base points to all present with one command, those from afar included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.evaluation.domain.points import BeforeJoining, Deed, FutureDeed, Ledger, first_record, worth
from services.evaluation.events.activities import ActivityHeld, Attendance
from services.evaluation.events.rulebooks import Item
from shared.errors import Conflict, Invalid, Unknown
from shared.events import Recorded, TextRef


class UnknownActivity(Unknown):
    """No activity under this id."""

    code = "unknown_activity"
    sentence = "There is no activity under this id."


class NotABranch(Invalid):
    """Activities are held by branches."""

    code = "not_a_branch"
    sentence = "This organisation is no branch; activities are recorded by branches."


class NoAttendanceItem(Invalid):
    """Attendance gives base points."""

    code = "no_attendance_item"
    sentence = "Attendance gives base points; name an item of kind base with fixed points."


class ListedTwice(Invalid):
    """Who is present is present once."""

    code = "listed_twice"
    sentence = "The same member stands in the list more than once."


class NotOfThisBranch(Invalid):
    """Who took part belongs to the branch, or is hosted by it."""

    code = "not_of_this_branch"
    sentence = "These members neither belong to this branch nor are hosted by it; their own branch records them."


class AlreadyRecorded(Conflict):
    """Some who are listed have the same deed recorded already."""

    code = "duplicate_entry"
    sentence = "Some have this deed recorded already; leave them out, or say `skip_recorded`."


class Attendee(NamedTuple):
    """A member in the list of those who took part, as the roster knows it: in which branches it may be recorded that day."""

    member_id: str
    remote: bool
    badge: bool | None
    joined_on: date
    branches: frozenset[str]


@dataclass(frozen=True)
class Activity:
    """One activity: what was recorded of it, and when."""

    fact: ActivityHeld | None = None
    recorded: Recorded | None = None


def evolve(_: Activity, recorded: Recorded) -> Activity:
    """The activity after the one event of its stream."""
    match recorded.event:
        case ActivityHeld() as e:
            return Activity(e, recorded)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to an activity")


def require_possible_attendance(branch_id: str, attendees: Sequence[Attendee], held_on: date, today: date) -> None:
    """Each stands there once, belongs to the branch that day (or is hosted by it), and had joined; the day is not in the future.

    Raises ListedTwice, FutureDeed, BeforeJoining, NotOfThisBranch, with the place of each attendee.
    """
    if held_on > today:
        raise FutureDeed(errors=[("/held_on", FutureDeed.sentence)])
    ids = [attendee.member_id for attendee in attendees]
    _refuse_where(ListedTwice, [member_id in ids[:number] for number, member_id in enumerate(ids)])
    _refuse_where(NotOfThisBranch, [branch_id not in attendee.branches for attendee in attendees])
    _refuse_where(BeforeJoining, [held_on < attendee.joined_on for attendee in attendees])


def _refuse_where(refusal: type[Invalid], is_wrong: Sequence[bool]) -> None:
    errors = [(f"/attendees/{number}", refusal.sentence) for number, wrong in enumerate(is_wrong) if wrong]
    if errors:
        raise refusal(errors=errors)


def require_attendance_item(item: Item) -> None:
    """Attendance gives the fixed points of a base item; raises NoAttendanceItem."""
    if item.kind != "base":
        raise NoAttendanceItem(errors=[("/item", NoAttendanceItem.sentence)])
    worth(item, None)


def who_has_it_already(deeds: Sequence[tuple[Sequence[Ledger], Deed]]) -> dict[str, str]:
    """The members in whose ledgers the same deed stands already, each with the id of that first entry."""
    firsts = {deed.member_id: first_record(ledgers, deed) for ledgers, deed in deeds}
    return {member_id: first for member_id, first in firsts.items() if first is not None}


def refuse_recorded(recorded: dict[str, str]) -> None:
    """Raises AlreadyRecorded, which lists who has it already, unless nobody has."""
    if recorded:
        raise AlreadyRecorded(recorded=[{"member_id": member_id, "entry_id": first} for member_id, first in recorded.items()])


def hold_activity(
    *,
    activity_id: str,
    branch_id: str,
    item: str,
    title: TextRef,
    held_on: date,
    attendees: Sequence[Attendee],
    entries: dict[str, str],
    by: str,
) -> list[ActivityHeld]:
    """Record the activity; `entries` gives the entry of each member who got one."""
    attendance = tuple(Attendance(a.member_id, a.remote, a.badge, entries.get(a.member_id)) for a in attendees)
    return [
        ActivityHeld(
            activity_id=activity_id,
            branch_id=branch_id,
            item=item,
            title=title,
            held_on=held_on,
            attendees=attendance,
            recorded_by=by,
        )
    ]
