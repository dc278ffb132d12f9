"""What notices say: ids, facts and references to texts. Names and texts are put in only when a page, a feed or JSON is made."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import ClassVar

import msgspec

from shared.events import TextRef


class Told(msgspec.Struct, frozen=True):
    """What evaluation told: the texts that it refers to lie there, and are asked for there."""

    texts_lie_in: ClassVar[str] = "evaluation"


class Pledge(Told, frozen=True):
    """A member's pledge as announced; `outcome` is fulfilled, partly, unfulfilled, or None until it is evaluated."""

    pledge_id: str
    member_id: str
    theme: str
    action: TextRef
    target: TextRef
    due_on: date
    outcome: str | None = None


class Pledges(msgspec.Struct, frozen=True, tag_field="kind", tag="pledges"):
    """All announced pledges of a branch for a half-year."""

    period: str
    pledges: tuple[Pledge, ...]


class MemberResult(msgspec.Struct, frozen=True):
    """A member's half-year; `result` only where the rulebook makes raw scores public (spec, section 9)."""

    member_id: str
    stars: int | None
    result: Decimal | None = None


class Result(msgspec.Struct, frozen=True, tag_field="kind", tag="result"):
    """The results of a branch's half-year review."""

    review_id: str
    period: str
    without_peer_quorum: bool
    raw_scores: bool
    results: tuple[MemberResult, ...]


class Story(Told, frozen=True, tag_field="kind", tag="story"):
    """A good deed that earned points, told on the board."""

    entry_id: str
    member_id: str
    title: TextRef
    text: TextRef


class Award(msgspec.Struct, frozen=True, tag_field="kind", tag="flag"):
    """The rotating flag of `year`, handed to a member or a branch (the other id is None)."""

    award_id: str
    year: int
    member_id: str | None
    branch_id: str | None


class Honour(msgspec.Struct, frozen=True, tag_field="kind", tag="honour"):
    """An honour of `year`, given to a member or a branch (the other id is None)."""

    award_id: str
    year: int
    member_id: str | None
    branch_id: str | None


class Circular(Told, frozen=True, tag_field="kind", tag="circular"):
    """A notice of criticism to a branch after an inspection."""

    circular_id: str
    text: TextRef


class Dimension(msgspec.Struct, frozen=True):
    """One of the dimensions by which people are scored."""

    title: str
    max: Decimal


class Range(msgspec.Struct, frozen=True):
    """Points that whoever records the entry chooses."""

    least: Decimal = msgspec.field(name="from")
    most: Decimal = msgspec.field(name="to")


class Item(msgspec.Struct, frozen=True):
    """A deed that counts; `cap` in points per member and half-year."""

    title: str
    kind: str
    points: Decimal | Range
    cap: Decimal
    evidence: bool


class Caps(msgspec.Struct, frozen=True):
    """The most that base and bonus points count."""

    base: Decimal
    bonus: Decimal


class Band(msgspec.Struct, frozen=True):
    """Rounded scores from `least` up give `stars`."""

    least: Decimal = msgspec.field(name="from")
    stars: int


class Flags(msgspec.Struct, frozen=True):
    """How many stars make a flag, and over which time they are added."""

    stars_per_flag: int
    accrual: str


class Publicity(msgspec.Struct, frozen=True):
    """The publicity period."""

    working_days: int
    readable_share_of_day: str
    restart_on_correction: bool


class ObjectionRule(msgspec.Struct, frozen=True):
    """The term of an answer."""

    answer_within_working_days: int


class Rules(msgspec.Struct, frozen=True):
    """The parts of a rulebook that its notice shows."""

    dimensions: tuple[Dimension, ...]
    items: tuple[Item, ...]
    caps: Caps
    bands: tuple[Band, ...]
    flags: Flags
    publicity: Publicity
    objections: ObjectionRule


class Rulebook(msgspec.Struct, frozen=True, tag_field="kind", tag="rulebook"):
    """A version of a rulebook that holds from `from_period` (None: from ever)."""

    rulebook_id: str
    code: str
    title: str
    version: int
    from_period: str | None
    rules: Rules


Content = Pledges | Result | Story | Award | Honour | Circular | Rulebook

_canonical = msgspec.json.Encoder(decimal_format="number", order="sorted").encode


def canonical(content: Content) -> bytes:
    """The content as it is hashed: JSON in UTF-8, keys sorted, no spaces, scores as numbers, texts as their references."""
    return _canonical(content)


def content_hash(content: Content) -> str:
    """Hex SHA-256 of the canonical content."""
    return sha256(canonical(content)).hexdigest()
