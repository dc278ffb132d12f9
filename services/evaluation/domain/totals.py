"""What a ledger adds up to (spec, section 5): first each item's cap, then the caps of base and bonus, then the deductions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from services.evaluation.domain.points import HUNDRED, ZERO, Entry, Ledger
from services.evaluation.events.rulebooks import Rules


@dataclass(frozen=True)
class Points:
    """A member's points of a half-year. `base` and `bonus` after all caps, `deductions` after the items' caps, all positive.

    `total` is base + bonus - deductions, held within 0 and 100. `counted` says what each entry counted: those of a kind add up to
    that kind's figure exactly; the entries that were done first count first, what a cap leaves no room for counts nothing.
    """

    base: Decimal
    bonus: Decimal
    deductions: Decimal
    total: Decimal
    counted: Mapping[str, Decimal]

    @classmethod
    def none(cls) -> Self:
        """What an empty ledger adds up to, under whatever rules."""
        return cls(ZERO, ZERO, ZERO, ZERO, {})


def total(ledger: Ledger, rules: Rules) -> Points:
    """Add up a ledger under the rules of its half-year. No entries: 0 points, not absent."""
    caps = {item.code: item.cap for item in rules.items}
    room = {"base": rules.caps.base, "bonus": rules.caps.bonus}
    counted: dict[str, Decimal] = {}
    of_item: dict[tuple[str, str], Decimal] = {}
    of_kind = {"base": ZERO, "bonus": ZERO, "deduction": ZERO}
    for entry in sorted(ledger.entries.values(), key=_when_done):
        fact = entry.fact
        if not entry.counts:
            counted[fact.entry_id] = ZERO
            continue
        so_far = of_item.get((fact.kind, fact.item), ZERO)
        left = caps.get(fact.item, fact.cap) - so_far
        if fact.kind in room:
            left = min(left, room[fact.kind] - of_kind[fact.kind])
        amount = max(ZERO, min(fact.points, left))
        counted[fact.entry_id] = amount
        of_item[fact.kind, fact.item] = so_far + amount
        of_kind[fact.kind] += amount
    base, bonus, deductions = of_kind["base"], of_kind["bonus"], of_kind["deduction"]
    return Points(base, bonus, deductions, min(HUNDRED, max(ZERO, base + bonus - deductions)), counted)


def _when_done(entry: Entry) -> tuple[object, int]:
    return entry.fact.occurred_on, entry.recorded.position
