"""Whether this service was there: what it did not live through was an outage, in which no notice could be read (spec, section 6)."""

from __future__ import annotations

from datetime import datetime

from services.notice.commands import beside
from services.notice.domain import outages
from services.notice.domain.outages import outage, shortened, was_set_back
from shared.store import Log, again_when_stale


@again_when_stale
async def note_presence(log: Log, last_alive: datetime | None, now: datetime) -> None:
    """The service is alive at `now` and was last alive at `last_alive`: a longer time between the two is recorded as an outage.

    Where `now` comes before `last_alive` the clock was ahead, and an outage that it made up ends now.
    """
    missed, is_set_back = outage(last_alive, now), was_set_back(last_alive, now)
    loaded = await log.load(outages.STREAM, outages.NONE, outages.evolve) if missed or is_set_back else None
    found = shortened(loaded.state, now) if loaded and is_set_back else missed
    await log.append([loaded.then(found)] if loaded and found else [], rows=[beside.presence(now)])
