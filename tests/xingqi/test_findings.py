"""What `xingqi check` finds when somebody who can write to the database has changed something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from shared.events import Event, TextRef, event
from shared.projections import Views
from shared.store import Files, Log, Write
from shared.store.storage import Postgres
from tests.postgres import fresh_database
from tests.shared.facts import FEES, MASTER, Fees, paid
from xingqi.findings import Findings, look_at_log, look_at_texts, look_at_views


@event("shelf.remark-made.v1")
class RemarkMade(Event, frozen=True, kw_only=True):
    reader: str
    texts: dict[str, tuple[TextRef, ...]]


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    is_file = request.param == "sqlite"
    log = Log(Files(tmp_path) if is_file else Postgres(fresh_database(), "local", "shelf"), MASTER)
    log.save(Write("reader/a", 0, [paid("a", "1"), paid("a", "2")]))
    for reader in "bc":
        sealed = log.texts.seal(reader, f"what was said of {reader}")
        log.save(Write(f"reader/{reader}", 0, [RemarkMade(reader=reader, texts={"said": (sealed.ref,)})]), texts=[sealed])
    yield log
    log.close()


def change(log: Log, statement: str) -> None:
    """What one does who has the file, or the owner's role on the server: what holds it back goes first."""
    is_file = isinstance(log.storage, Files)
    for kind in ("updated", "deleted") if is_file else ():
        log.connection().execute(f"DROP TRIGGER events_are_not_{kind}")
    if not is_file:
        log.connection().execute("ALTER TABLE stored_events DISABLE TRIGGER USER")
    log.connection().execute(statement.format(position="rowid" if is_file else "notification_id"))


def faults(log: Log) -> list[str]:
    findings = Findings()
    return [*look_at_log(log, findings), *look_at_texts(log, findings)]


def test_a_whole_store_has_no_fault_and_says_what_was_looked_at(log: Log) -> None:
    log.texts.erase("c")
    findings = Findings()
    views = Views(log, [Fees()])
    views.catch_up()
    assert [*look_at_log(log, findings), *look_at_texts(log, findings), *look_at_views(views, findings)] == []
    assert str(findings) == "looked at events: 4, streams: 3, texts: 2 (erased: 1), views: 1"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM stored_events WHERE {position}=3", "position 3: missing, the next one is 4"),
        ("DELETE FROM stored_events WHERE {position}=1", "position 1: missing, the next one is 2"),
        ("UPDATE stored_events SET originator_version=5 WHERE {position}=2", "position 2: version 5 of its stream, expected 2"),
        ("UPDATE stored_events SET recorded_at='2001' WHERE {position}=4", "position 4: recorded at 2001, before its predecessor"),
        ("UPDATE stored_events SET topic='shelf.unheard-of.v1' WHERE {position}=2", "position 2: the topic shelf.unheard-of.v1 is unknown"),
        ("UPDATE stored_events SET state='{{}}' WHERE {position}=2", "position 2: a stored shelf.fee-paid.v1 does not decode"),
    ],
)
def test_a_changed_row_is_named_with_its_position(log: Log, statement: str, fault: str) -> None:
    change(log, statement)
    assert any(found.startswith(fault) for found in faults(log)), faults(log)


def test_a_missing_text_is_named_with_the_event_that_speaks_of_it(log: Log) -> None:
    log.connection().execute("DELETE FROM texts WHERE owner='b'")
    (fault,) = faults(log)
    assert fault.startswith("position 3: the text ")
    assert fault.endswith(" is missing")


def test_a_text_that_was_put_in_the_place_of_another_is_found(log: Log) -> None:
    (text_id, sealed) = log.connection().execute("SELECT id, sealed FROM texts WHERE owner='b'").fetchone()
    other = log.keys.seal("member/b", b"s" * 16 + b"something else", text_id.encode())
    log.connection().execute("UPDATE texts SET sealed=? WHERE id=?", (other, text_id))
    assert faults(log) == [f"position 3: the text {text_id} is not the one that was recorded"]
    log.connection().execute("UPDATE texts SET sealed=? WHERE id=?", (sealed[:-1] + b"x", text_id))
    assert faults(log) == [f"position 3: the text {text_id} can't be opened with its key"]


@pytest.mark.parametrize(
    "damage", [lambda views: _set_fees(views, "9"), lambda views: views._database.connection().execute("DELETE FROM fees")]
)
def test_a_changed_view_is_found_and_rebuilding_heals_it(log: Log, damage: Callable[[Views], None]) -> None:
    views = Views(log, [Fees()])
    views.catch_up()
    damage(views)
    (fault,) = look_at_views(views, Findings())
    assert fault.startswith("view fees: ")
    views.rebuild()
    assert not list(look_at_views(views, Findings()))


def test_a_view_that_lags_is_compared_where_it_stands(log: Log) -> None:
    views = Views(log, [Fees()])
    views.catch_up()
    log.save(Write("reader/a", 2, [paid("a", "5")]))
    assert not list(look_at_views(views, Findings()))


def _set_fees(views: Views, fees: str) -> None:
    views._database.connection().execute(f"UPDATE {FEES.name} SET fees=?", (FEES.to_sql("fees", Decimal(fees)),))
