"""The tables of the events on PostgreSQL, brought to what this release knows: forward only, one starter at a time.

`migrations/NNNN-*.sql` are run in their order, each once, in one transaction under the lock of the schema's writer. `schema_version` says
which were run. A schema that a later release made is refused: it may hold what this one would misread.
"""

from __future__ import annotations

from importlib.resources import files

import psycopg

from shared.store.postgres.connections import PostgresSchema
from shared.store.sql import Connection

_VERSIONS = (
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp())"
)
_CELLS = (
    "SELECT DISTINCT split_part(n.nspname, '_', 1) FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid"
    " WHERE c.relname = 'stored_events' ORDER BY 1"
)


class WrongSchema(RuntimeError):
    """The schema is not one that this release can work with; the message says why and what to do."""


def migrations() -> list[tuple[int, str]]:
    """Number and statements of each migration, in order."""
    found = [file for file in files("shared.store.postgres").joinpath("migrations").iterdir() if file.name.endswith(".sql")]
    return sorted((int(file.name.partition("-")[0]), file.read_text("utf-8")) for file in found)


def version_of(connection: Connection) -> int:
    """The number of the last migration that was run in the connection's schema; 0 where none was."""
    there = connection.execute("SELECT to_regclass(quote_ident(current_schema()) || '.schema_version')").fetchone()
    if there is None or there[0] is None:
        return 0
    found = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()
    return int(found[0]) if found else 0


def bring_up(database: PostgresSchema) -> None:
    """Run the migrations that are missing.

    Raises:
        WrongSchema: a later release made the schema; or it is an earlier one's and this role may not change it.
    """
    known = migrations()
    latest = known[-1][0]
    try:
        with database.transaction() as connection:
            version = version_of(connection)
            if version > latest:
                raise WrongSchema(
                    f"the schema {database.schema} has version {version}, of a later release of Xingqi; this one knows {latest}. "
                    "Start that release, or restore a backup from before the upgrade"
                )
            for number, statements in known[version:]:
                connection.raw.execute(statements.encode())
                connection.execute(_VERSIONS)
                connection.execute("INSERT INTO schema_version (version) VALUES (?)", (number,))
    except psycopg.errors.InsufficientPrivilege as error:
        raise WrongSchema(
            f"the schema {database.schema} is not of version {latest} yet, and this role may not change it. Run xingqi migrate"
        ) from error


def refuse_foreign_cells(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> None:
    """Before a cell is made by itself: the database holds no other county's.

    Raises:
        WrongSchema: it does; the message names them.
    """
    county = schema.partition("_")[0]
    others = [str(name) for (name,) in connection.execute(_CELLS.encode()).fetchall() if name != county]
    if others:
        raise WrongSchema(
            f"this database is that of the county {', '.join(others)} and holds nothing of {county}. Name the right one in XINGQI_COUNTY; "
            "for another county in the same database run xingqi migrate first"
        )


def may_change_events(connection: Connection) -> bool:
    """Whether the connection's role could lift the protection of the events, so that the trigger alone holds it back."""
    found = connection.execute(
        "SELECT pg_has_role(relowner, 'MEMBER') OR has_table_privilege(oid, 'UPDATE') OR has_table_privilege(oid, 'DELETE')"
        " FROM pg_class WHERE oid = to_regclass(quote_ident(current_schema()) || '.stored_events')"
    ).fetchone()
    return bool(found and found[0])
