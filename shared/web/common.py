"""The routes that every service has: health, metrics, the clock, and the feed of its events."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import PlainTextResponse, Response

from shared import feed
from shared.errors import Unavailable
from shared.store.clock import ClockRefused
from shared.web.answers import json_answer
from shared.web.door import Door, Doorway, Service
from shared.web.fields import Body, Instant
from shared.web.permissions import EVERYWHERE, PUBLIC, ROLES, WITHIN, allow, permissions
from shared.web.problems import problems
from shared.web.readiness import Readiness
from shared.web.routing import Router
from shared.web.streams import NoStreamLeft, Stream, Streams

MOST_EVENTS, EVENTS_BY_DEFAULT = 1000, 100

router = Router(tags=["Every service"])
TABLE = permissions(
    {
        "GET /health/live": PUBLIC,
        "GET /health/ready": PUBLIC,
        "GET /metrics": PUBLIC,
        "GET /clock": allow(**dict.fromkeys(ROLES, EVERYWHERE)),
        "PUT /clock": allow(admin=WITHIN),
        "GET /events": allow(admin=WITHIN, service=WITHIN, platform=WITHIN),
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


@router.get("/metrics", response_class=PlainTextResponse, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
async def metrics(request: Request) -> Response:
    """The service's figures in the Prometheus text format."""
    service: Service = request.app.state.service
    figures = request.app.state.metrics
    figures.log_position.set(service.log.head())
    if service.views is not None:
        figures.view_position.set(service.views.position)
    signed = request.app.state.publisher.published.latest()
    figures.signed_size.set(signed.size if signed else 0)
    for neighbour, position in service.log.followed_neighbours().items():
        figures.followed_position.labels(neighbour).set(position)
    return Response(figures.written(), media_type=None, headers={"Content-Type": CONTENT_TYPE_LATEST})


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


@router.get(
    "/events",
    responses={200: {"content": {"application/json": {}, "text/event-stream": {}}}, **problems(Unavailable, NoStreamLeft)},
)
async def get_events(
    request: Request,
    door: Door,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = EVENTS_BY_DEFAULT,
    types: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Events after the position `after`, in order, as CloudEvents; `types` names topics or `word.*`, separated by commas.

    A platform gets the types and organisations that it was granted. `next` is the last position looked at: ask again from there, also
    after an empty page. With `Accept: text/event-stream` a bell instead: one message with the last position whenever there is more.
    """
    rights, wanted = door.rights(), [topic for topic in types.split(",") if topic]
    if "text/event-stream" in request.headers.get("accept", ""):
        return _bell(door, rights, wanted, after)
    rows, last = await door.seeing.page(rights, after=after, limit=limit, types=wanted)
    return Response(feed.written(door.settings.url_of(door.service_name), rows, last), media_type="application/json")


def _clock(door: Doorway) -> Response:
    return json_answer({"now": door.log.now(), "clock": "manual" if door.log.clock.is_manual else "system"})


def _bell(door: Doorway, rights: tuple[feed.Right, ...], types: list[str], after: int) -> Response:
    async def is_news(before: int, head: int) -> bool:
        while before < head:
            rows, before = await door.seeing.page(rights, after=before, limit=MOST_EVENTS, types=types)
            if rows:
                return True
        return False

    streams: Streams = door.state.streams
    return Stream(streams, door.caller.subject, streams.rings(after, is_news))
