"""What a service has taken in of a neighbour whose log does not hold it, as after one of them alone was restored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from shared.reading import NoStore, database_to_read
from shared.settings import SERVICES, ServiceName, Settings

_FOLLOWED = "SELECT application_name, notification_id FROM tracking"


def gaps(settings: Settings, services: Sequence[ServiceName] = SERVICES) -> Iterator[str]:
    """One sentence for each follower that is ahead of its source, where one of the two is among `services`. On either database."""
    followed: dict[ServiceName, dict[str, int]] = {
        service: positions for service in SERVICES if (positions := _followed(settings, service)) is not None
    }
    # Read later: a follower is never ahead of what is read after it.
    heads: dict[str, int] = {service: _head(settings, service) for service in followed}
    for follower, positions in followed.items():
        for neighbour, position in positions.items():
            if {follower, neighbour} & set(services) and position > heads.get(neighbour, position):
                yield (
                    f"{follower} has taken in position {position:,} of {neighbour}, whose log now ends at {heads[neighbour]:,}: what lay "
                    f"between is lost there and known here. Restore {follower} from the same backup too, or find the events in an export."
                )


def _followed(settings: Settings, service: ServiceName) -> dict[str, int] | None:
    """The positions that it has taken in of its neighbours; None where it has no store."""
    try:
        events = database_to_read(settings, service, "events")
    except NoStore:
        return None
    with closing(events):
        return dict(events.connection().execute(_FOLLOWED).fetchall())


def _head(settings: Settings, service: ServiceName) -> int:
    with closing(database_to_read(settings, service, "events")) as events:
        return events.head()
