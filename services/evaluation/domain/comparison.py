"""What two versions of a rulebook differ in (spec, section 3), place by place; `api/comparison.py` says it in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from services.evaluation.events.rulebooks import Band, Dimension, Item, Rules


class Difference(NamedTuple):
    """A place that differs. `old` is None where it is new, `new` None where it is gone.

    `pointer` leads into the newer rules (where the place is gone: into the older ones). `field` names the kind of place, `items/cap`;
    `of` is the dimension or item to which it belongs.
    """

    pointer: str
    field: str
    old: Any
    new: Any
    of: Dimension | Item | None = None


def differences(old: Rules, new: Rules) -> list[Difference]:
    """Every place in which `new` differs from `old`, in the order of the rules. Dimensions and items are the same by their code."""
    return list(_of_struct("", "", old, new))


def _of_struct(
    pointer: str, field: str, old: msgspec.Struct, new: msgspec.Struct, of: Dimension | Item | None = None
) -> Iterator[Difference]:
    for one in msgspec.structs.fields(type(old)):
        place = f"{pointer}/{one.encode_name}"
        kind = f"{field}/{one.encode_name}".lstrip("/")
        yield from _of_value(place, kind, getattr(old, one.name), getattr(new, one.name), of)


def _of_value(place: str, kind: str, old: Any, new: Any, of: Dimension | Item | None) -> Iterator[Difference]:  # noqa: ANN401 - any field
    if isinstance(old, tuple) and not (old and isinstance(old[0], Band)):
        yield from _of_coded(place, kind, old, new)
    elif isinstance(old, msgspec.Struct) and isinstance(new, type(old)) and kind != "items/points":
        yield from _of_struct(place, kind, old, new, of)
    elif old != new:
        yield Difference(place, kind, old, new, of)


def _of_coded(place: str, kind: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[Difference]:
    """Dimensions or items: those that are gone, that are new, and what changed in the others."""
    before = {one.code: one for one in old}
    after = {one.code for one in new}
    for number, one in enumerate(old):
        if one.code not in after:
            yield Difference(f"{place}/{number}", kind, one, None, one)
    for number, one in enumerate(new):
        if one.code not in before:
            yield Difference(f"{place}/{number}", kind, None, one, one)
        else:
            yield from _of_struct(f"{place}/{number}", kind, before[one.code], one, one)
