"""Bodies and answers about activities."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from services.evaluation.api.entry_shapes import Number
from shared.web import Body, Day, Id, ShortText

MOST_ATTENDEES = 400


class AttendeeBody(Body):
    """One member who took part; `remote`: from afar; `badge`: worn (left out: not recorded)."""

    member_id: Id
    remote: bool = False
    badge: bool | None = None


class ActivityBody(Body):
    """A meeting or event of a branch; `item` is the base item that attendance gives.

    `skip_recorded`: who has the same deed recorded already gets no second entry, instead of the whole being refused.
    """

    branch_id: Id
    item: ShortText
    title: ShortText
    held_on: Day
    attendees: Annotated[tuple[AttendeeBody, ...], Field(min_length=1, max_length=MOST_ATTENDEES)]
    skip_recorded: bool = False


class AttendanceEntry(BaseModel):
    """The entry that one who took part got."""

    id: str
    member_id: str
    points: Number
    period: str


class ActivityMade(BaseModel):
    """The activity, and an entry for each who took part (less those who had it already)."""

    id: str
    entries: list[AttendanceEntry]


class Attendance(BaseModel):
    """One who took part; `entry_id` is null for a member who had the same deed recorded already."""

    member_id: str
    remote: bool
    badge: bool | None
    entry_id: str | None


class ActivityAnswer(BaseModel):
    """One activity as it was recorded."""

    id: str
    branch_id: str
    item: str
    title: str | None
    held_on: date
    attendees: list[Attendance]
    recorded_at: datetime
    recorded_by: str
