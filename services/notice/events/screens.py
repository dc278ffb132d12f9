"""Screens that show an organisation's board, and when they were alive. Stream `screens/<organization_id>`.

A heartbeat is no event (they come every 5 minutes): only the end of a silence is one. The last heartbeat lies beside the log.
"""

from __future__ import annotations

from datetime import datetime

from shared.events import Event, TextRef, event


@event("screens.screen-registered.v1")
class ScreenRegistered(Event, frozen=True, kw_only=True):
    """A screen at `place` belongs to the board from now on; until its first heartbeat it is silent."""

    screen_id: str
    organization_id: str
    place: TextRef
    recorded_by: str


@event("screens.screen-came-alive.v1")
class ScreenCameAlive(Event, frozen=True, kw_only=True):
    """The first heartbeat after a silence that had begun at `silent_since`."""

    screen_id: str
    organization_id: str
    silent_since: datetime


@event("screens.screen-removed.v1")
class ScreenRemoved(Event, frozen=True, kw_only=True):
    """The screen no longer belongs to the board; notices no longer wait for it."""

    screen_id: str
    organization_id: str
    recorded_by: str
