"""What happened when rosters came in as spreadsheets: that they came, never what stood in them."""

from __future__ import annotations

from shared.events import Event, event


@event("imports.roster-imported.v1")
class RosterImported(Event, frozen=True):
    """A spreadsheet was taken over whole: so many members were entered, so many profiles corrected. Stream `imports`."""

    created: int
    changed: int
    recorded_by: str
