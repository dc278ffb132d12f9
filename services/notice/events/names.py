"""What the roster said about names that this service keeps for its boards. Stream `name/<member_id>`."""

from __future__ import annotations

from shared.events import Event, event


@event("names.name-corrected.v1")
class NameCorrected(Event, frozen=True, kw_only=True):
    """The member's profile was corrected: the name that is kept may be another now."""

    member_id: str


@event("names.name-erased.v1")
class NameErased(Event, frozen=True, kw_only=True):
    """The member's profile was erased: its name and every text about it are forgotten here too."""

    member_id: str
