"""The times in which this service was away, and with it every notice. Stream `outages`."""

from __future__ import annotations

from datetime import datetime

from shared.events import Event, event


@event("outages.outage-recorded.v1")
class OutageRecorded(Event, frozen=True, kw_only=True):
    """The service was last known alive at `start` and was back at `end` (instants, UTC)."""

    start: datetime
    end: datetime


@event("outages.outage-shortened.v1")
class OutageShortened(Event, frozen=True, kw_only=True):
    """The machine's clock was ahead and is set back: an outage recorded before, within which `end` (an instant, UTC) lies, ended there."""

    end: datetime
