"""Registered screens: where an organisation has some, its notices can be read only while at least one of them is alive.

A screen is alive from a heartbeat on for 15 minutes; before its first heartbeat it is silent (spec, section 6; REST contract).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.notice.domain.publicity import NO_SCREEN_ALIVE
from services.notice.domain.spells import Spell, Stretch
from services.notice.events.screens import ScreenCameAlive, ScreenRegistered, ScreenRemoved
from shared.errors import Unknown
from shared.events import Recorded

ALIVE_FOR = timedelta(minutes=15)


class UnknownScreen(Unknown):
    """There is no such screen, or it was removed."""

    code = "unknown_screen"
    sentence = "No screen is registered under this id; register it first."


@dataclass(frozen=True)
class Screen:
    """A screen: `alive_since` is the heartbeat that ended its last silence; `silences` are those that are over."""

    registered_at: datetime
    removed_at: datetime | None = None
    alive_since: datetime | None = None
    silences: tuple[Stretch, ...] = ()

    def silence_began(self, last_heartbeat: datetime | None) -> datetime:
        """When it is silent if no further heartbeat comes; `last_heartbeat` may be lost, then the last recorded one stands."""
        if self.alive_since is None:
            return self.registered_at
        return max(self.alive_since, last_heartbeat or self.alive_since) + ALIVE_FOR


@dataclass(frozen=True)
class Screens:
    """The screens of one organisation, by id."""

    screens: Mapping[str, Screen] = field(default_factory=dict)

    def screen(self, screen_id: str) -> Screen:
        """The screen that is in use; raises UnknownScreen."""
        found = self.screens.get(screen_id)
        if found is None or found.removed_at is not None:
            raise UnknownScreen
        return found


def stream(organization_id: str) -> str:
    """The stream of an organisation's screens."""
    return f"screens/{organization_id}"


def evolve(state: Screens, recorded: Recorded) -> Screens:
    """The screens after one more event."""
    match recorded.event:
        case ScreenRegistered() as e:
            screen = Screen(recorded.recorded_at)
        case ScreenCameAlive() as e:
            screen = _after_silence(state.screens[e.screen_id], e.silent_since, recorded.recorded_at)
        case ScreenRemoved() as e:
            screen = replace(state.screens[e.screen_id], removed_at=recorded.recorded_at)
        case _:
            return state
    return Screens({**state.screens, e.screen_id: screen})


def _after_silence(screen: Screen, silent_since: datetime, now: datetime) -> Screen:
    return replace(screen, alive_since=now, silences=(*screen.silences, Stretch(silent_since, now)))


def hear(state: Screens, screen_id: str, organization_id: str, last_heartbeat: datetime | None, now: datetime) -> list[ScreenCameAlive]:
    """A heartbeat at `now`: an event if it ends a silence. Raises UnknownScreen."""
    silent_since = state.screen(screen_id).silence_began(last_heartbeat)
    if silent_since > now:
        return []
    return [ScreenCameAlive(screen_id=screen_id, organization_id=organization_id, silent_since=silent_since)]


def times_without_a_screen(state: Screens, last_heartbeats: Mapping[str, datetime], since: datetime) -> tuple[Spell, ...]:
    """When, from `since` on, screens were registered and every one of them was silent; the last of these times may have no end yet."""
    silences = {id_: _silences(screen, last_heartbeats.get(id_), since) for id_, screen in state.screens.items()}
    in_use = {id_: (screen.registered_at, screen.removed_at) for id_, screen in state.screens.items()}
    borders = {since, *_borders(in_use.values()), *(border for each in silences.values() for border in _borders(each))}
    moments = sorted(border for border in borders if border >= since)
    spells: list[Spell] = []
    for moment, following in zip(moments, [*moments[1:], None], strict=True):
        registered = [id_ for id_, use in in_use.items() if _holds([use], moment)]
        if not registered or not all(_holds(silences[id_], moment) for id_ in registered):
            continue
        start = spells.pop().start if spells and spells[-1].end == moment else moment
        spells.append(Spell(start, following, NO_SCREEN_ALIVE))
    return tuple(spells)


Times = tuple[datetime, datetime | None]


def _silences(screen: Screen, last_heartbeat: datetime | None, since: datetime) -> list[Times]:
    over: list[Times] = [(silence.start, silence.end) for silence in screen.silences if silence.end > since]
    return [*over, (screen.silence_began(last_heartbeat), None)]


def _holds(times: Iterable[Times], moment: datetime) -> bool:
    return any(start <= moment and (end is None or moment < end) for start, end in times)


def _borders(times: Iterable[Times]) -> set[datetime]:
    return {border for start, end in times for border in (start, end) if border is not None}
