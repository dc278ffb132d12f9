"""Screens that show a board, and their heartbeats."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from services.notice.commands import screens
from services.notice.domain.boards import UnknownBoard
from services.notice.domain.screens import UnknownScreen
from services.notice.events.screens import ScreenRegistered
from services.notice.projections.screens import organization_of_screen
from shared.store import Stored
from shared.web import Body, Door, Doorway, Id, Router, ShortText, answered, problems

MOST_SHOWN = 500

router = Router(tags=["Screens"])


class ScreenBody(Body):
    """A screen that shows the organisation's board at a place."""

    organization_id: Id
    place: ShortText


class HeartbeatBody(Body):
    """The notices that the screen shows."""

    shown: Annotated[tuple[Id, ...], Field(max_length=MOST_SHOWN)] = ()


class ScreenAnswer(BaseModel):
    """The screen's id."""

    id: str


class HeartbeatAnswer(BaseModel):
    """The screen counts as alive for so long after this heartbeat."""

    alive_for_minutes: int


@router.post("/screens", status_code=201, response_model=ScreenAnswer, responses=problems(UnknownBoard))
async def post_screen(body: ScreenBody, door: Door) -> Response:
    """Register a screen: from now on the board counts as readable only while one of its screens is alive."""
    await door.places.ancestry(body.organization_id)
    await door.require(organization=body.organization_id)
    stored = await screens.register_screen(
        door.log,
        screen_id=door.log.new_id(),
        organization_id=body.organization_id,
        place=body.place,
        by=door.caller.person,
        reply=door.reply(201, lambda stored: {"id": _screen_id(stored)}),
    )
    return answered(stored)


@router.post("/screens/{screen_id}/heartbeats", response_model=HeartbeatAnswer, responses=problems(UnknownScreen))
async def post_heartbeat(screen_id: Id, body: HeartbeatBody, door: Door) -> Response:
    """The screen is alive; to be sent every 5 minutes. Without one for 15 minutes it is not."""
    del body
    organization_id = await _require(door, screen_id)
    reply = door.reply(200, lambda _: {"alive_for_minutes": 15})
    return answered(await screens.hear_screen(door.log, screen_id=screen_id, organization_id=organization_id, reply=reply))


@router.delete("/screens/{screen_id}", status_code=204, response_model=None, responses=problems(UnknownScreen))
async def delete_screen(screen_id: Id, door: Door) -> Response:
    """The screen is taken away: notices wait for it no more."""
    organization_id = await _require(door, screen_id)
    reply = door.reply(204, lambda _: None)
    return answered(
        await screens.remove_screen(door.log, screen_id=screen_id, organization_id=organization_id, by=door.caller.person, reply=reply)
    )


async def _require(door: Doorway, screen_id: str) -> str:
    organization_id = await organization_of_screen(await door.snapshot(is_current=True), screen_id)
    if organization_id is None:
        raise UnknownScreen
    await door.require(organization=organization_id)
    return organization_id


def _screen_id(stored: Stored) -> str:
    event = stored.recorded[0].event
    assert isinstance(event, ScreenRegistered)  # noqa: S101 - what the command stores
    return event.screen_id
