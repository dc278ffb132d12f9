"""On which database, and by how many workers a service, the journeys are told.

A module names its cells, `CELLS = ("sqlite-1", "postgresql-2")`; without it, SQLite and one worker. `--cells postgresql-2` tells every
journey there instead (`make journeys`).
"""

from __future__ import annotations

import pytest

from tests.journeys.processes import DATABASES, CellSettings, database_settings

USUAL = ("sqlite-1",)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whoever asks for `cell_settings`, by itself or by another fixture, is told once for each of its cells."""
    if "cell_settings" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--cells")
        cells = asked.split(",") if asked else getattr(metafunc.module, "CELLS", USUAL)
        metafunc.parametrize("cell_settings", cells, indirect=True, scope="module")


@pytest.fixture(scope="module")
def cell_settings(request: pytest.FixtureRequest) -> CellSettings:
    """Gives the settings of a new cell, on PostgreSQL with a database of its own each time; skips where there is no server."""
    database, _, workers = request.param.partition("-")
    if database not in DATABASES or not workers.isdecimal():
        raise pytest.UsageError(f"--cells: {request.param} is none; give sqlite-1, postgresql-2 or the like")
    return lambda: {**database_settings(database), "XINGQI_WORKERS": workers}
