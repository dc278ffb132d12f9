"""Objections: those of which evaluation tells, and those that the public hands in here, which are passed on to it.

An open one holds back a certificate. Nothing that an objector wrote is kept here: text, name and contact go on to evaluation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Protocol

import msgspec

from services.notice.commands.notices import notice_of
from services.notice.domain import objections
from services.notice.events.objections import ObjectionAnswered, ObjectionHeard
from shared.store import Followed, Log, again_when_stale


class PublicObjection(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody wrote to the board; `name` and `contact` where they want to be answered."""

    text: str
    name: str | None = None
    contact: str | None = None


class Registered(Protocol):
    """What evaluation made of it: its id, the reference under which the objector asks for it, and by when it is answered."""

    @property
    def id(self) -> str:
        """The objection's id in evaluation."""

    @property
    def reference(self) -> str:
        """What the objector is told."""

    @property
    def answer_by(self) -> date | None:
        """The last day for the answer, where evaluation says it."""


HandOver = Callable[[Mapping[str, object], str], Awaitable[Registered]]
"""Hands an objection to evaluation under a key: the same key is registered once. Raises PassedOn, or Unavailable."""


@again_when_stale
async def note_objection(log: Log, event: ObjectionHeard | ObjectionAnswered, fact: Followed) -> None:
    """An objection was raised or decided."""
    loaded = await log.load(objections.stream(event.about_id), objections.NONE_OPEN, objections.evolve)
    await log.append([loaded.then(event)], followed=fact)


async def object_to(log: Log, notice_id: str, said: PublicObjection, hand_over: HandOver) -> Registered:
    """Pass an objection of the public on; it counts as open from the answer on.

    The same words of the same person about the same notice are one objection: sent again, after an answer that was lost or while
    evaluation was away, they get the first one's reference.

    Raises:
        UnknownNotice, NoticeDown, ObjectionTermOver.
        Unavailable: evaluation is away; nothing was stored, or it will be found again under the same key.
    """
    notice = await notice_of(log, notice_id)
    objections.check_term(notice, log.today())
    kind, about_id = objections.about(notice)
    key = log.keys.mac("mac/objections", msgspec.json.encode((notice_id, said)))
    place = {"about": {"kind": kind, "id": about_id}, "organization_id": notice.published.organization_id}
    registered = await hand_over(place | msgspec.to_builtins(said), key)
    await _hear(log, ObjectionHeard(objection_id=registered.id, about_id=about_id))
    return registered


@again_when_stale
async def _hear(log: Log, heard: ObjectionHeard) -> None:
    """Count it as open at once; nothing where evaluation's feed has told of it already, perhaps even of its decision."""
    stream = objections.stream(heard.about_id)
    loaded = await log.load(stream, objections.NONE_OPEN, objections.evolve)
    known = {getattr(recorded.event, "objection_id", None) for recorded in await log.history(stream)}
    if heard.objection_id not in known:
        await log.append([loaded.then(heard)])
