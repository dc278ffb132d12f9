"""Was the service there? What it did not live through, no notice could be read in (spec, section 6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.notice.domain.publicity import SERVICE_AWAY
from services.notice.domain.spells import Spell
from services.notice.events.outages import OutageRecorded
from shared.events import Recorded

STREAM = "outages"
LONGEST_SILENCE = timedelta(minutes=1)
Outages = tuple[Spell, ...]
NONE: Outages = ()


def evolve(outages: Outages, recorded: Recorded) -> Outages:
    """The outages with the one recorded."""
    match recorded.event:
        case OutageRecorded() as e:
            return (*outages, Spell(e.start, e.end, SERVICE_AWAY))
    return outages


def outage(last_alive: datetime | None, now: datetime) -> OutageRecorded | None:
    """The outage between the last sign of life and `now`; None where it is shorter than a minute or there was no sign yet."""
    if last_alive is None or now - last_alive <= LONGEST_SILENCE:
        return None
    return OutageRecorded(start=last_alive, end=now)
