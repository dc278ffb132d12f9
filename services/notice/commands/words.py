"""Names and texts for the boards: kept sealed, asked for where they are missing, forgotten when the roster says so.

A member's words are sealed with a key of its own; erasing destroys it, and it is never made again. What a neighbour said before a
name was corrected or erased is not kept after it: the words are stored under a guard on the stream of what happened to the name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.notice.commands import beside
from services.notice.events.names import NameCorrected, NameErased
from shared.errors import Refusal, Unavailable
from shared.store import Followed, Guard, KeyGone, Log, Stale, Write, again_when_stale

Ask = Callable[[Sequence[str]], Awaitable[dict[str, str]]]
"""Asks a neighbour for words by id; absent ones were erased. Raises Unavailable."""
IDS_A_CALL = 500


@dataclass(frozen=True)
class Words:
    """What was found: words by id; of those that are not there, `missing` could not be asked for, all others were erased."""

    by_id: Mapping[str, str]
    missing: frozenset[str] = frozenset()

    @property
    def is_complete(self) -> bool:
        """Whether everything that there is could be shown."""
        return not self.missing


class WordKeeper:
    """The words that this service keeps. `ask_names` is the roster's answer, `ask_texts` evaluation's."""

    def __init__(self, log: Log, ask_names: Ask, ask_texts: Ask) -> None:
        self._log = log
        self._ask_names = ask_names
        self._ask_texts = ask_texts

    async def names(self, member_ids: Iterable[str]) -> Words:
        """The names of these members."""
        return await self._words({member_id: member_id for member_id in member_ids}, self._ask_names)

    async def texts(self, owners: Mapping[str, str]) -> Words:
        """The texts with these ids; `owners` says of each whom it is about."""
        return await self._words(owners, self._ask_texts)

    async def _words(self, owners: Mapping[str, str], ask: Ask) -> Words:
        found, gone = self._kept(owners)
        lacking = [word_id for word_id in owners if word_id not in found and word_id not in gone]
        missing: set[str] = set()
        for start in range(0, len(lacking), IDS_A_CALL):
            some = lacking[start : start + IDS_A_CALL]
            guards = {owner: Guard(_stream(owner), await self._log.version(_stream(owner))) for owner in {owners[id_] for id_ in some}}
            try:
                answer = await ask(some)
            except Refusal:
                missing.update(some)
                continue
            said = {word_id: answer[word_id] for word_id in some if word_id in answer}
            await self._keep(said, owners, guards)
            found |= said
        return Words(found, frozenset(missing))

    def _kept(self, owners: Mapping[str, str]) -> tuple[dict[str, str], set[str]]:
        found, gone = dict[str, str](), set[str]()
        for word_id, kept in beside.kept_words(self._log, owners).items():
            if kept.sealed is None:
                continue
            try:
                found[word_id] = self._log.keys.open(_key(kept.owner), kept.sealed, word_id.encode()).decode()
            except KeyGone:
                gone.add(word_id)
        return found, gone

    async def _keep(self, said: Mapping[str, str], owners: Mapping[str, str], guards: Mapping[str, Guard]) -> None:
        self._log.keys.ensure(_key(owners[word_id]) for word_id in said)
        rows = []
        for word_id, word in said.items():
            try:
                sealed = self._log.keys.seal(_key(owners[word_id]), word.encode(), word_id.encode())
            except KeyGone:
                continue
            rows.append(beside.word(word_id, owners[word_id], sealed))
        try:
            await self._log.append([], guards=guards.values(), rows=rows)
        except (Stale, Unavailable):
            return


@again_when_stale
async def correct_name(log: Log, member_id: str, followed: Followed) -> None:
    """The member's profile was corrected: its name is asked for again."""
    write = Write(_stream(member_id), await log.version(_stream(member_id)), [NameCorrected(member_id=member_id)])
    await log.append([write], rows=[beside.word(member_id, member_id, None)], followed=followed)


@again_when_stale
async def erase_words(log: Log, member_id: str, followed: Followed) -> None:
    """The member's profile was erased: its name and every text about it can't be read here any more."""
    log.keys.destroy(_key(member_id))
    write = Write(_stream(member_id), await log.version(_stream(member_id)), [NameErased(member_id=member_id)])
    await log.append([write], followed=followed)


def _stream(member_id: str) -> str:
    return f"name/{member_id}"


def _key(owner: str) -> str:
    return f"board/{owner}"
