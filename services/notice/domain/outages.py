"""Was the service there? What it did not live through, no notice could be read in (spec, section 6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.notice.domain.publicity import SERVICE_AWAY
from services.notice.domain.spells import Spell
from services.notice.events.outages import OutageRecorded, OutageShortened
from shared.events import Recorded

STREAM = "outages"
LONGEST_SILENCE = timedelta(minutes=1)
Outages = tuple[Spell, ...]
NONE: Outages = ()


def evolve(outages: Outages, recorded: Recorded) -> Outages:
    """The outages with the one recorded, or as long as they turned out to be."""
    match recorded.event:
        case OutageRecorded() as e:
            return (*outages, Spell(e.start, e.end, SERVICE_AWAY))
        case OutageShortened() as e:
            return tuple(spell._replace(end=e.end) if holds(spell, e.end) else spell for spell in outages)
    return outages


def holds(spell: Spell, moment: datetime) -> bool:
    """Whether `moment` lies within the outage."""
    return spell.start <= moment and (spell.end is None or moment < spell.end)


def was_set_back(last_alive: datetime | None, now: datetime) -> bool:
    """Whether the clock says less than it said at the last sign of life; less than a minute is nothing."""
    return last_alive is not None and last_alive - now > LONGEST_SILENCE


def outage(last_alive: datetime | None, now: datetime) -> OutageRecorded | None:
    """The outage between the last sign of life and `now`; None where it is shorter than a minute or there was no sign yet."""
    if last_alive is None or now - last_alive <= LONGEST_SILENCE:
        return None
    return OutageRecorded(start=last_alive, end=now)


def shortened(outages: Outages, now: datetime) -> OutageShortened | None:
    """The service is there at `now`: no outage lasts longer that began before. None where none does."""
    return OutageShortened(end=now) if any(holds(spell, now) for spell in outages) else None
