"""`xingqi cell`: counties on one or more PostgreSQL servers. A county is a cell; nothing is shared between cells but code."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from shared.settings import PREFIX, SERVICES, Settings
from shared.store.postgres.pool import kept_alive
from shared.store.storage import FURTHER
from xingqi.cells import Cell, cells_in, write_cell
from xingqi.databases import said_plainly
from xingqi.migrate import migrate
from xingqi.stop import Stop

_BYTES = (
    "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = ANY(%s) AND c.relkind = 'r'"
)
_READER = "SELECT 1 FROM pg_roles WHERE rolname = %s"
_GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {reader}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {role} IN SCHEMA {schema} GRANT SELECT ON TABLES TO {reader}",
)


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi cell`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Make, list and check the cells of counties. Each has a folder of its own (settings, master key, the issuer's keys) "
        "and in schemas of its own on a PostgreSQL server. Start one with: cd FOLDER/COUNTY && xingqi run",
    )
    actions = made.add_subparsers(dest="action", required=True, metavar="create | list | check")
    create = actions.add_parser("create", help="make a county's folder, role and schemas")
    create.add_argument("county", metavar="COUNTY", help="its short name: 1 to 32 of a-z, 0-9 and -; fixed for ever")
    create.add_argument("--server", required=True, metavar="URL", help="the database as the owner's role: postgresql://owner@host/database")
    create.add_argument("--port", type=int, metavar="N", help="where its three services listen: N, N+1, N+2")
    create.add_argument("--reader", metavar="ROLE", help="a role of the province that may read this county's figures")
    for one in (create, actions.add_parser("list", help="each county: where, how much, does it answer"), _checking(actions)):
        one.add_argument("--folder", type=Path, default=Path("cells"), help="where the cells lie (default: cells)")
    return made


def _checking(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    check = actions.add_parser("check", help="hold each county's stores against its logs")
    check.add_argument("counties", nargs="*", metavar="COUNTY", help="these alone")
    return check


def run(options: argparse.Namespace) -> int:
    """Do what was asked; status 1 where a cell is not reached or differs from its log.

    Raises:
        Stop: it can't be done; the message says why.
    """
    match options.action:
        case "create":
            return _create(options)
        case "list":
            return _list(options.folder)
        case _:
            return _check(options.folder, options.counties)


def _create(options: argparse.Namespace) -> int:
    try:
        Settings(county=options.county, database_url=options.server, _env_file=None)
    except ValueError as error:
        raise Stop(f"this can't be a cell: {str(error).splitlines()[2].strip()}", status=2) from None
    cell = write_cell(options.folder, options.county, options.server, options.port)
    try:
        settings = cell.settings().model_copy(update={"owner_url": options.server})
        ((*_, role), *_) = migrate(settings)
        if options.reader:
            _let_read(options.server, options.county, role, options.reader)
    except Stop:
        _take_back(cell)
        raise
    print(f"{cell.county}: schemas and the role {role} are made. Start it: cd {cell.folder} && xingqi run")
    print(f"Keep a copy of {cell.folder / 'master.key'} apart from the backups: without it nobody reads a text or a ballot again.")
    return 0


def _take_back(cell: Cell) -> None:
    """Remove the folder that was made a moment ago; nothing else is in it."""
    for name in ("master.key", "database_password", ".env"):
        (cell.folder / name).unlink(missing_ok=True)
    (cell.folder / "data").rmdir()
    cell.folder.rmdir()


def _let_read(owner: str, county: str, role: str, reader: str) -> None:
    """Let `reader` read the views of evaluation, those of today and those that are made anew, and nothing else."""
    names = {"schema": f"{county}_evaluation_views", "role": role, "reader": reader}
    try:
        with psycopg.connect(owner, autocommit=True, **kept_alive(owner)) as connection:
            if connection.execute(_READER, (reader,)).fetchone() is None:
                raise Stop(f"there is no role {reader}. Make it: CREATE ROLE {reader} LOGIN PASSWORD ...")
            for grant in _GRANTS:
                connection.execute(sql.SQL(grant).format(**{name: sql.Identifier(value) for name, value in names.items()}))
    except psycopg.Error as error:
        raise Stop(said_plainly(error, owner)) from None


def _list(folder: Path) -> int:
    status = 0
    print(f"{'county':20}{'members':>10}{'events':>12}{'MB':>9}  where")
    for cell in cells_in(folder):
        settings = cell.settings()
        try:
            print(f"{cell.county:20}{_figures(settings)}  {_where(settings)}")
        except psycopg.Error as error:
            status = 1
            print(f"{cell.county:20}{'':31}  {said_plainly(error, settings.database or '')}")
    return status


def _figures(settings: Settings) -> str:
    county = settings.county
    schemas = [f"{county}_{service}" for service in SERVICES]
    schemas += [f"{county}_{service}_{name}" for service in SERVICES for name in FURTHER[service]]
    with psycopg.connect(settings.database or "", connect_timeout=5) as connection:
        size = _number(connection, _BYTES, (schemas,))
        events = sum(_highest(connection, f"{county}_{service}") for service in SERVICES)
        members = _members(connection, f"{county}_roster_views")
    return f"{members:>10,}{events:>12,}{size / 1e6:>9,.1f}"


def _highest(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> int:
    statement = sql.SQL("SELECT coalesce(max(notification_id), 0) FROM {}").format(sql.Identifier(schema, "stored_events"))
    return _number(connection, statement)


def _members(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> int:
    """How many the roster's view knows; none before the services ran for the first time."""
    if not _number(connection, "SELECT count(*) FROM pg_tables WHERE schemaname = %s AND tablename = 'members'", (schema,)):
        return 0
    return _number(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, "members")))


def _number(
    connection: psycopg.Connection[tuple[object, ...]], statement: str | sql.Composed, values: tuple[object, ...] | None = None
) -> int:
    query = statement if isinstance(statement, sql.Composed) else statement.encode()
    found = connection.execute(query, values).fetchone()
    return int(str(found[0])) if found else 0


def _where(settings: Settings) -> str:
    url = psycopg.conninfo.conninfo_to_dict(settings.database or "")
    return f"{url.get('host', 'this machine')}:{url.get('port', 5432)}/{url.get('dbname', '')}, {settings.roster_url}"


def _check(folder: Path, counties: list[str]) -> int:
    cells = cells_in(folder)
    if wrong := sorted(set(counties) - {cell.county for cell in cells}):
        raise Stop(f"there is no cell of {', '.join(wrong)} in {folder}.", status=2)
    status = 0
    for cell in cells:
        if counties and cell.county not in counties:
            continue
        print(f"{cell.county}:", flush=True)
        foreign = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        done = subprocess.run([sys.executable, "-m", "xingqi", "check"], cwd=cell.folder, env=foreign, check=False)
        status = max(status, min(done.returncode, 1))
    return status
