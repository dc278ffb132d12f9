"""What evaluation holds about the member who is here, who of the officers saw it, and whether a ballot of it was unsealed."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from services.evaluation.pages.unsealed import unsealed_ballots
from services.evaluation.pages.visits import Visit
from shared.web import Door, Router

router = Router(tags=["Pages"], include_in_schema=False)
NEWEST = 200


@router.get("/my/held", response_model=None)
async def get_my_held(door: Door) -> Response:
    """All that evaluation holds about who is signed in, and who read it; the roster has a page of its own."""
    visit = Visit(door)
    member = visit.member_id
    await door.require(member=member)
    held: dict[str, Any] = await visit.own.get(f"/members/{member}/held")
    reads = (await visit.own.get(f"/members/{member}/reads", limit=NEWEST))["items"]
    await visit.know([member, *(one["read_by"] for one in reads), *(one["recorded_by"] for one in held["facts"])])
    return visit.draw("my_held.html", held=held, reads=reads, unsealings=await unsealed_ballots(visit, member))
