from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.store import Files, Log, Postgres, Storage
from tests.postgres import fresh_database
from tests.shared.facts import MASTER


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty place for a service's databases, of each kind in turn."""
    return Files(tmp_path / "service") if request.param == "sqlite" else Postgres(fresh_database(), "local", "shelf")


@pytest.fixture
def log(storage: Storage) -> Iterator[Log]:
    log = Log(storage, MASTER)
    yield log
    log.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
