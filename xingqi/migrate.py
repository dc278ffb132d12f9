"""`xingqi migrate`: the schemas of a cell on PostgreSQL, and the role of the services, which may add events and never change them."""

from __future__ import annotations

import argparse
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from shared.settings import SERVICES, Settings, read_settings
from shared.store.postgres.events import PostgresEvents
from shared.store.postgres.migrating import WrongSchema, version_of
from shared.store.postgres.pool import LEAST, Pool, kept_alive
from shared.store.storage import FURTHER
from xingqi.databases import refuse_old, said_plainly
from xingqi.stop import Stop

_ROLE = "SELECT rolsuper OR rolcreaterole OR pg_has_role(rolname, CURRENT_USER, 'MEMBER') FROM pg_roles WHERE rolname = %s"
_FUNCTIONS = (
    "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
    " WHERE n.nspname = %s AND p.proname IN ('append_rows', 'events_stay')"
)
_TABLES_OF_OTHERS = (
    "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tableowner <> %s"
    " AND tablename NOT IN ('stored_events', 'tracking', 'schema_version')"
)
OWNED = ("stored_events", "tracking", "schema_version")
GRANTS = (
    "REVOKE ALL ON {schema}.stored_events, {schema}.tracking, {schema}.schema_version FROM PUBLIC, {role}",
    "GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT ON {schema}.stored_events TO {role}",
    "GRANT SELECT, INSERT, UPDATE ON {schema}.tracking TO {role}",
    "GRANT SELECT ON {schema}.schema_version TO {role}",
)
"""What the services' role may do in the schema of the events: add tables of its own there, read and add events, and no more."""


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi migrate`."""
    return argparse.ArgumentParser(
        prog=prog,
        description="Make or bring up the schemas of the county XINGQI_COUNTY on PostgreSQL, as the role of XINGQI_OWNER_URL, and give the "
        "role of XINGQI_DATABASE_URL (made where it is missing, with that URL's password) the right to read and add events, but "
        "none to change or remove them. May be run again at any time, and by two at once; a cell that the services made by themselves "
        "is taken over. Run it before the first start, and with each new release before its services start.",
    )


def run(_: argparse.Namespace) -> int:
    """Migrate; prints a line for each service.

    Raises:
        Stop: a URL is missing or can't be used, a role has too few rights or the services' too many, the schema is a later release's.
    """
    settings = read_settings()
    for service, version, role in migrate(settings):
        print(f"{service:12}schema {settings.county}_{service} has version {version}; {role} may read and add events, not change them")
    return 0


def migrate(settings: Settings) -> list[tuple[str, int, str]]:
    """Bring up the cell that `settings` name; for each service its schema's version and the role of the services. Raises as `run`."""
    owner, url = settings.owner, settings.database
    if owner is None or url is None:
        raise Stop("name the owner's role in XINGQI_OWNER_URL and that of the services in XINGQI_DATABASE_URL.", status=2)
    if _server(owner) != _server(url):
        raise Stop("XINGQI_OWNER_URL and XINGQI_DATABASE_URL name different databases.", status=2)
    done: list[tuple[str, int, str]] = []
    try:
        with psycopg.connect(owner, autocommit=True, **kept_alive(owner)) as connection:
            refuse_old(connection)
            connection.execute("SELECT pg_advisory_lock(hashtextextended('xingqi:migrate', 0))")  # until the connection is closed
            role = _role(connection, url)
            for service in SERVICES:
                version = _migrate(connection, owner, f"{settings.county}_{service}", FURTHER[service], role)
                done.append((service, version, role))
    except WrongSchema as error:
        raise Stop(f"{error}.") from None
    except psycopg.Error as error:
        raise Stop(said_plainly(error, owner)) from None
    return done


def _server(url: str) -> tuple[object, ...]:
    parts = conninfo_to_dict(url)
    return tuple(parts.get(name) for name in ("host", "port", "dbname"))


def _role(connection: psycopg.Connection[Any], url: str) -> str:
    """The role of the services: made where it is missing, given the URL's password, and refused where it is more than that."""
    parts = conninfo_to_dict(url)
    name, password = str(parts.get("user") or ""), parts.get("password")
    if not name or name == connection.info.user:
        raise Stop("XINGQI_DATABASE_URL must name a role of its own: the owner could lift every protection of the events.", status=2)
    found = connection.execute(_ROLE, (name,)).fetchone()
    if found and found[0]:
        raise Stop(f"the role {name} has the rights of a superuser or of the owner: it could change events. Name another role.")
    role = sql.Identifier(name)
    if found is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(role))
    if password:
        sealed = connection.pgconn.encrypt_password(str(password).encode(), name.encode(), b"scram-sha-256").decode()
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(sealed)))
    if not connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = CURRENT_USER").fetchone()[0]:  # type: ignore[index]
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))  # to make schemas that belong to it
    return name


def _migrate(connection: psycopg.Connection[Any], owner: str, schema: str, further: tuple[str, ...], role: str) -> int:
    """The schema of one service's events as the owner's, and those beside it as the role's; the version that it then has."""
    if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone():
        _take_over(connection, schema)
    events = PostgresEvents(Pool(owner, LEAST), schema, founds=True)
    try:
        version = version_of(events.connection())
    finally:
        events.close()
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
    with connection.transaction():
        for grant in GRANTS:
            connection.execute(sql.SQL(grant).format(**names))
        for name in further:
            beside = sql.Identifier(f"{schema}_{name}")
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(beside, names["role"]))
            connection.execute(sql.SQL("ALTER SCHEMA {} OWNER TO {}").format(beside, names["role"]))
            _give(connection, f"{schema}_{name}", role)
        _give(connection, schema, role)
    return version


def _take_over(connection: psycopg.Connection[Any], schema: str) -> None:
    """Make the owner's what the services made by themselves."""
    place = sql.Identifier(schema)
    with connection.transaction():
        connection.execute(sql.SQL("ALTER SCHEMA {} OWNER TO CURRENT_USER").format(place))
        for table in OWNED:
            connection.execute(sql.SQL("ALTER TABLE IF EXISTS {}.{} OWNER TO CURRENT_USER").format(place, sql.Identifier(table)))
        for (function,) in connection.execute(_FUNCTIONS, (schema,)).fetchall():
            connection.execute(sql.SQL("ALTER FUNCTION {} OWNER TO CURRENT_USER").format(sql.SQL(function)))


def _give(connection: psycopg.Connection[Any], schema: str, role: str) -> None:
    """Make what lies beside the events the role's, where the services made it by themselves as another."""
    for (table,) in connection.execute(_TABLES_OF_OTHERS, (schema, role)).fetchall():
        place, owner = sql.Identifier(schema, str(table)), sql.Identifier(role)
        connection.execute(sql.SQL("ALTER TABLE {} OWNER TO {}").format(place, owner))
