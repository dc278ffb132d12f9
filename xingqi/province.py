"""`xingqi province`: figures of many counties, read from the views in their databases by DuckDB, without a copy of anything.

No names and no leads about persons leave a county: standings are counts and means, leads are counts by indicator.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xingqi.stop import Stop

if TYPE_CHECKING:
    import duckdb

CONNECT_SECONDS = 5
STANDINGS = """
    SELECT '{county}' AS county, period, {place}count(*) AS members,
        count(*) FILTER (stars = 3) AS stars_3, count(*) FILTER (stars = 2) AS stars_2, count(*) FILTER (stars = 1) AS stars_1,
        count(*) FILTER (stars = 0) AS stars_0, round(avg(CAST(score AS DECIMAL(9, 4))), 2) AS mean_score
    FROM {schema}.ratings WHERE counts = 1 AND to_position IS NULL{condition} GROUP BY ALL
"""
LEADS = """
    SELECT '{county}' AS county, period, {place}indicator, level, state, count(*) AS leads
    FROM {schema}.leads WHERE NOT coalesce(is_gone, 0) = 1 AND to_position IS NULL{condition} GROUP BY ALL
"""
QUESTIONS = {"standings": STANDINGS, "leads": LEADS}
FORMATS = {".parquet": "(FORMAT parquet)", ".csv": "(FORMAT csv, HEADER)"}


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi province`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Read the figures of many counties from their databases, as a role that may read the views of evaluation (xingqi cell "
        "create --reader). A county that is not reached is named, and the others are read: status 1 then.",
    )
    made.add_argument("question", choices=QUESTIONS, help="stars and means, or how many leads of which kind")
    made.add_argument("--counties", type=Path, required=True, metavar="FILE", help="one county a line: its short name and postgresql://...")
    made.add_argument("--period", metavar="2026-H1", help="of this half-year alone")
    made.add_argument("--by", choices=("county", "branch"), default="county", help="one row a county (default), or a branch by its id")
    made.add_argument("--out", type=Path, metavar="FILE", help="write a table, .parquet or .csv, instead of printing it")
    return made


def run(options: argparse.Namespace) -> int:
    """Read and print, or write; status 1 where a county was not reached.

    Raises:
        Stop: the file of the counties can't be read, or none of them is reached.
    """
    if options.out and options.out.suffix not in FORMATS:
        raise Stop(f"{options.out}: write to a file that ends with {' or '.join(FORMATS)}.", status=2)
    counties = dict(_counties(options.counties))
    reading = _duckdb()
    reached, status = [], 0
    for number, (county, url) in enumerate(counties.items()):
        try:
            reached.append(_attached(reading, f"cell_{number}", county, url))
        except Unreached as error:
            status = 1
            print(f"xingqi province: {county} is left out: {error}", flush=True)
    if not reached:
        raise Stop("none of the counties is reached.")
    place = "branch_id, " if options.by == "branch" else ""
    condition = " AND period = $period" if options.period else ""
    parts = [
        QUESTIONS[options.question].format(county=county, schema=schema, place=place, condition=condition) for county, schema in reached
    ]
    statement = f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY ALL"  # noqa: S608 - of checked names; the period is a parameter
    values = {"period": options.period} if options.period else {}
    _show(reading, statement, values, options.out)
    return status


class Unreached(Exception):
    """A county's figures can't be read; the message says why."""


def _counties(file: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"{file} can't be read ({type(error).__name__}).") from None
    for number, line in enumerate(lines, start=1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        county, url = words[0], words[-1]
        if len(words) != 2 or not re.fullmatch(r"[a-z0-9-]{1,32}", county) or not url.startswith("postgres"):  # noqa: PLR2004 - name and URL
            raise Stop(f"{file}, line {number}: write a county's short name and postgresql://reader@host/database.", status=2)
        yield county, url


def _duckdb() -> duckdb.DuckDBPyConnection:
    """DuckDB with the extension that reads PostgreSQL, from the installed package: nothing is fetched."""
    import duckdb  # noqa: PLC0415 - large, and of use here alone
    import duckdb_extension_postgres_scanner as scanner  # type: ignore[import-untyped]  # noqa: PLC0415 - it has no types

    reading = duckdb.connect(config={"allow_unsigned_extensions": "true", "autoinstall_known_extensions": "false"})
    (extension,) = Path(scanner.__file__).parent.rglob("*.duckdb_extension")
    reading.execute(f"LOAD '{extension}'")
    return reading


def _attached(reading: duckdb.DuckDBPyConnection, name: str, county: str, url: str) -> tuple[str, str]:
    """The county and its schema of views within `reading`."""
    import duckdb  # noqa: PLC0415 - as above
    import psycopg  # noqa: PLC0415

    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            schema = f"{county}_evaluation_views"
            found = connection.execute(
                "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %s", (schema,)
            ).fetchone()
    except psycopg.Error as error:
        raise Unreached(str(error).strip().splitlines()[-1]) from None
    if found is None:
        raise Unreached("there is no cell of this county in that database")
    if not found[0]:
        raise Unreached("this role may not read its views: xingqi cell create --reader")
    try:
        reading.execute(f"ATTACH '{url.replace(chr(39), chr(39) * 2)}' AS {name} (TYPE postgres, READ_ONLY, SCHEMA '{schema}')")
        reading.execute(f'SELECT 1 FROM {name}."{schema}".ratings LIMIT 1')  # noqa: S608 - of checked names
    except duckdb.Error as error:
        raise Unreached(str(error).strip().splitlines()[0]) from None
    return county, f'{name}."{schema}"'


def _show(reading: duckdb.DuckDBPyConnection, statement: str, values: dict[str, Any], out: Path | None) -> None:
    if out is not None:
        target = str(out).replace("'", "''")
        reading.execute(f"COPY ({statement}) TO '{target}' {FORMATS[out.suffix]}", values)
        print(f"{out} written")
        return
    found = reading.execute(statement, values)
    names = [column[0] for column in found.description or []]
    rows = [["" if value is None else str(value) for value in row] for row in found.fetchall()]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    for row in [names, *rows]:
        print("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
