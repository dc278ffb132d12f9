from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import Unavailable
from shared.events import Recorded
from shared.projections import Page, Snapshot, Table, ViewDatabase, Views
from shared.store import Log, Storage, Write
from tests.shared.facts import FEES, MASTER, Fees, paid


@pytest.fixture
def views(log: Log) -> Iterator[Views]:
    views = Views(log, [Fees()])
    yield views
    views.close()


def pay(log: Log, *payments: tuple[str, str]) -> int:
    return max(log.save(Write(log.new_id(), 0, [paid(reader, fee)])).position for reader, fee in payments)


async def fees(views: Views, at: int | None = None) -> dict[str, Decimal]:
    return {row["reader"]: row["fees"] for row in await Snapshot(views._database, at).rows(FEES)}


async def test_a_view_says_what_the_log_says_now_and_said_at_each_position(log: Log, views: Views) -> None:
    pay(log, ("a", "1.50"), ("b", "2"), ("a", "0.25"))
    views.catch_up()
    assert await fees(views) == {"a": Decimal("1.75"), "b": Decimal(2)}
    assert await fees(views, 0) == {}
    assert await fees(views, 1) == {"a": Decimal("1.5")}
    assert await fees(views, 2) == {"a": Decimal("1.5"), "b": Decimal(2)}


async def test_a_reader_waits_for_its_own_write(log: Log, views: Views) -> None:
    views.start()
    snapshot = await views.snapshot(min_position=pay(log, ("a", "1")))
    assert [row["fees"] for row in await snapshot.rows(FEES)] == [Decimal(1)]


async def test_a_position_that_does_not_exist_is_not_waited_for_in_vain(log: Log, views: Views) -> None:
    with pytest.raises(Unavailable):
        await views.snapshot(min_position=5)


async def test_each_event_is_projected_once_whatever_breaks_in_between(log: Log) -> None:
    class Breaks(Fees):
        left = 3

        def project(self, page: Page, recorded: Recorded) -> None:
            super().project(page, recorded)
            if recorded.position == 4 and Breaks.left:
                Breaks.left -= 1
                raise OSError("the machine stumbles")

    views = Views(log, [Breaks()])
    pay(log, *[("a", "1")] * 6)
    for _ in range(3):
        with pytest.raises(OSError, match="stumbles"):
            views.catch_up()
    assert views.catch_up() == 6
    assert await fees(views) == {"a": Decimal(6)}
    views.close()


async def test_two_processes_that_keep_the_same_view_do_not_double_it(log: Log) -> None:
    both = [Views(log, [Fees()]) for _ in range(2)]
    for one in both:
        one.start()
    position = pay(log, *[("a", "1")] * 300)
    for one in both:
        await one.wait_for(position)
        assert await fees(one) == {"a": Decimal(300)}
        one.close()


@pytest.mark.spec("8.10")
async def test_a_rebuilt_view_gives_every_past_day_the_same_answer(log: Log, views: Views) -> None:
    last = pay(log, *[("ab"[number % 2], f"{number}.5") for number in range(40)])
    views.catch_up()
    before = [await fees(views, at) for at in range(last + 1)]
    assert views.rebuild() == {"fees": last}
    assert [await fees(views, at) for at in range(last + 1)] == before
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
        views._database.connection().execute("SELECT * FROM fees_new")
    pay(log, ("a", "1"))
    views.catch_up()
    assert (await fees(views))["a"] == before[-1]["a"] + 1


async def test_a_view_is_rebuilt_while_the_service_goes_on(log: Log) -> None:
    running = Views(log, [Fees()])
    running.start()
    writer = threading.Thread(target=lambda: [pay(log, ("a", "1")) for _ in range(200)])
    writer.start()
    for _ in range(5):
        with closing(Views(log, [Fees()])) as another:
            another.rebuild()
    writer.join()
    await running.wait_for(200)
    assert await fees(running) == {"a": Decimal(200)}
    running.close()


async def test_a_projection_of_a_new_version_is_built_anew(log: Log) -> None:
    class Halved(Fees):
        version = 2

        def project(self, page: Page, recorded: Recorded) -> None:
            page.put(FEES, reader="all", fees=Decimal(recorded.position), payments=1)

    with closing(Views(log, [Fees()])) as earlier:
        earlier.catch_up()
    pay(log, ("a", "1"), ("b", "1"))
    views = Views(log, [Halved()])
    views.catch_up()
    assert await fees(views) == {"all": Decimal(2)}
    views.close()


ROWS = Table("rows", key=("name",), columns={"name": str, "value": int}, history=True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9) | st.none(), st.booleans()), max_size=6), max_size=6))
def test_the_history_of_a_table_is_that_of_a_dict(storage: Storage, pages: list[list[tuple[str, int | None, bool]]]) -> None:
    database = ViewDatabase(storage.database("views"))
    connection = database.connection()
    connection.execute("DROP TABLE IF EXISTS rows")
    ROWS.create(database.database, "rows")
    model: dict[str, int] = {}
    history: dict[int, dict[str, int]] = defaultdict(dict)
    position = 0
    for writes in pages:
        with database.database.transaction():
            page = Page(connection, {ROWS: "rows"})
            for name, value, is_looked_at in writes:
                position += 1
                page.position = position
                if value is None:
                    page.drop(ROWS, name)
                    model.pop(name, None)
                else:
                    page.put(ROWS, name=name, value=value)
                    model[name] = value
                if is_looked_at:
                    assert {row["name"]: row["value"] for row in page.find(ROWS)} == model
                history[position] = dict(model)
            page.flush()
    for at, expected in history.items():
        condition = f"from_position <= {at} AND (to_position IS NULL OR to_position > {at})"
        assert dict(connection.execute(f"SELECT name, value FROM rows WHERE {condition}").fetchall()) == expected
    database.database.close()
    database.database.close()


def test_a_column_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError):
        ROWS.to_row({"name": "a", "valeu": 1})
    with pytest.raises(ValueError, match="no such columns"):
        Table("t", key=("id",), columns={"name": str})


def test_a_log_opened_twice_keeps_one_master(storage: Storage) -> None:
    for _ in range(2):
        log = Log(storage, MASTER)
        assert log.head() == 0
        log.close()
