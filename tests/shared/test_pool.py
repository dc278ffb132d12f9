"""The connections of a process to PostgreSQL: never more than allowed, no circle of waiting, healed when the server cut them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import psycopg
import pytest

from shared.reading import database_to_read
from shared.settings import Settings
from shared.store.postgres.connections import PostgresSchema
from shared.store.postgres.pool import LEAST, NoneFree, Pool, connect
from shared.store.storage import Postgres
from tests.postgres import fresh_database

THREADS = 12
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name <> 'onlooker' AND backend_type = 'client backend'"


@pytest.fixture
def url() -> str:
    return fresh_database()


@pytest.fixture
def schemas(url: str) -> Iterator[tuple[PostgresSchema, PostgresSchema]]:
    """Two schemas of one pool, the smallest there is; in each a table `held` of one name and of another type."""
    pool = Pool(url, LEAST, wait_seconds=5)
    with closing(PostgresSchema(pool, "first")) as first, closing(PostgresSchema(pool, "second")) as second:
        first.connection().execute("CREATE TABLE held (value BIGINT)")
        second.connection().execute("CREATE TABLE held (value TEXT)")
        yield first, second


def backends(url: str) -> int:
    with psycopg.connect(url, application_name="onlooker") as connection:
        found = connection.execute(f"SELECT count(*) {OTHERS}".encode()).fetchone()
    return int(found[0]) if found else 0


def test_many_threads_over_many_schemas_stay_within_the_bound(url: str) -> None:
    storage = Postgres(url, "local", "shelf", connections=8)
    most: list[int] = []
    with ExitStack() as opened:
        databases = [opened.enter_context(closing(storage.database(name))) for name in ("keys", "log", "views", "reads", "accounts")]
        for database in databases:
            database.connection().execute("CREATE TABLE counted (number BIGINT)")

        def work(number: int) -> None:
            for step in range(4):
                database = databases[(number + step) % len(databases)]
                with database.transaction() as connection:
                    connection.execute("INSERT INTO counted VALUES (?)", (number,))
                    databases[number % len(databases)].connection().execute("SELECT count(*) FROM counted").fetchone()
            most.append(backends(url))

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(work, range(THREADS)))
        counts = [database.connection().execute("SELECT count(*) FROM counted").fetchone() for database in databases]
        assert storage.pool.size == 3
        assert max(most) <= storage.pool.size
        assert backends(url) <= storage.pool.size
    assert sum(row[0] for row in counts) == THREADS * 4
    assert backends(url) == 0


def test_a_statement_for_one_schema_is_never_answered_by_another(schemas: tuple[PostgresSchema, PostgresSchema]) -> None:
    first, second = schemas
    first.connection().execute("INSERT INTO held VALUES (?)", (341,))
    second.connection().execute("INSERT INTO held VALUES (?)", ("three",))

    def look(number: int) -> None:
        for step in range(20):
            schema, expected = ((first, 341), (second, "three"))[(number + step) % 2]
            assert schema.connection().execute("SELECT value FROM held WHERE value IS NOT NULL").fetchall() == [(expected,)]

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(look, range(THREADS)))


def test_threads_that_hold_one_and_want_another_do_not_wait_for_each_other(url: str) -> None:
    pool = Pool(url, LEAST + 1, wait_seconds=5)
    with closing(PostgresSchema(pool, "first")), closing(PostgresSchema(pool, "second")), closing(PostgresSchema(pool, "third")):
        meeting = threading.Barrier(2)

        def nest(_: int) -> None:
            with pool.borrowed("first"):
                meeting.wait(5)  # both hold one, which is all that those who hold none may take
                with pool.borrowed("second"), pool.borrowed("third") as innermost:
                    innermost.execute("SELECT 1")

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(nest, range(2)))


def test_who_finds_none_free_is_told_after_a_while(url: str) -> None:
    pool = Pool(url, LEAST, wait_seconds=0.2)
    with closing(PostgresSchema(pool, "first")) as schema, ThreadPoolExecutor(1) as other:
        with pool.borrowed("first"), pytest.raises(NoneFree, match="were in use"):
            other.submit(lambda: schema.connection().execute("SELECT 1")).result()
        assert other.submit(lambda: schema.connection().execute("SELECT 1").fetchone()).result() == (1,)


def test_a_transaction_reads_what_it_wrote_and_leaves_nothing_when_it_fails(schemas: tuple[PostgresSchema, PostgresSchema]) -> None:
    first, _ = schemas

    def break_off() -> None:
        with first.transaction():
            first.connection().execute("INSERT INTO held VALUES (?)", (1,))
            assert first.connection().execute("SELECT count(*) FROM held").fetchone() == (1,)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert first.connection().execute("SELECT count(*) FROM held").fetchone() == (0,)


def test_after_the_server_cut_every_connection_one_call_fails_and_the_next_goes_through(
    url: str, schemas: tuple[PostgresSchema, PostgresSchema]
) -> None:
    first, second = schemas
    with psycopg.connect(url, autocommit=True, application_name="onlooker") as server:
        server.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}".encode())
    with pytest.raises(psycopg.OperationalError):
        first.connection().execute("SELECT 1")
    assert second.connection().execute("SELECT 1").fetchone() == (1,)
    assert first.connection().execute("SELECT 1").fetchone() == (1,)


def test_what_is_in_use_when_its_schema_is_closed_ends_when_it_is_given_back(url: str) -> None:
    pool = Pool(url, LEAST)
    schema = PostgresSchema(pool, "first")
    with pool.borrowed("first") as raw:
        schema.close()
        raw.execute("SELECT 1")
    assert raw.closed
    assert schema.connection().execute("SELECT 1").fetchone() == (1,)
    schema.close()
    assert backends(url) == 0


def asking_for_writes(url: str) -> str:
    """As the URL of several nodes does."""
    return f"{url}{'&' if '?' in url else '?'}target_session_attrs=read-write&connect_timeout=2"


def test_who_only_reads_is_let_in_by_a_url_that_asks_for_the_node_that_takes_writes(url: str) -> None:
    with closing(Postgres(url, "local", "roster", connections=8).events()):
        pass
    with closing(database_to_read(Settings(database_url=asking_for_writes(url)), "roster", "events")) as events:
        assert events.head() == 0
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            events.connection().execute("CREATE TABLE further (value BIGINT)")


def test_a_server_that_falls_silent_is_given_up_and_the_url_may_say_when(url: str) -> None:
    with closing(connect(asking_for_writes(url), "public")) as connection:
        held = connection.info.get_parameters()
    assert {name: held[name] for name in ("connect_timeout", "tcp_user_timeout", "keepalives_idle")} == {
        "connect_timeout": "2",
        "tcp_user_timeout": "10000",
        "keepalives_idle": "10",
    }
