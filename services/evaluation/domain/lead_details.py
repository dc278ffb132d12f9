"""What lies behind a lead, as it is sealed with it (design: trust.md): whom it is about, the labels made for it, the scores behind it.

People stand in the rows by labels alone, made for this lead and the same in no other; `people` says who is meant, and leaves the service
by an unsealing only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from services.evaluation.domain.leads import label_of

MOST_ROWS = 10


class Row(msgspec.Struct, frozen=True):
    """One of the few scores behind a lead: `by` whom and `of` whom (labels, None where nobody is to be told apart), in which half-year.

    `usual` is what it is held against: what the others gave the same person, or what the peers' scores imply.
    """

    by: str | None
    of: str | None
    period: str
    score: Decimal
    usual: Decimal | None


class Details(msgspec.Struct, frozen=True):
    """`entity`: the label of the member whom the lead is about, None where it is about the branch; `second`: of a pair's other member.

    `people`: label -> member. `concerned`: the members whom it is about. `count`: low scores (B5), members of the group (C1). `rests_on`:
    what a fact (A1 to A3) rests on. `sentence`: that of a fact, in Chinese and English; None where `lead_words` makes it from the figures.
    """

    entity: str | None
    second: str | None
    people: dict[str, str]
    concerned: tuple[str, ...]
    rows: tuple[Row, ...]
    rests_on: dict[str, str | None]
    sentence: tuple[str, str] | None = None
    count: int = 0

    def label_of(self, member_id: str) -> str | None:
        """The member's label in this lead; None where it is not among those concerned."""
        if member_id not in self.concerned:
            return None
        return next((label for label, member in self.people.items() if member == member_id), None)


def sealed_form(details: Details) -> bytes:
    """The bytes that are sealed: the same details always give the same."""
    return msgspec.json.encode(details, order="deterministic")


def from_sealed_form(data: bytes) -> Details:
    """The details of such bytes."""
    return msgspec.json.decode(data, type=Details)


def labelled(
    rows: Sequence[Row], *, entity: str | None, second: str | None, concerned: Sequence[str], count: int, order: Callable[[str], str]
) -> Details:
    """Details whose rows name members, with labels in their place: A for whom the lead is about, the rest in an order that tells nothing.

    `order`: a keyed hash of a member for this lead alone.
    """
    first = [member for member in (entity, second) if member is not None]
    named = {member for row in rows for member in (row.by, row.of) if member is not None} | {*concerned}
    people = [*first, *sorted(named - {*first}, key=order)]
    label = {member: label_of(number) for number, member in enumerate(people)}
    return Details(
        entity=label[entity] if entity is not None else None,
        second=label[second] if second is not None else None,
        people={each: member for member, each in label.items()},
        concerned=tuple(sorted(concerned)),
        rows=tuple(Row(label.get(row.by or ""), label.get(row.of or ""), row.period, row.score, row.usual) for row in rows),
        rests_on={},
        count=count,
    )
