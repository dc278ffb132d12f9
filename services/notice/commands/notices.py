"""Putting notices on the boards as evaluation tells of facts, and taking them down: load, decide, save.

Whatever follows from one fact is stored in one transaction with the fact's position in evaluation's feed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.notice.commands.boards import board_of
from services.notice.domain import notices as rules
from services.notice.domain import register
from services.notice.domain.notices import Notice
from services.notice.events.contents import Content
from services.notice.events.notices import NoticePublished, NoticeRevoked, NoticeRewritten, Term
from services.notice.events.register import NumberGiven
from shared.store import Followed, Loaded, Log, Reply, Stored, Write, again_when_stale


async def load_notice(log: Log, notice_id: str) -> Loaded[Notice | None]:
    """The notice's stream; its state is None where there is no such notice."""
    return await log.load(rules.stream(notice_id), None, rules.evolve)


async def latest_notice(log: Log, kind: str, subject_id: str) -> Loaded[Notice | None]:
    """The notice about this subject that no other one has replaced; its state is None where nothing was published."""
    loaded = await load_notice(log, rules.notice_id(kind, subject_id))
    while loaded.state is not None and loaded.state.replaced_by is not None:
        loaded = await load_notice(log, loaded.state.replaced_by)
    return loaded


async def notice_of(log: Log, notice_id: str) -> Notice:
    """The notice; raises UnknownNotice."""
    return rules.existing((await load_notice(log, notice_id)).state)


async def notices_as_of(log: Log, notice_ids: Iterable[str], position: int | None = None) -> list[Notice]:
    """The notices as they stood after the event at `position` (None: as they stand); those that were not there yet are left out."""
    found: list[Notice] = []
    for notice_id in notice_ids:
        notice: Notice | None = None
        for recorded in await log.history(rules.stream(notice_id)):
            if position is None or recorded.position <= position:
                notice = rules.evolve(notice, recorded)
        if notice is not None:
            found.append(notice)
    return found


@dataclass(frozen=True)
class Publication:
    """What is to be put on the board of an organisation: a notice about one subject."""

    kind: str
    organization_id: str
    subject_id: str
    content: Content
    period: str | None = None
    until: date | None = None
    term: Term | None = None
    version: int = 1
    replaces: str | None = None

    @property
    def notice_id(self) -> str:
        """The id that its notice has, or will have."""
        return rules.notice_id(self.kind, self.subject_id, self.version)


class Numbering:
    """The register of an organisation's year, open at its end."""

    def __init__(self, given: Loaded[int], organization_id: str, code: str, year: int) -> None:
        self._given, self._organization_id, self._code, self._year = given, organization_id, code, year
        self._events: list[NumberGiven] = []

    def publish(self, publication: Publication, caused_by: int) -> Write:
        """The write that publishes it under the next number."""
        given = self._given.state + len(self._events)
        event = register.give_number(given, self._organization_id, self._code, self._year, publication.notice_id)
        self._events.append(event)
        return Write(rules.stream(publication.notice_id), 0, [_published(publication, event.number, caused_by)])

    @property
    def write(self) -> Write:
        """The numbers given meanwhile."""
        return self._given.then(*self._events)


async def numbering_of(log: Log, organization_id: str) -> Numbering:
    """The register of the organisation's present year. Raises UnknownBoard."""
    year = log.today().year
    given = await log.load(register.stream(organization_id, year), 0, register.evolve)
    return Numbering(given, organization_id, (await board_of(log, organization_id)).code, year)


def _published(publication: Publication, number: str, caused_by: int) -> NoticePublished:
    return NoticePublished(
        notice_id=publication.notice_id,
        organization_id=publication.organization_id,
        number=number,
        kind=publication.kind,
        subject_id=publication.subject_id,
        period=publication.period,
        version=publication.version,
        replaces=publication.replaces,
        until=publication.until,
        term=publication.term,
        content=publication.content,
        caused_by=caused_by,
    )


@again_when_stale
async def put_on_board(log: Log, publication: Publication, fact: Followed) -> None:
    """Publish the notice, or where there is one about the same subject, let it say this from now on (its next version)."""
    loaded = await load_notice(log, publication.notice_id)
    if loaded.state is None:
        numbering = await numbering_of(log, publication.organization_id)
        published = numbering.publish(publication, fact.position)
        await log.append([numbering.write, published], followed=fact)
        return
    rewritten = NoticeRewritten(
        notice_id=publication.notice_id, content=publication.content, until=publication.until, caused_by=fact.position
    )
    await log.append([loaded.then(rewritten)], followed=fact)


@again_when_stale
async def revoke_notice(log: Log, notice_id: str, cause: str, fact: Followed) -> None:
    """What the notice told of no longer holds: it is taken down for good; nothing is done where there is none, or it is closed."""
    loaded = await load_notice(log, notice_id)
    if loaded.state is None or loaded.state.closed_at is not None:
        await log.append([], followed=fact)
        return
    await log.append([loaded.then(NoticeRevoked(notice_id=notice_id, cause=cause, caused_by=fact.position))], followed=fact)


@again_when_stale
async def withdraw_notice(log: Log, notice_id: str, *, reason: str, by: str, reply: Reply | None = None) -> Stored:
    """An officer takes the notice down; its days stop. Raises UnknownNotice, NoticeDown."""
    loaded = await load_notice(log, notice_id)
    notice = rules.existing(loaded.state)
    text = log.texts.seal(notice.published.organization_id, reason)
    return await log.append([loaded.then(rules.withdraw(notice, text.ref, by))], texts=[text], reply=reply)


@again_when_stale
async def return_notice(log: Log, notice_id: str, *, reason: str | None, by: str, reply: Reply | None = None) -> Stored:
    """An officer puts the notice back; its days go on. Raises UnknownNotice, NoticeOnTheBoard, NoticeDown."""
    loaded = await load_notice(log, notice_id)
    notice = rules.existing(loaded.state)
    text = log.texts.seal(notice.published.organization_id, reason) if reason else None
    event = rules.give_back(notice, text.ref if text else None, by)
    return await log.append([loaded.then(event)], texts=[text] if text else [], reply=reply)
