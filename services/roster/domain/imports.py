"""A roster that comes as rows: who is meant by a row, and what may follow from it.

A row enters a new member, or corrects the profile of one that is there. What holds from a day of its own (branch, group, status) is
never changed by a row: such a change has a day and a reason, which no row holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.roster.domain.members import Member, placed_on, status_on
from shared.errors import Invalid, Refusal
from shared.events import Recorded


class RowRefused(Invalid):
    """This row can't be taken over."""

    code = "row_refused"
    sentence = "This row can't be taken over."


@dataclass(frozen=True)
class RosterRow:
    """A row whose branch and group are found; `profile` holds the fields that were filled, the name among them."""

    number: int
    branch_id: str
    group_id: str | None
    joined_on: date
    in_branch_since: date | None
    status: str
    profile: Mapping[str, object]
    member_id: str | None = None


@dataclass(frozen=True)
class Namesake:
    """A member of the branch by whom a row without a number may be meant."""

    member_id: str
    has_identity_number: bool


@dataclass(frozen=True)
class RowError:
    """A row that can't be taken over: the field that is wrong (empty: the row as a whole) and why."""

    number: int
    field: str
    reason: str


Register = Mapping[tuple[str, str, date], Sequence[Namesake]]
"""The members by branch, name and the day of entering the Party."""


@dataclass(frozen=True)
class Imports:
    """How many imports there were: the version of their stream is what one import reserves."""

    count: int = 0


def evolve(imports: Imports, _: Recorded) -> Imports:
    """After one more import."""
    return Imports(imports.count + 1)


def meant_by(row: RosterRow, name: str, number: str | None, register: Register) -> str | None:
    """The member whom a row means that names no member and no known identity number; None: a new one.

    Raises:
        RowRefused: two members of this name entered the Party on the same day.
    """
    found = [one for one in register.get((row.branch_id, name, row.joined_on), ()) if number is None or not one.has_identity_number]
    if len(found) > 1:
        raise RowRefused("Several members of the branch have this name and day; write the member's id from the export.")
    return found[0].member_id if found else None


def check_same_row(row: RosterRow, seen: dict[tuple[object, ...], int], keys: Sequence[tuple[object, ...]]) -> None:
    """Two rows must not mean one person; raises RowRefused that names the first. `seen`: the row that first had each key."""
    for key in keys:
        first = seen.setdefault(key, row.number)
        if first != row.number:
            raise RowRefused(
                f"Row {first} means the same person: one identity number, one id, or the same name and days.",
                errors=[("/identity_number" if key[0] == "number" else "/name", f"Row {first} means the same person.")],
            )


def check_facts(member: Member, row: RosterRow, today: date) -> None:
    """What holds from a day of its own must stand in the row as it stands in the roster; raises RowRefused where it does not."""
    day = max(today, member.in_branch_since)
    place = placed_on(member, day) or member.moves[0]
    if place.branch_id != row.branch_id:
        raise _fact("/branch_id", "The member belongs to another branch, or there is none; a move is recorded as a transfer.")
    if place.group_id != row.group_id:
        raise _fact("/group_id", "The member belongs to another group; a move is recorded as a transfer.")
    if status_on(member, day) != row.status:
        raise _fact("/status", "The member has another status; a change of status is recorded with its day and reason.")
    if member.joined_on != row.joined_on:
        raise _fact("/joined_on", "The member entered the Party on another day; this can't be changed by a spreadsheet.")
    if row.in_branch_since is not None and row.in_branch_since != member.in_branch_since:
        raise _fact("/in_branch_since", "The member came to its branch on another day; this can't be changed by a spreadsheet.")


def errors_of(row: RosterRow, refusal: Refusal) -> list[RowError]:
    """What is wrong with the row, field by field."""
    if isinstance(refusal, Invalid) and refusal.errors:
        return [RowError(row.number, pointer.removeprefix("/"), reason) for pointer, reason in refusal.errors]
    field = "identity_number" if refusal.code == "identity_taken" else ""
    return [RowError(row.number, field, refusal.detail)]


def _fact(pointer: str, reason: str) -> RowRefused:
    return RowRefused(reason, errors=[(pointer, reason)])
