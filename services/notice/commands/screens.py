"""Screens that show a board: load, decide, save."""

from __future__ import annotations

from services.notice.commands import beside
from services.notice.domain import screens as rules
from services.notice.domain.screens import Screens
from services.notice.events.screens import ScreenRegistered, ScreenRemoved
from shared.store import Log, Reply, Stored, again_when_stale


@again_when_stale
async def register_screen(log: Log, *, screen_id: str, organization_id: str, place: str, by: str, reply: Reply | None = None) -> Stored:
    """A screen at `place` shows the organisation's board from now on."""
    loaded = await log.load(rules.stream(organization_id), Screens(), rules.evolve)
    text = log.texts.seal(organization_id, place)
    event = ScreenRegistered(screen_id=screen_id, organization_id=organization_id, place=text.ref, recorded_by=by)
    return await log.append([loaded.then(event)], texts=[text], reply=reply)


@again_when_stale
async def hear_screen(log: Log, *, screen_id: str, organization_id: str, reply: Reply | None = None) -> Stored:
    """The screen is alive now. Raises UnknownScreen."""
    loaded = await log.load(rules.stream(organization_id), Screens(), rules.evolve)
    now = log.now()
    last = beside.last_heartbeats(log, organization_id).get(screen_id)
    events = rules.hear(loaded.state, screen_id, organization_id, last, now)
    row = beside.heartbeat(screen_id, organization_id, now)
    return await log.append([loaded.then(*events)] if events else [], rows=[row], reply=reply)


@again_when_stale
async def remove_screen(log: Log, *, screen_id: str, organization_id: str, by: str, reply: Reply | None = None) -> Stored:
    """Notices wait for the screen no more. Raises UnknownScreen."""
    loaded = await log.load(rules.stream(organization_id), Screens(), rules.evolve)
    loaded.state.screen(screen_id)
    event = ScreenRemoved(screen_id=screen_id, organization_id=organization_id, recorded_by=by)
    return await log.append([loaded.then(event)], reply=reply)
