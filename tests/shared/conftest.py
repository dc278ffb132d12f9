from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.store import Files, Log
from tests.shared.facts import MASTER


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(Files(tmp_path / "service"), MASTER)
    yield log
    log.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
