"""Who sees which events: by type and by the organisation that an event belongs to; in order, and never one too many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.events import Event
from shared.feed import Right
from shared.seeing import Seeing
from shared.store import Files, Log, Write
from tests.shared.facts import MASTER, BookLent, ReaderGreeted, ShelfBuilt, ShelfPainted, insert_row, paid
from tests.shared.web.library import ADA, BO, BRANCH, ELSEWHERE, GROUP, OTHER, TOWN, Shelves

EVERYTHING = Right()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(Files(tmp_path), MASTER)
    yield log
    log.close()


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


@pytest.fixture
def seeing(log: Log, shelves: Shelves) -> Seeing:
    return Seeing(log, shelves, {"shelf_id": "shelf/{}"})


def told(log: Log, *events: Event) -> None:
    for number, event in enumerate(events):
        log.save(Write(f"stream/{log.head() + number}", 0, [event]))


async def seen(seeing: Seeing, *rights: Right, types: tuple[str, ...] = (), after: int = 0, limit: int = 100) -> tuple[list[int], int]:
    rows, last = await seeing.page(rights, after=after, limit=limit, types=types)
    return [row.position for row in rows], last


@pytest.mark.anyio
async def test_an_event_belongs_to_the_organisation_that_it_names(log: Log, seeing: Seeing) -> None:
    told(
        log,
        ShelfBuilt(shelf_id="a", branch_id=BRANCH),
        ShelfBuilt(shelf_id="b", branch_id=OTHER),
        ShelfBuilt(shelf_id="c", branch_id=GROUP),
    )
    assert await seen(seeing, Right(BRANCH)) == ([1, 3], 3)
    assert await seen(seeing, Right(TOWN)) == ([1, 2, 3], 3)
    assert await seen(seeing, Right(GROUP), Right(OTHER)) == ([2, 3], 3)
    assert await seen(seeing, Right(ELSEWHERE)) == ([], 3)


@pytest.mark.anyio
async def test_or_to_that_of_the_stream_which_its_id_leads_to(log: Log, seeing: Seeing) -> None:
    log.save(Write("shelf/a", 0, [ShelfBuilt(shelf_id="a", branch_id=BRANCH)]))
    told(log, ShelfPainted(shelf_id="a"), ShelfPainted(shelf_id="never built"))
    assert await seen(seeing, Right(BRANCH)) == ([1, 2], 3)


@pytest.mark.anyio
async def test_or_to_the_present_branch_of_its_member_or_to_that_of_its_own_stream(log: Log, seeing: Seeing) -> None:
    told(log, ReaderGreeted(member_id=ADA), ReaderGreeted(member_id=BO), ReaderGreeted(member_id=ELSEWHERE))
    assert await seen(seeing, Right(BRANCH)) == ([1], 3)
    log.save(Write("own", 0, [ShelfBuilt(shelf_id="a", branch_id=BRANCH), BookLent(book="b", days=1)]))
    assert await seen(seeing, Right(BRANCH), after=3) == ([4, 5], 5)


@pytest.mark.anyio
async def test_what_belongs_to_nobody_is_seen_by_the_whole_cell_alone(log: Log, seeing: Seeing) -> None:
    told(log, BookLent(book="b", days=1), paid("a", "1"))
    assert await seen(seeing, Right(TOWN)) == ([], 2)
    assert await seen(seeing, EVERYTHING) == ([1, 2], 2)
    assert await seen(seeing, Right(None, ("shelf.fee-paid.v1",))) == ([2], 2)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("granted", "asked", "positions"),
    [
        (("*",), (), [1, 2, 3]),
        (("shelf.*",), (), [1, 2]),
        (("shelf.*",), ("readers.*",), []),
        (("*",), ("readers.*",), [3]),
        (("shelf.shelf-painted.v1", "readers.*"), ("shelf.*",), [2]),
        (("standings",), (), []),
        ((), (), []),
        (("shel.*",), (), []),
    ],
)
async def test_types_are_those_granted_and_asked_for(
    log: Log, seeing: Seeing, granted: tuple[str, ...], asked: tuple[str, ...], positions: list[int]
) -> None:
    log.save(Write("shelf/a", 0, [ShelfBuilt(shelf_id="a", branch_id=BRANCH), ShelfPainted(shelf_id="a")]))
    told(log, ReaderGreeted(member_id=ADA))
    assert await seen(seeing, Right(BRANCH, granted), types=asked) == (positions, 3)


@pytest.mark.anyio
async def test_a_right_to_a_type_holds_where_it_was_given_alone(log: Log, seeing: Seeing) -> None:
    told(log, ShelfBuilt(shelf_id="a", branch_id=BRANCH), ShelfBuilt(shelf_id="b", branch_id=OTHER), ReaderGreeted(member_id=BO))
    assert await seen(seeing, Right(BRANCH, ("shelf.*",)), Right(OTHER, ("readers.*",))) == ([1, 3], 3)


@pytest.mark.anyio
async def test_an_earlier_shape_is_seen_by_its_present_type(log: Log, seeing: Seeing) -> None:
    insert_row(log, 1, "s", "shelf.book-lent.v1", '{"book":"b","weeks":2}')
    assert await seen(seeing, Right(None, ("shelf.book-lent.v2",))) == ([1], 1)


@pytest.mark.anyio
async def test_pages_of_a_narrow_right_move_on_over_what_it_does_not_show(log: Log, seeing: Seeing) -> None:
    told(log, *(ShelfBuilt(shelf_id=str(n), branch_id=BRANCH if n == 9 else OTHER) for n in range(10)))
    pages, after = [], 0
    while True:
        positions, following = await seen(seeing, Right(BRANCH), after=after, limit=3)
        if following == after:
            break
        pages.append((positions, following))
        after = following
    assert pages == [([], 3), ([], 6), ([], 9), ([10], 10)]


@pytest.mark.anyio
async def test_nothing_is_left_out_in_silence_while_the_owner_of_an_organisation_is_away(
    log: Log, seeing: Seeing, shelves: Shelves
) -> None:
    told(log, ShelfBuilt(shelf_id="a", branch_id=BRANCH))
    shelves.is_away = True
    with pytest.raises(Unavailable):
        await seen(seeing, Right(BRANCH))
    assert json.loads((await seeing.page([EVERYTHING], after=0, limit=1))[0][0].state)["branch_id"] == BRANCH
