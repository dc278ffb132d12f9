from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notice.house import House, house


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house for all tests of a file: each has a branch of its own, and none moves the clock or stops a service."""
    with house(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def own_boards(tmp_path: Path) -> Iterator[House]:
    """A house for one test, which may do with it what it likes."""
    with house(tmp_path) as made:
        made.found_branch()
        yield made


@pytest.fixture
def branch(boards: House) -> str:
    return boards.found_branch()


@pytest.fixture
def members(boards: House, branch: str) -> dict[str, str]:
    """The ids of the branch's three members by name."""
    return {name: boards.join(name) for name in ("张建国", "李秀英", "王芳")}
