"""What a neighbour said before a name was corrected or erased is not kept after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from services.notice.commands.beside import SIDE_TABLES
from services.notice.commands.words import Ask, WordKeeper, correct_name, erase_words
from shared.errors import Unavailable
from shared.store import Followed, Log
from shared.store.storage import Files
from tests.notice.builders import ALICE, BOB

pytestmark = pytest.mark.anyio


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(Files(tmp_path), b"m" * 32, None, SIDE_TABLES)
    yield log
    log.close()


async def away(ids: Sequence[str]) -> dict[str, str]:
    raise Unavailable


def says(**names: str) -> Ask:
    async def ask(ids: Sequence[str]) -> dict[str, str]:
        return {member: names[member] for member in ids if member in names}

    return ask


async def test_a_name_is_kept_for_when_the_roster_is_away(log: Log) -> None:
    assert (await WordKeeper(log, says(**{ALICE: "爱丽"}), away).names([ALICE])).by_id == {ALICE: "爱丽"}
    found = await WordKeeper(log, away, away).names([ALICE, BOB])
    assert dict(found.by_id) == {ALICE: "爱丽"}
    assert found.missing == frozenset({BOB})


async def test_who_is_absent_from_the_answer_was_erased_and_is_not_missing(log: Log) -> None:
    assert (await WordKeeper(log, says(), away).names([ALICE])).is_complete


@pytest.mark.parametrize("happens", [correct_name, erase_words])
async def test_an_answer_that_was_overtaken_is_not_kept(log: Log, happens: object) -> None:
    async def ask(ids: Sequence[str]) -> dict[str, str]:
        await happens(log, ALICE, Followed("roster", 7))  # type: ignore[operator]
        return {ALICE: "旧名"}

    await WordKeeper(log, ask, away).names([ALICE])
    assert ALICE not in (await WordKeeper(log, says(), away).names([ALICE])).by_id


async def test_the_words_of_an_erased_member_are_never_kept_again(log: Log) -> None:
    await erase_words(log, ALICE, Followed("roster", 7))
    keeper = WordKeeper(log, says(**{ALICE: "爱丽"}), says(text="话"))
    await keeper.names([ALICE])
    await keeper.texts({"text": ALICE})
    later = WordKeeper(log, away, away)
    assert (await later.names([ALICE])).by_id == {}
    assert (await later.texts({"text": ALICE})).by_id == {}
