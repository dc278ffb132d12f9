"""What holds for every test: no setting of the one who runs them, one event loop kind, hypothesis without a stopwatch."""

from __future__ import annotations

import os

import hypothesis
import pytest

KEPT_SETTINGS = {"XINGQI_REFERENCE_DATA", "XINGQI_TEST_DATABASE_URL"}

hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")

for name in [name for name in os.environ if name.startswith("XINGQI_") and name not in KEPT_SETTINGS]:
    del os.environ[name]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests that are `async def` run on asyncio, as the services do."""
    return "asyncio"
