"""The first page of the roster: it leads those who keep accounts to them, everybody else to the own account."""

from __future__ import annotations

from fastapi import Response
from starlette.responses import RedirectResponse

from shared.web import Door, Router

router = Router(tags=["Pages"], include_in_schema=False)


@router.get("/", response_model=None)
async def get_home(door: Door) -> Response:
    """To the accounts that the caller keeps, or to its own."""
    door.open("everybody is led to its own page, and each page asks for itself")
    keeps = door.has("admin") or door.has("town_officer")
    return RedirectResponse("/accounts" if keeps else "/account", 303, headers={"Cache-Control": "no-store"})
