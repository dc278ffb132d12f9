"""`xingqi migrate` and what refuses to start on PostgreSQL: the owner's role and the services' on a real server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from shared.settings import SERVICES
from tests.journeys.processes import running
from tests.postgres import fresh_database
from tests.xingqi.processes import Done, command, command_here

URLS: dict[str, str] = {service: f"http://127.0.0.1:{port}" for port, service in enumerate(SERVICES, start=48_001)}


@dataclass
class Server:
    """A database of its own on a real server: the owner's URL, and the URL of a role for the services that isn't there yet."""

    folder: Path
    owner: str
    role: str = field(init=False)
    url: str = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.owner)
        self.role = f"cell_{parts.path.strip('/')}"
        host = parts.netloc.rpartition("@")[2]
        self.url = urlunsplit(parts._replace(netloc=f"{self.role}:pass%40word@{host}"))

    def xingqi(self, *arguments: str, url: str | None = None, **settings: str) -> Done:
        """A command with the services' URL; `migrate` with the owner's too. `run` is a process of its own."""
        owner = {"XINGQI_OWNER_URL": self.owner} if arguments == ("migrate",) else {}
        done = command if arguments[0] == "run" else command_here
        return done(self.folder, URLS, *arguments, settings={"XINGQI_DATABASE_URL": url or self.url, **owner, **settings})

    def refusal(self, *arguments: str, url: str | None = None, **settings: str) -> str:
        """What a command that must end with a sentence says."""
        done = self.xingqi(*arguments, url=url, **settings)
        assert done.returncode in {1, 2}, done.stdout
        assert "Traceback" not in done.stderr
        assert "pass@word" not in done.stderr
        assert "pass%40word" not in done.stderr
        return done.stderr

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """As the owner."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path, fresh_database())


@pytest.fixture
def migrated(server: Server) -> Server:
    done = server.xingqi("migrate")
    assert done.returncode == 0, done.stderr
    return server


def test_the_services_run_as_a_role_that_may_add_events_and_not_change_them(migrated: Server) -> None:
    with running(migrated.folder, "system", XINGQI_DATABASE_URL=migrated.url) as cell:
        checked = cell.command("check")
    assert checked.count("no role of the services may change events") == len(SERVICES)
    for service in SERVICES:
        table = f"local_{service}.stored_events"
        rights = migrated.sql(f"SELECT privilege_type FROM information_schema.role_table_grants WHERE grantee='{migrated.role}'"
                              f" AND table_schema='local_{service}' AND table_name='stored_events' ORDER BY 1")  # fmt: skip
        assert rights == [("INSERT",), ("SELECT",)]
        with psycopg.connect(migrated.url, autocommit=True) as connection:
            for statement in (
                f"UPDATE {table} SET topic = ''",
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
                f"ALTER TABLE {table} DISABLE TRIGGER ALL",
                f"DROP TABLE {table}",
                f"ALTER FUNCTION local_{service}.events_stay() RENAME TO gone",
                f"DROP SCHEMA local_{service} CASCADE",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())


def test_it_may_be_run_again_and_by_two_at_once(server: Server) -> None:
    settings = {"XINGQI_DATABASE_URL": server.url, "XINGQI_OWNER_URL": server.owner}
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: command(server.folder, URLS, "migrate", settings=settings), range(2)))
    assert [done.returncode for done in both] == [0, 0], [done.stderr for done in both]
    assert server.sql("SELECT count(*) FROM local_roster.schema_version") == [(1,)]


def test_a_cell_that_the_services_made_by_themselves_is_taken_over(server: Server) -> None:
    with running(server.folder, "system", XINGQI_DATABASE_URL=server.owner) as cell:
        assert "the trigger alone protects them" in cell.command("check")
    assert server.xingqi("migrate").returncode == 0
    owners = "SELECT DISTINCT tableowner = CURRENT_USER FROM pg_tables WHERE tablename IN ('stored_events', 'tracking')"
    assert server.sql(owners) == [(True,)]
    with running(server.folder, "system", XINGQI_DATABASE_URL=server.url):
        pass


def test_a_schema_of_a_later_release_is_refused_by_all(migrated: Server) -> None:
    migrated.sql("INSERT INTO local_evaluation.schema_version (version) VALUES (99)")
    for arguments in (("run", "--only", "evaluation"), ("migrate",), ("check",)):
        said = migrated.refusal(*arguments)
        assert "the schema local_evaluation has version 99, of a later release of Xingqi" in said


def test_a_schema_that_waits_for_a_migration_is_refused_to_the_services(migrated: Server) -> None:
    migrated.sql("DELETE FROM local_roster.schema_version")
    assert "Run xingqi migrate" in migrated.refusal("run", "--only", "roster")
    assert migrated.xingqi("migrate").returncode == 0
    assert migrated.sql("SELECT max(version) FROM local_roster.schema_version") == [(1,)]


def test_another_county_is_refused_until_it_is_migrated(migrated: Server) -> None:
    said = migrated.refusal("run", "--only", "roster", XINGQI_COUNTY="gaotai")
    assert "this database is that of the county local and holds nothing of gaotai" in said
    assert migrated.xingqi("migrate", XINGQI_COUNTY="gaotai").returncode == 0


def test_a_role_without_rights_is_sent_to_migrate(server: Server) -> None:
    server.sql(f"CREATE ROLE {server.role} LOGIN PASSWORD 'pass@word'")
    said = server.refusal("run", "--only", "roster")
    assert "has no cell of the county local" in said
    assert f"the role {server.role} may not make one. Run xingqi migrate" in said


def test_what_can_not_be_reached_is_said_with_its_address(server: Server) -> None:
    assert "the PostgreSQL server at 127.0.0.1:1 is not reached" in server.refusal("run", url="postgresql://u:pass%40word@127.0.0.1:1/x")
    assert "has no such thing as the database nowhere" in server.refusal(
        "run", url=urlunsplit(urlsplit(server.owner)._replace(path="/nowhere"))
    )
    assert "XINGQI_DATABASE_URL: Value error, write it like postgresql://user@host/database" in server.refusal("run", url="mysql://x/y")
    gone = server.folder / "gone"
    said = server.refusal("run", XINGQI_DATABASE_PASSWORD_FILE=str(gone))
    assert f"XINGQI_DATABASE_PASSWORD_FILE: {gone} can't be read" in said


def test_the_owner_itself_and_one_with_its_rights_are_no_role_for_services(server: Server) -> None:
    assert "must name a role of its own" in server.refusal("migrate", url=server.owner)
    server.sql(f"CREATE ROLE {server.role} LOGIN SUPERUSER")
    assert "it could change events. Name another role" in server.refusal("migrate")
    assert "name the owner's role in XINGQI_OWNER_URL" in server.refusal("migrate", XINGQI_OWNER_URL="")
