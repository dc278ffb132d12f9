"""What several tests of the commands work on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.evaluation.builders_review import Half, running_half


@pytest.fixture
async def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Half]:
    """A confirmed half-year of six with an entry; the service is up, and commands find its data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XINGQI_DATA", str(tmp_path))
    monkeypatch.setenv("XINGQI_CLOCK", "manual:2026-05-20T02:00:00Z")
    async with running_half(tmp_path, count=6, publicity={"working_days": 0}) as half:
        await half.open()
        await half.town.record("m1", "study", "2026-03-02")
        await half.published(91)
        await half.to("confirmed")
        yield half
