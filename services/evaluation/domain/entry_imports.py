"""Entries that come as a spreadsheet: which item a word means, that no two rows are one deed, and which cell a refusal is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, cast

from services.evaluation.domain.points import UnknownItem
from services.evaluation.events.rulebooks import Item, Rules
from shared.errors import Invalid, Refusal

Table = Literal["deeds", "attendance"]
NO_SUCH_ITEM = "The rulebook of this half-year has no such item; choose from the list, or write the item's code."
ABOUT_THE_DAY = frozenset({"late_entry", "no_rulebook"})


class Place(NamedTuple):
    """A row of one of the two sheets; `number` as the spreadsheet shows it."""

    table: Table
    number: int


class RowError(NamedTuple):
    """A row that can't be taken: the field that is wrong (empty: the row as a whole) and why; never what stands in the cell."""

    place: Place
    field: str
    reason: str


class ItemNotClear(Invalid):
    """Several items of the rulebook have this title."""

    code = "item_not_clear"
    sentence = "Several items of this half-year have this title; write the item's code."


class SameDeed(Invalid):
    """Two rows are the same deed."""

    code = "same_deed"
    sentence = "Another row is the same deed: same member, item, day and evidence."


Seen = dict[tuple[object, ...], Place]
"""The row that first had each deed."""


def item_meant(rules: Rules, written: str) -> Item:
    """The item whose code or title, or both with a space between, was written. Raises UnknownItem, ItemNotClear."""
    for item in rules.items:
        if written in {item.code, label(item)}:
            return item
    titled = [item for item in rules.items if item.title == written]
    if not titled:
        raise UnknownItem(errors=[("/item", NO_SUCH_ITEM)])
    if len(titled) > 1:
        raise ItemNotClear(errors=[("/item", ItemNotClear.sentence)])
    return titled[0]


def label(item: Item) -> str:
    """An item as the drop-down offers it."""
    return f"{item.code} {item.title}"


def refuse_same_deed(seen: Seen, place: Place, deed: tuple[object, ...]) -> None:
    """Remember the deed of this row; raises SameDeed, which names the row that has it already."""
    first = seen.setdefault(deed, place)
    if first != place:
        of = "" if first.table == place.table else "the other sheet's "
        raise SameDeed(f"It is the same deed as {of}row {first.number}: same member, item, day and evidence.")


def errors_of_deed(place: Place, refusal: Refusal) -> list[RowError]:
    """What is wrong with a deed's row, field by field; a duplicate is named with the entry that came first."""
    if isinstance(refusal, Invalid) and refusal.errors:
        return [RowError(place, pointer.split("/")[1], reason) for pointer, reason in refusal.errors]
    first = refusal.extra.get("entry_id")
    if first is not None:
        return [RowError(place, "", recorded_already(str(first)))]
    return [RowError(place, "occurred_on" if refusal.code in ABOUT_THE_DAY else "", refusal.detail)]


def errors_of_activity(rows: Mapping[str, Place], order: Iterable[Place], refusal: Refusal) -> list[RowError]:
    """What is wrong with an activity. `rows`: each attendee's row by member; `order`: the rows as they stand in the list."""
    places = tuple(order)
    if isinstance(refusal, Invalid) and refusal.errors:
        return [_of_pointer(places, pointer, reason) for pointer, reason in refusal.errors]
    recorded = cast(list[dict[str, Any]], refusal.extra.get("recorded", []))
    if recorded:
        return [RowError(rows[one["member_id"]], "member", recorded_already(one["entry_id"])) for one in recorded]
    return [RowError(places[0], "held_on" if refusal.code in ABOUT_THE_DAY else "", refusal.detail)]


def recorded_already(entry_id: str) -> str:
    """Why a duplicate is refused, and what may be done."""
    return f"Entry {entry_id} holds this deed already: take the row out, say `skip_recorded`, or tell another deed apart by its evidence."


def _of_pointer(places: tuple[Place, ...], pointer: str, reason: str) -> RowError:
    match pointer.split("/"):
        case [_, "attendees", number, *_]:
            return RowError(places[int(number)], "member", reason)
        case [_, field, *_]:
            return RowError(places[0], field, reason)
        case _:
            return RowError(places[0], "", reason)
