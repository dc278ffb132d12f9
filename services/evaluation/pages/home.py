"""The first page: it leads everybody to where its work lies."""

from __future__ import annotations

from fastapi import Response
from starlette.responses import RedirectResponse

from services.evaluation.pages.visits import LEADS_TO
from shared.errors import NotAllowed
from shared.web import Caller, Door, Router

router = Router(tags=["Pages"], include_in_schema=False)


@router.get("/", response_model=None)
async def get_home(door: Door) -> Response:
    """To the desk, the town, the branch, or one's own page, whatever comes first of what the caller holds."""
    door.open("everybody is led to its own page, and each page asks for itself")
    return RedirectResponse(place_of(door.caller), 303, headers={"Cache-Control": "no-store"})


def place_of(caller: Caller) -> str:
    """Where this person's work lies: an office before one's own page. Raises NotAllowed for who has no page here."""
    for grant in caller.grants:
        kind = LEADS_TO.get(grant.role)
        if kind == "desk":
            return "/desk"
        if kind is not None and grant.organization_id is not None:
            return f"/{kind}/{grant.organization_id}"
    if caller.member_id is None:
        raise NotAllowed
    return "/my"
