"""Names and texts are put into a notice's content here, for the moment of showing it; none of it is stored with the notice.

Members stand in the order of their names' pinyin: there is no ranking (spec, section 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from services.notice.commands.words import WordKeeper, Words
from services.notice.domain.notices import Notice
from services.notice.events.contents import Award, Circular, Content, Honour, Pledge, Pledges, Result, Story
from shared.events import TextRef
from shared.pinyin import syllables
from shared.web.languages import message

ERASED = message("已注销")
NOT_LOADED = message("暂时无法显示")


@dataclass(frozen=True)
class Vocabulary:
    """The names and texts for some notices, and what is said in the place of those that are not there."""

    names: Words
    texts: Words
    erased: str | None = ERASED
    not_loaded: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything could be loaded that was not erased."""
        return self.names.is_complete and self.texts.is_complete

    def name(self, member_id: str) -> str | None:
        """The member's name."""
        return self._word(self.names, member_id)

    def text(self, reference: TextRef) -> str | None:
        """The text."""
        return self._word(self.texts, reference.id)

    def _word(self, words: Words, word_id: str) -> str | None:
        return words.by_id.get(word_id, self.not_loaded if word_id in words.missing else self.erased)


async def vocabulary_of(keeper: WordKeeper, notices: Iterable[Notice], *, erased: str, not_loaded: str | None) -> Vocabulary:
    """All names and texts that the notices need, asked for at once."""
    members: set[str] = set()
    owners: dict[str, str] = {}
    for notice in notices:
        members |= members_of(notice.content)
        owners |= texts_of(notice.content, notice.published.organization_id)
    return Vocabulary(await keeper.names(sorted(members)), await keeper.texts(owners), erased, not_loaded)


def members_of(content: Content) -> set[str]:
    """The members whom the content names."""
    match content:
        case Pledges():
            return {pledge.member_id for pledge in content.pledges}
        case Result():
            return {row.member_id for row in content.results}
        case Story():
            return {content.member_id}
        case Award() | Honour():
            return {content.member_id} if content.member_id else set()
    return set()


def texts_of(content: Content, organization_id: str) -> dict[str, str]:
    """The texts that the content refers to, each with the member or organisation whom it is about."""
    match content:
        case Pledges():
            return {text.id: pledge.member_id for pledge in content.pledges for text in (pledge.action, pledge.target)}
        case Story():
            return {content.title.id: content.member_id, content.text.id: content.member_id}
        case Circular():
            return {content.text.id: organization_id}
    return {}


def filled(content: Content, words: Vocabulary, organizations: Mapping[str, str]) -> dict[str, Any]:
    """The content with names and texts in the place of references; `organizations` are names by id."""
    match content:
        case Pledges():
            rows = [_pledge(pledge, words) for pledge in content.pledges]
            return {"period": content.period, "pledges": by_name(rows)}
        case Result():
            return _result(content, words)
        case Story():
            named = {"member_id": content.member_id, "name": words.name(content.member_id)}
            return {"entry_id": content.entry_id, **named, "title": words.text(content.title), "text": words.text(content.text)}
        case Award() | Honour():
            named = {"member_id": content.member_id, "name": words.name(content.member_id) if content.member_id else None}
            branch = {"branch_id": content.branch_id, "branch": organizations.get(content.branch_id or "")}
            return {"year": content.year, **named, **branch}
        case Circular():
            return {"circular_id": content.circular_id, "text": words.text(content.text)}
    facts: dict[str, Any] = msgspec.to_builtins(content, builtin_types=(Decimal,))
    facts.pop("kind")
    return facts


def _pledge(pledge: Pledge, words: Vocabulary) -> dict[str, Any]:
    return {
        "pledge_id": pledge.pledge_id,
        "member_id": pledge.member_id,
        "name": words.name(pledge.member_id),
        "theme": pledge.theme,
        "action": words.text(pledge.action),
        "target": words.text(pledge.target),
        "due_on": pledge.due_on,
        "outcome": pledge.outcome,
    }


def _result(content: Result, words: Vocabulary) -> dict[str, Any]:
    rows = []
    for row in content.results:
        shown = {"member_id": row.member_id, "name": words.name(row.member_id), "stars": row.stars}
        rows.append({**shown, "result": row.result} if content.raw_scores else shown)
    return {
        "review_id": content.review_id,
        "period": content.period,
        "without_peer_quorum": content.without_peer_quorum,
        "raw_scores": content.raw_scores,
        "results": by_name(rows),
    }


def by_name(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with a `name` in the order of its pinyin, then its characters, then the member's id."""
    return sorted(rows, key=_place)


def _place(row: dict[str, Any]) -> tuple[list[str], str, str]:
    name: str = row["name"] or ""
    return syllables(name), name, row["member_id"]
