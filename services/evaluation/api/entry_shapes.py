"""Bodies and answers about entries and points."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, WithJsonSchema

from services.evaluation.api.evidence import EvidenceAnswer, EvidenceList
from shared.web import Body, Day, Id, Score, ShortText, Text

Kind = Literal["base", "bonus", "deduction"]
Number = Annotated[Decimal, WithJsonSchema({"type": "number"})]


class EntryBody(Body):
    """A deed of a member. `points` only where the item has a range; `force_reason` overrides only `duplicate_entry`."""

    member_id: Id
    item: ShortText
    occurred_on: Day
    points: Score | None = None
    evidence: EvidenceList = ()
    force_reason: Text | None = None


class ReasonBody(Body):
    """Why."""

    reason: Text


class StoryBody(Body):
    """A good deed as the board tells it, up to and with `on_board_until`."""

    title: ShortText
    text: Text
    on_board_until: Day | None = None


class EntryMade(BaseModel):
    """What was recorded: what it is worth, in which half-year it counts, under which version of the rulebook."""

    id: str
    kind: Kind
    points: Number
    period: str
    version: int


class ReversalMade(BaseModel):
    """The second entry, and the first that it reverses."""

    id: str
    reverses: str


class StoryMade(BaseModel):
    """The entry whose story is told."""

    id: str


class Happening(BaseModel):
    """One event in the life of an entry; `reason` is null where there is none, or once the member was erased."""

    event: str
    recorded_at: datetime
    recorded_by: str
    position: int
    reason: str | None


class StoryAnswer(BaseModel):
    """What the board tells; the texts are null once the member was erased."""

    title: str | None
    text: str | None
    on_board_until: date | None


class EntryAnswer(BaseModel):
    """An entry with its history."""

    id: str
    member_id: str
    branch_id: str
    period: str
    item: str
    kind: Kind
    points: Number
    occurred_on: date
    evidence: list[EvidenceAnswer]
    activity_id: str | None
    rulebook_id: str
    version: int
    recorded_at: datetime
    recorded_by: str
    reversed_by: str | None
    story: StoryAnswer | None
    history: list[Happening]


class EntryLine(BaseModel):
    """An entry among others; `reversed_by` is the id of the entry that reversed it."""

    id: str
    member_id: str
    branch_id: str
    period: str
    item: str
    kind: Kind
    points: Number
    occurred_on: date
    activity_id: str | None
    version: int
    reversed_by: str | None
    recorded_at: datetime
    recorded_by: str


class EntryList(BaseModel):
    """A page of entries."""

    items: list[EntryLine]
    next: str | None


class CountedEntry(BaseModel):
    """An entry and what it counted: its points, less what the caps left no room for; nothing once it is reversed."""

    id: str
    item: str
    kind: Kind
    occurred_on: date
    points: Number
    counted: Number
    reversed_by: str | None
    recorded_at: datetime
    recorded_by: str


class PointsAnswer(BaseModel):
    """A member's points of a half-year; `base` and `bonus` after all caps, `total` held within 0 and 100."""

    member_id: str
    period: str
    base: Number
    bonus: Number
    deductions: Number
    total: Number
    entries: list[CountedEntry]
