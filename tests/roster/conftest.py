from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.roster.builders import Roster, running_roster, settle


@pytest.fixture
async def roster(tmp_path: Path) -> AsyncIterator[Roster]:
    async with running_roster(tmp_path) as roster:
        await settle(roster)
        yield roster
