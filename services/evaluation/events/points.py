"""What happened to points (spec, section 5): an entry was recorded, an entry was reversed, a good deed was told on the board.

All stand in the stream `ledger/<member>/<period>` of the half-year in which the entry counts. Nothing is ever edited or removed.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from shared.events import Event, TextRef, event


class Evidence(msgspec.Struct, frozen=True):
    """What shows that a deed was done: `kind` is `text`, `link` or `file` (then the text is the file's hash)."""

    kind: str
    value: TextRef


@event("points.entry-recorded.v1")
class EntryRecorded(Event, frozen=True, kw_only=True):
    """A deed was recorded. `kind`, `points`, `cap` and `version` are what it is worth for good, whatever later rules say.

    `points` is positive; `kind` (base, bonus, deduction) says which way it counts. `fingerprint` is a keyed hash of the evidence, by
    which the same deed is found again (empty: no evidence). `force_reason` stands where a second record of the same deed was forced.
    """

    entry_id: str
    member_id: str
    branch_id: str
    period: str
    item: str
    kind: str
    points: Decimal
    cap: Decimal
    occurred_on: date
    evidence: tuple[Evidence, ...] = ()
    fingerprint: str = ""
    force_reason: TextRef | None = None
    activity_id: str | None = None
    rulebook_id: str
    version: int
    recorded_by: str


@event("points.entry-reversed.v1")
class EntryReversed(Event, frozen=True, kw_only=True):
    """A mistake was reversed: the entry `entry_id` counts nothing from now on. `reversal_id` is the id of this second entry."""

    entry_id: str
    reversal_id: str
    member_id: str
    branch_id: str
    period: str
    reason: TextRef
    recorded_by: str


@event("points.story-told.v1")
class StoryTold(Event, frozen=True, kw_only=True):
    """The branch tells a good deed on the board, up to and with the day `until` (None: as long as the board keeps it)."""

    entry_id: str
    member_id: str
    branch_id: str
    period: str
    title: TextRef
    text: TextRef
    until: date | None
    recorded_by: str
