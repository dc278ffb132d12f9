"""The disk fills, the database turns read-only, an answer is lost after COMMIT: 503 with Retry-After, nothing half done, it heals."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.faults.book import Client
from tests.faults.disk import small_disk
from tests.faults.killing import Rounds, under_attack
from tests.faults.postgres_server import OwnServer, own_server
from tests.faults.proxy import Proxy, proxy_before
from tests.journeys.stories import Town, story_town

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]
FOUNDED = "organizations.organization-founded.v1"
AS_OWNER = "-c default_transaction_read_only=off"


def work(rounds: Rounds, seconds: float) -> None:
    """The client works for a while, as well as it can."""
    client = Client(rounds.town, rounds.branch, rounds.book, rounds.lot)
    client.start()
    time.sleep(seconds)
    client.stop()


def test_a_full_disk_is_a_503_and_is_over_when_there_is_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path, "64m") as disk, under_attack(tmp_path, "sqlite", 5, XINGQI_DATA=str(disk.path / "data")) as rounds:
        work(rounds, 1)
        disk.fill()
        work(rounds, 3)
        assert rounds.book.unavailable > 0, "the disk was not full enough to be noticed"
        assert rounds.town.call("GET", "evaluation/health/live").status_code == 200
        disk.free()
        rounds.reckoning.settle()
        work(rounds, 1)
        rounds.reckoning.settle()
        rounds.reckoning.hold()
        rounds.refuse_faults()
        rounds.check()


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server() as made:
        yield made


@pytest.fixture(scope="module")
def proxy(server: OwnServer) -> Iterator[Proxy]:
    with proxy_before(server.port) as made:
        yield made


@pytest.fixture(scope="module")
def town(server: OwnServer, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    url = server.url.replace(str(server.port), str(proxy.port))
    with story_town(tmp_path_factory.mktemp("bad-days"), XINGQI_DATABASE_URL=url) as made:
        yield made


def found_branch(town: Town, name: str, key: str) -> httpx.Response:
    body = {"kind": "branch", "name": name, "parent_id": town.id}
    return town.send("POST", "roster/organizations", town.admin, body, headers={"Idempotency-Key": key})


def founded(server: OwnServer) -> int:
    """How many organisations were founded."""
    with psycopg.connect(server.url) as connection:
        found = connection.execute("SELECT count(*) FROM local_roster.stored_events WHERE topic = %s", (FOUNDED,)).fetchone()
    return int(found[0]) if found else 0


def assert_away(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("time_and_again", range(3))
def test_an_answer_that_is_lost_after_commit_is_given_to_the_retry(
    town: Town, proxy: Proxy, server: OwnServer, time_and_again: int
) -> None:
    assert found_branch(town, f"支部{uuid4()}", str(uuid4())).status_code == 201
    name, key, before = f"支部{uuid4()}", str(uuid4()), founded(server)
    proxy.swallowed.clear()
    proxy.swallow = (FOUNDED.encode(), key.encode())  # in the one statement that inserts

    first = found_branch(town, name, key)
    assert proxy.swallowed.is_set()
    assert founded(server) == before + 1, "it was committed, and only the answer lost"
    if first.status_code != 201:  # who sends a key is answered at once where the log can be asked what became of it
        assert_away(first)

    again = found_branch(town, name, key)
    assert again.status_code == 201, again.text
    assert first.status_code == 503 or first.json() == again.json()
    assert founded(server) == before + 1
    assert town.read(f"roster/organizations/{again.json()['id']}", town.admin)["name"] == name


def test_without_a_key_an_answer_that_is_lost_after_commit_is_a_503(town: Town, proxy: Proxy, server: OwnServer) -> None:
    """Nobody can say what became of it: that is what the key is for."""
    assert found_branch(town, f"支部{uuid4()}", str(uuid4())).status_code == 201  # from here on one statement inserts and commits
    before = founded(server)
    proxy.swallowed.clear()
    proxy.swallow = (FOUNDED.encode(), b"append_rows")
    body = {"kind": "branch", "name": f"支部{uuid4()}", "parent_id": town.id}
    assert_away(town.send("POST", "roster/organizations", town.admin, body))
    assert proxy.swallowed.is_set()
    assert founded(server) == before + 1


def test_a_database_that_turns_read_only_refuses_commands_and_goes_on_reading(town: Town, server: OwnServer) -> None:
    """As a standby is, or a disk that was remounted."""
    name, key, before = f"支部{uuid4()}", str(uuid4()), founded(server)
    set_read_only(server, "on")
    try:
        assert_away(found_branch(town, name, key))
        assert town.read(f"roster/organizations/{town.id}", town.admin)["id"] == town.id
        assert founded(server) == before
    finally:
        set_read_only(server, "off")
    until = time.monotonic() + 20
    while (answer := found_branch(town, name, key)).status_code == 503 and time.monotonic() < until:
        time.sleep(0.2)
    assert answer.status_code == 201, answer.text
    assert founded(server) == before + 1


def set_read_only(server: OwnServer, value: str) -> None:
    with psycopg.connect(server.url, autocommit=True, options=AS_OWNER) as connection:
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}".encode())
        connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)
