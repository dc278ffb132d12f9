"""The routes that every service has: health, metrics, the clock, and the feed of its events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from shared import feed
from shared.errors import Unavailable
from shared.store.clock import ClockRefused
from shared.web.answers import json_answer
from shared.web.door import Door, Doorway, Service
from shared.web.ending import Ending
from shared.web.fields import Body, Instant
from shared.web.permissions import EVERYWHERE, PUBLIC, ROLES, WITHIN, allow, permissions
from shared.web.problems import problems
from shared.web.readiness import Readiness
from shared.web.routing import Router

MOST_EVENTS, EVENTS_BY_DEFAULT = 1000, 100
KEEP_ALIVE_SECONDS = 15.0
LOOK_EVERY_SECONDS = 0.1

router = Router(tags=["Every service"])
TABLE = permissions(
    {
        "GET /health/live": PUBLIC,
        "GET /health/ready": PUBLIC,
        "GET /metrics": PUBLIC,
        "GET /clock": allow(**dict.fromkeys(ROLES, EVERYWHERE)),
        "PUT /clock": allow(admin=WITHIN),
        "GET /events": allow(admin=WITHIN, service=WITHIN),
    }
)


class ClockBody(Body):
    """Where the manual clock is to stand."""

    now: Instant


@router.get("/health/live", response_model=None)
async def live() -> Response:
    """The process answers."""
    return json_answer({"status": "alive"})


@router.get("/health/ready", responses=problems(Unavailable))
async def ready(request: Request) -> Response:
    """200 once the views have caught up with the log as it stood at the start, and while all that the service needs works."""
    readiness: Readiness = request.app.state.readiness
    if waits := await readiness.waits_for():
        raise Unavailable(f"Not ready yet: {', '.join(waits)}.")
    return json_answer({"status": "ready"})


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """The service's figures in the Prometheus text format."""
    service: Service = request.app.state.service
    figures = request.app.state.metrics
    figures.log_position.set(service.log.head())
    if service.views is not None:
        figures.view_position.set(service.views.position)
    return Response(generate_latest(figures.registry), media_type=None, headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/clock")
async def get_clock(door: Door) -> Response:
    """The business instant, and whether it is the system's clock or one moved by hand."""
    await door.require()
    return _clock(door)


@router.put("/clock", responses=problems(ClockRefused))
async def put_clock(body: ClockBody, door: Door) -> Response:
    """Move a manual clock forward. A service that has to do something first puts it at `app.state.before_clock_moves`."""
    await door.require()
    if prepare := getattr(door.state, "before_clock_moves", None):
        await prepare(body.now)
    door.log.clock.move_to(body.now)
    return _clock(door)


@router.get("/events", responses={200: {"content": {"application/json": {}, "text/event-stream": {}}}})
async def get_events(
    request: Request,
    door: Door,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = EVENTS_BY_DEFAULT,
    types: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Events after the position `after`, in order, as CloudEvents; `types` names topics, separated by commas.

    With `Accept: text/event-stream` a bell instead: one message with the last position whenever there is more.
    """
    await door.require()
    if "text/event-stream" in request.headers.get("accept", ""):
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_bell(request, door, after), media_type="text/event-stream", headers=headers)
    wanted = [topic for topic in types.split(",") if topic]
    source = door.settings.url_of(request.app.state.service.name)
    page = await asyncio.to_thread(feed.page, door.log, source, after=after, limit=limit, types=wanted)
    return Response(page, media_type="application/json")


def _clock(door: Doorway) -> Response:
    return json_answer({"now": door.log.now(), "clock": "manual" if door.log.clock.is_manual else "system"})


async def _bell(request: Request, door: Doorway, after: int) -> AsyncIterator[bytes]:
    ending: Ending = request.app.state.ending
    quiet = 0.0
    while not await request.is_disconnected():
        head = await asyncio.to_thread(door.log.head)
        if head > after:
            after, quiet = head, 0.0
            yield f"id: {head}\nevent: more\ndata: {head}\n\n".encode()
        elif quiet >= KEEP_ALIVE_SECONDS:
            quiet = 0.0
            yield b": still here\n\n"
        if await ending.wait(LOOK_EVERY_SECONDS):
            return
        quiet += LOOK_EVERY_SECONDS
