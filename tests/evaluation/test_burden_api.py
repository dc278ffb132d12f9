"""The burden by REST (spec, section 10): what a half-year asks of a branch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.evaluation.builders_review import Half
from tests.evaluation.builders_supervision import half_in_june, north


@pytest.fixture
async def half(tmp_path: Path) -> AsyncIterator[Half]:
    async with half_in_june(tmp_path) as half:
        yield half


@pytest.mark.spec("10.4")
async def test_the_burden_of_a_branch_is_counted_from_the_forms_of_the_contract(half: Half) -> None:
    told = await half.seen(f"/burden?organization_id={north(half)}&period=2026-H1", half.town.secretary)
    (one,) = told["items"]
    assert (one["branch_id"], one["members"], one["version"]) == (north(half), 7, 1)
    by_form = {form["form"]: form for form in one["by_form"]}
    assert by_form["ballot"] == {"form": "ballot", "count": 7, "fields": 7 * 6 * 5, "minutes": 7 + 52.5}
    assert by_form["self_review"]["fields"] == 7 * (2 + 5)
    assert by_form["pledge"]["fields"] == 7 * 6
    assert one["fields"] == sum(form["fields"] for form in one["by_form"])
    assert told["minutes"] == one["minutes"]


@pytest.mark.spec("10.4")
async def test_the_burden_stands_beside_each_version_of_a_rulebook(half: Half) -> None:
    shown = await half.town.do("GET", f"/rulebooks/{half.town.places['town']}/versions/1")
    assert shown["burden"]["members"] == 49
    assert shown["burden"]["forms"] == sum(form["count"] for form in shown["burden"]["by_form"])
