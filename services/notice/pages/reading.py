"""Notices made ready to be shown: loaded from their streams, with names, texts and where their publicity period stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from services.notice.commands.notices import notices_as_of
from services.notice.commands.publicity import Standing, standing_of
from services.notice.commands.words import WordKeeper
from services.notice.domain.boards import UnknownBoard
from services.notice.domain.notices import IS_WITHDRAWN, Notice
from services.notice.events.contents import Award, Honour
from services.notice.pages.filling import ERASED, NOT_LOADED, filled, vocabulary_of
from services.notice.pages.summaries import summary_of_notice
from services.notice.projections.boards import board_row, names_of_organizations
from shared.calendar import day_of
from shared.projections import Snapshot, Values
from shared.web import Doorway
from shared.web.fields import parse_instant
from shared.web.languages import CHINESE, translated


@dataclass(frozen=True)
class Shown:
    """A notice with everything that is shown of it. `content` is None while it is withdrawn: then it can't be read."""

    notice: Notice
    organization: str
    summary: dict[str, Any]
    content: dict[str, Any] | None
    standing: Standing | None

    @property
    def document(self) -> dict[str, Any]:
        """The notice as JSON."""
        return {**self.summary, "content": self.content}


@dataclass(frozen=True)
class Reading:
    """Several notices, and whether all names and texts could be loaded."""

    shown: Sequence[Shown]
    is_complete: bool


@dataclass(frozen=True)
class Reader:
    """Who reads: through which door, what the views say, in which language; `is_page`: a person, to whom gaps are explained."""

    door: Doorway
    snapshot: Snapshot
    language: str = CHINESE
    is_page: bool = False

    @property
    def moment(self) -> datetime:
        """Now, or the instant of `?as_of=`."""
        asked = self.door.request.query_params.get("as_of")
        return parse_instant(asked) if asked else self.door.log.now()

    @property
    def today(self) -> date:
        """The day of that moment."""
        return day_of(self.moment)

    async def read(self, notice_ids: Sequence[str]) -> Reading:
        """These notices, in this order."""
        notices = await notices_as_of(self.door.log, notice_ids, self.snapshot.at)
        readable = [notice for notice in notices if notice.state(self.today) != IS_WITHDRAWN]
        keeper = cast(WordKeeper, self.door.state.words)
        erased, not_loaded = translated(self.language, ERASED), translated(self.language, NOT_LOADED) if self.is_page else None
        words = await vocabulary_of(keeper, readable, erased=erased, not_loaded=not_loaded)
        organizations = await names_of_organizations(self.snapshot, _organizations(notices))
        shown = [
            Shown(
                notice,
                organizations.get(notice.published.organization_id, ""),
                summary_of_notice(notice, organizations.get(notice.published.organization_id, ""), self.today, self.language),
                filled(notice.content, words, organizations) if notice in readable else None,
                await self._standing(notice),
            )
            for notice in notices
        ]
        return Reading(shown, words.is_complete)

    async def _standing(self, notice: Notice) -> Standing | None:
        if notice.published.term is None:
            return None
        return await standing_of(self.door.log, notice, self.moment)


def _organizations(notices: Sequence[Notice]) -> set[str]:
    named = {notice.published.organization_id for notice in notices}
    for notice in notices:
        if isinstance(notice.content, Award | Honour) and notice.content.branch_id:
            named.add(notice.content.branch_id)
    return named


async def known_board(door: Doorway, snapshot: Snapshot, organization_id: str) -> Values:
    """The organisation's board; one that is not known here yet is asked for at the roster.

    Raises:
        UnknownBoard: the roster does not know it either.
        Unavailable: the roster is away.
    """
    if found := await board_row(snapshot, organization_id):
        return found
    await door.places.ancestry(organization_id)
    if found := await board_row(await door.snapshot(is_current=True), organization_id):
        return found
    raise UnknownBoard


def wants_html(door: Doorway, *, by_default: bool) -> bool:
    """Whether a page is asked for rather than JSON; `by_default` for who accepts both alike."""
    accept = door.request.headers.get("accept", "")
    html, json = accept.find("text/html"), accept.find("json")
    if html < 0 and json < 0:
        return by_default
    return html >= 0 and (json < 0 or html < json)
