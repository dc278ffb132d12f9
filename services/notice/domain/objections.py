"""Objections that are open hold back a certificate; this service hears of them from evaluation."""

from __future__ import annotations

from services.notice.events.objections import ObjectionAnswered, ObjectionHeard
from shared.events import Recorded

OpenObjections = frozenset[str]
NONE_OPEN: OpenObjections = frozenset()


def stream(about_id: str) -> str:
    """The stream of the objections about one thing."""
    return f"objections/{about_id}"


def evolve(still_open: OpenObjections, recorded: Recorded) -> OpenObjections:
    """The ids of those that are open."""
    match recorded.event:
        case ObjectionHeard() as e:
            return still_open | {e.objection_id}
        case ObjectionAnswered() as e:
            return still_open - {e.objection_id}
    return still_open
