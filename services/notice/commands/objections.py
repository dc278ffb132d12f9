"""Objections that evaluation tells of: an open one holds back a certificate."""

from __future__ import annotations

from services.notice.domain import objections
from services.notice.events.objections import ObjectionAnswered, ObjectionHeard
from shared.store import Followed, Log, again_when_stale


@again_when_stale
async def note_objection(log: Log, event: ObjectionHeard | ObjectionAnswered, fact: Followed) -> None:
    """An objection was raised or decided."""
    loaded = await log.load(objections.stream(event.about_id), objections.NONE_OPEN, objections.evolve)
    await log.append([loaded.then(event)], followed=fact)
