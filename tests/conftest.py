"""What holds for every test: no setting of the one who runs them, one event loop kind, hypothesis without a stopwatch."""

from __future__ import annotations

import os

import hypothesis
import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

KEPT_SETTINGS = {"XINGQI_REFERENCE_DATA", "XINGQI_TEST_DATABASE_URL"}

hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")

for name in [name for name in os.environ if name.startswith("XINGQI_") and name not in KEPT_SETTINGS]:
    del os.environ[name]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests that are `async def` run on asyncio, as the services do."""
    return "asyncio"


LONG_ROOMS = ("tests/journeys/", "tests/faults/", "tests/browser/", "tests/xingqi/", "tests/api/", "tests/benchmarks/", "tests/examples/")
"""Where tests start real processes: they come first, so that at the end no core waits for a long file that another has begun."""
ONE_VILLAGE = "tests/browser/"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--cells` of the journeys."""
    parser.addoption("--cells", metavar="DATABASE-WORKERS,...", help="tell the journeys on these: sqlite-1, postgresql-2, ...")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long rooms first (with `--no-loadscope-reorder`); all else as it was collected."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_ROOMS))


class ByFile(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """A file's tests stay with one worker, and those of the browser all with the same: its town is built once."""

    def _split_scope(self, nodeid: str) -> str:
        return ONE_VILLAGE if nodeid.startswith(ONE_VILLAGE) else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How `pytest -n` hands out the tests."""
    return ByFile(config, log)
