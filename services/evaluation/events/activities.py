"""What happened at meetings and events (spec, section 4, identity): who was there, with the badge or not, from afar or not."""

from __future__ import annotations

from datetime import date

import msgspec

from shared.events import Event, TextRef, event


class Attendance(msgspec.Struct, frozen=True):
    """One member who took part. `remote`: from afar; `badge`: worn (None: not recorded).

    `entry_id` is the entry that it gave; None where the member had the same deed recorded already.
    """

    member_id: str
    remote: bool
    badge: bool | None
    entry_id: str | None


@event("activities.activity-held.v1")
class ActivityHeld(Event, frozen=True, kw_only=True):
    """An activity was recorded, together with an entry for each who took part. Stream `activity/<id>`.

    The entries stand in the members' ledgers (`points.entry-recorded`), stored in the same transaction. The title is a text of the
    branch, sealed with its key.
    """

    activity_id: str
    branch_id: str
    item: str
    title: TextRef
    held_on: date
    attendees: tuple[Attendance, ...]
    recorded_by: str
