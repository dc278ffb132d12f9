"""Publishing a real log, on both databases: every acknowledged event is covered, and nothing that was signed is contradicted."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep

import pytest

from shared.published import Published, WrongCounty
from shared.publisher import LogForked, Publisher
from shared.store import Files, Log, Storage, Write
from shared.transparency.notes import checkpoint_of
from shared.transparency.tiles import ENTRIES, Tile, tiles_of
from shared.transparency.tree import check_consistency, consistency, leaf_hash
from tests.shared.facts import MASTER, BookLent
from tests.shared.transparency.reading import leaves_in

ORIGIN = "xingqi/shelf/local"


@pytest.fixture
def publisher(log: Log, tmp_path: Path) -> Iterator[Publisher]:
    publisher = Publisher(log, ORIGIN, tmp_path)
    yield publisher
    publisher.close()


def lend(log: Log, count: int, shelf: str = "a") -> None:
    start = asyncio.run(log.version(f"shelf/{shelf}"))
    log.save(Write(f"shelf/{shelf}", start, tuple(BookLent(book=f"b{k}", days=k) for k in range(count))))


def test_a_checkpoint_covers_what_is_committed_and_each_later_one_extends_it(log: Log, publisher: Publisher) -> None:
    roots = {}
    for count in (0, 1, 3, 255, 2, 300):
        if count:
            lend(log, count)
        publisher.publish()
        latest = publisher.published.latest()
        assert latest is not None
        assert latest.size == log.head()
        roots[latest.size] = latest.root
    sizes = sorted(roots)
    for old, new in pairwise(sizes):
        check_consistency(old, new, (roots[old], roots[new]), consistency(old, new, publisher.published.node))


def test_entries_are_the_stored_rows_and_tiles_their_hashes(log: Log, publisher: Publisher) -> None:
    lend(log, 300)
    publisher.publish()
    published = publisher.published
    entries = [leaf for tile in (Tile(ENTRIES, 0), Tile(ENTRIES, 1, 44)) for leaf in leaves_in(published.tile(tile) or b"")]
    assert entries == [row.leaf() for row in log.page(0, 300)]
    assert (published.tile(Tile(0, 1, 44)) or b"")[:32] == leaf_hash(entries[256])
    assert published.tile(Tile(0, 1, 45)) is None
    assert published.tile(Tile(1, 0, 2)) is None
    assert all(published.tile(tile) for tile in tiles_of(300))
    assert published.tile(Tile(0, 1, 7)) == (published.tile(Tile(0, 1, 44)) or b"")[: 7 * 32], "a width of an earlier checkpoint"


def test_an_acknowledged_event_is_covered_within_a_second(log: Log, publisher: Publisher) -> None:
    publisher.start()
    for number in range(3):
        lend(log, 2, shelf=f"s{number}")
        acknowledged = monotonic()
        while (latest := publisher.published.latest()) is None or latest.size < log.head():
            assert monotonic() - acknowledged < 3, "on a loaded machine; alone it is within 1"
    assert publisher.fault is None


def test_publishing_goes_on_by_itself_after_the_database_was_away(log: Log, publisher: Publisher) -> None:
    connection = publisher.published.database.connection()
    connection.execute("ALTER TABLE tiles RENAME TO away")
    publisher.start()
    lend(log, 3)
    sleep(0.3)
    assert publisher.published.latest() is None
    connection.execute("ALTER TABLE away RENAME TO tiles")
    deadline = monotonic() + 10
    while (latest := publisher.published.latest()) is None or latest.size < 3:
        assert monotonic() < deadline
    assert publisher.fault is None


def test_the_note_lies_beside_the_database_too(log: Log, publisher: Publisher, tmp_path: Path) -> None:
    lend(log, 5)
    publisher.publish()
    assert (tmp_path / "checkpoint").read_text() == str(publisher.published.note())


def test_several_workers_take_turns(log: Log, publisher: Publisher, tmp_path: Path) -> None:
    other = Publisher(log, ORIGIN, tmp_path)
    for turn in range(4):
        lend(log, 100)
        (publisher if turn % 2 else other).publish()
    publisher.check()
    other.close()
    assert publisher.published.latest() is not None


def test_everything_published_can_be_made_again_from_the_rows(storage: Storage, tmp_path: Path) -> None:
    log = Log(storage, MASTER)
    lend(log, 400)
    publisher = Publisher(log, ORIGIN, tmp_path)
    publisher.publish()
    first = publisher.published.note()
    with publisher.published.database.transaction() as connection:
        for table in ("tiles", "checkpoints"):
            connection.execute(f"DELETE FROM {table}")
    publisher.close()
    again = Publisher(log, ORIGIN, tmp_path)
    again.check()  # the file beside the database is ahead of the tree, as after a restore; the rows bear it out
    again.publish()
    assert str(again.published.note()) == str(first)
    again.close()
    log.close()


def test_a_store_of_one_county_is_not_opened_as_another(log: Log, publisher: Publisher) -> None:
    with pytest.raises(WrongCounty, match="XINGQI_COUNTY"):
        Published(log, "xingqi/shelf/other")


# Who can write to the database

ATTACKS = {
    "altered": ("UPDATE stored_events SET state = replace(state, 'b7', 'b8') WHERE rowid = 8", "position 8 is not the row"),
    "salted anew": ("UPDATE stored_events SET salt = 'ab' WHERE rowid = 300", "position 300 is not the row"),
    "dated back": ("UPDATE stored_events SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE rowid = 17", "position 17 is not the row"),
    "of another stream": ("UPDATE stored_events SET originator_id = 'shelf/z' WHERE rowid = 9", "position 9 is not the row"),
    "removed": ("DELETE FROM stored_events WHERE rowid = 12", "position 12 is missing"),
    "cut back": ("DELETE FROM stored_events WHERE rowid > 350", "position 351 is missing"),
    "reordered": (
        """UPDATE stored_events SET rowid = CASE rowid WHEN 20 THEN -21 ELSE -20 END WHERE rowid IN (20, 21);
        UPDATE stored_events SET rowid = -rowid WHERE rowid < 0""",
        "position 20 is not the row",
    ),
    "inserted": (
        """UPDATE stored_events SET rowid = -(rowid + 1) WHERE rowid >= 30; UPDATE stored_events SET rowid = -rowid WHERE rowid < 0;
        INSERT INTO stored_events SELECT 30, 'shelf/x', 1, topic, state, recorded_at, salt FROM stored_events WHERE rowid = 29""",
        "position 30 is not the row",
    ),
}


@pytest.mark.spec("8.11")
@pytest.mark.parametrize("attack", ATTACKS)
def test_whoever_writes_to_the_database_is_found_and_the_position_named(tmp_path: Path, attack: str) -> None:
    statements, said = ATTACKS[attack]
    log = Log(Files(tmp_path / "service"), MASTER)
    lend(log, 400)
    publisher = Publisher(log, ORIGIN, tmp_path)
    publisher.publish()
    publisher.close()
    log.close()
    attacker = sqlite3.connect(tmp_path / "service" / "events.db", isolation_level=None)
    for trigger in ("events_are_not_updated", "events_are_not_deleted"):
        attacker.execute(f"DROP TRIGGER {trigger}")
    attacker.executescript(statements)
    attacker.close()

    log = Log(Files(tmp_path / "service"), MASTER)
    publisher = Publisher(log, ORIGIN, tmp_path)
    with pytest.raises(LogForked, match=said):
        publisher.check()
    before = str(publisher.published.note())
    publisher.start()
    publisher.close()
    assert publisher.fault is not None
    assert str(publisher.published.note()) == before, "nothing more is signed; what was signed is still read"
    log.close()


def test_a_row_altered_where_the_tree_is_missing_is_not_what_the_file_says(tmp_path: Path) -> None:
    log = Log(Files(tmp_path / "service"), MASTER)
    lend(log, 400)
    publisher = Publisher(log, ORIGIN, tmp_path)
    publisher.publish()
    publisher.close()
    log.close()
    (tmp_path / "service" / "log.db").unlink()
    attacker = sqlite3.connect(tmp_path / "service" / "events.db", isolation_level=None)
    attacker.execute("DROP TRIGGER events_are_not_updated")
    attacker.execute("UPDATE stored_events SET salt = 'ab' WHERE rowid = 300")
    attacker.close()

    log = Log(Files(tmp_path / "service"), MASTER)
    publisher = Publisher(log, ORIGIN, tmp_path)
    with pytest.raises(LogForked, match="the first 400 events are not those that were signed"):
        publisher.check()
    publisher.close()
    log.close()


def test_a_backup_older_than_the_file_beside_the_database_signs_nothing(tmp_path: Path) -> None:
    log = Log(Files(tmp_path / "service"), MASTER)
    lend(log, 10)
    publisher = Publisher(log, ORIGIN, tmp_path)
    publisher.publish()
    with sqlite3.connect(tmp_path / "service" / "events.db") as source, sqlite3.connect(tmp_path / "old.db") as target:
        source.backup(target)
    source.close()
    target.close()
    lend(log, 10)
    publisher.publish()
    assert checkpoint_of(str(publisher.published.note())).size == 20
    publisher.close()
    log.close()
    for path in (tmp_path / "service").glob("events.db*"):
        path.unlink()
    (tmp_path / "old.db").rename(tmp_path / "service" / "events.db")
    (tmp_path / "service" / "log.db").unlink()
    for path in (tmp_path / "service").glob("log.db-*"):
        path.unlink()

    log = Log(Files(tmp_path / "service"), MASTER)
    publisher = Publisher(log, ORIGIN, tmp_path)
    with pytest.raises(LogForked, match="position 11 is missing; a tree of 20 events was signed"):
        publisher.check()
    with pytest.raises(LogForked, match="don't extend the tree of 20"):
        publisher.publish()
    publisher.close()
    log.close()
