"""What the tests of supervision by REST do and ask: inspections, findings, circulars, the score, obligations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.evaluation.builders import Town
from tests.evaluation.builders_review import Half, running_half

EVIDENCE = [{"kind": "text", "value": "会议记录缺失"}]
SECRET = "走访发现未召开评议会"


@asynccontextmanager
async def half_in_june(folder: Path) -> AsyncIterator[Half]:
    """The half-year's town on 1 June, the organisations known."""
    async with running_half(folder, clock="2026-06-01T02:00:00Z") as half:
        await half.town.mirror.catch_up_with_roster()
        yield half


def supervisor(town: Town) -> str:
    return town.roster.token("county_supervisor", "county")


def north(half: Half) -> str:
    return half.town.places["north"]


async def inspected(half: Half, by: str | None = None, on: str = "2026-06-01") -> str:
    body = {"branch_id": north(half), "year": 2026, "on": on}
    made: dict[str, str] = await half.town.do("POST", "/inspections", body, by or supervisor(half.town))
    return made["id"]


async def found(half: Half, inspection: str, kind: str = "falsification", by: str | None = None, **more: Any) -> str:  # noqa: ANN401
    body = {"kind": kind, "text": SECRET, "evidence": EVIDENCE, **more}
    made: dict[str, str] = await half.town.do("POST", f"/inspections/{inspection}/findings", body, by or supervisor(half.town))
    return made["id"]


async def circular(half: Half, inspection: str, *findings: str) -> str:
    body = {"finding_ids": findings, "text": "对该支部予以通报"}
    made: dict[str, str] = await half.town.do("POST", f"/inspections/{inspection}/circular", body, supervisor(half.town))
    return made["id"]


async def responsibility(half: Half, by: str | None = None, query: str = "") -> dict[str, Any]:
    told: dict[str, Any] = await half.seen(f"/branches/{north(half)}/responsibility?year=2026{query}", by or supervisor(half.town))
    return told


async def obligations(half: Half, state: str | None = None, by: str | None = None, place: str = "north") -> list[dict[str, Any]]:
    query = f"&state={state}" if state else ""
    path = f"/obligations?organization_id={half.town.places[place]}&limit=500{query}"
    return list((await half.seen(path, by or supervisor(half.town)))["items"])
