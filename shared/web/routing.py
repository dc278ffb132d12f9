"""Routes whose every request passes the door: token, size and idempotency key first, the permission question before the answer leaves."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from shared.errors import Refusal, Unavailable, Unknown
from shared.store.turn import asked_now
from shared.web.caller import Caller
from shared.web.door import Doorway, Service
from shared.web.page_callers import caller_in_session, hand_over
from shared.web.permissions import Rule
from shared.web.problems import Unauthenticated

MOST_BODY_BYTES = 2_000_000
CALLER_IN_SCOPE = "xingqi.caller"
"""Where the caller lies of what a page asks its own service: nothing that comes over the network can put it there."""
NOBODY_SAID = object()
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class DoorNotAsked(RuntimeError):
    """A handler answered without having asked whether the caller may: a defect of the handler, never shown as an answer."""


class ExactRequest(Request):
    """A request whose JSON keeps numbers exact: whole numbers as int, others as Decimal."""

    async def json(self) -> Any:  # noqa: ANN401 - JSON of any shape
        """The body. Raises JSONDecodeError for anything that is not one well-formed JSON value in UTF-8."""
        try:
            return _decode(await self.body())
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise json.JSONDecodeError("The body is not well-formed JSON", "", 0) from error


class Route(APIRoute):
    """A route that lets nobody past its line in the permission table."""

    @property
    def key(self) -> str:
        """Its line in the permission table: method and path as the router writes them."""
        return f"{min(self.methods or {'GET'})} {self.path}"

    @property
    def is_page(self) -> bool:
        """Whether browsers come here, with a session instead of a token: what stands in a room `pages` does (`sessions.py`)."""
        return "pages" in self.endpoint.__module__.split(".")

    def get_route_handler(self) -> Handler:
        """What runs for a request: the door, then FastAPI's own handling, then the check that the door was asked."""
        inner = super().get_route_handler()
        key, most_bytes, is_page = self.key, self.max_body_size or MOST_BODY_BYTES, self.is_page

        async def handle(request: Request) -> Response:
            asked_now()
            service: Service = request.app.state.service
            rule = service.table[key]
            if rule.is_limited:
                service.limits.count(key, request.client.host if request.client else "")
            authorization, idempotency_key, length = _headers(request)
            receive = _bounded(request.receive, length, most_bytes)
            asked = ExactRequest(request.scope, receive)
            inside = request.scope.get(CALLER_IN_SCOPE, NOBODY_SAID)
            if inside is not NOBODY_SAID:
                caller = _inside(rule, inside)
            elif is_page and authorization is None:
                caller = await caller_in_session(service, rule, asked)
            else:
                caller = await _caller(service, rule, authorization)
            door = Doorway(service, rule, asked, caller)
            request.scope["xingqi.door"] = door
            if idempotency_key is None or request.method in SAFE or door.visitor is None:
                response = await inner(asked)
            else:
                response = await _once(service, door, key, idempotency_key, inner)
            if not door.is_asked and response.status_code < HTTPStatus.BAD_REQUEST:
                raise DoorNotAsked(f"{key} answered without having asked door.require")
            if is_page:
                hand_over(service, asked, response)
            return response

        return handle


class PageRoute(Route):
    """A page that stands in no room `pages`."""

    @property
    def is_page(self) -> bool:
        """It is."""
        return True


class Router(APIRouter):
    """An APIRouter of such routes. Handlers are `async def`; they return `answered(...)`, `json_answer(...)` or another Response."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - APIRouter's own options
        options.setdefault("route_class", Route)
        super().__init__(**options)


class Shortcut(BaseRoute):
    """Finds a route by method, first word and number of words, without trying every pattern; what it misses is left to the list."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes: dict[tuple[str, str, int], list[Route]] = {}
        for route in routes:
            method, _, path = route.key.partition(" ")
            self._routes.setdefault((method, *_shape(path)), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first of the few routes of this shape that matches whole."""
        if scope["type"] == "http":
            for route in self._routes.get((scope["method"], *_shape(scope["path"])), ()):
                match, found = route.matches(scope)
                if match == Match.FULL:
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that was found handle it."""
        await scope["route"].handle(scope, receive, send)


def _shape(path: str) -> tuple[str, int]:
    return path[1:].partition("/")[0], path.count("/")


def _inside(rule: Rule, caller: Caller | None) -> Caller | None:
    """The caller of a question that a page asks its own service (`own_routes.py`): known already. Raises Unauthenticated."""
    if caller is None and not rule.is_public:
        raise Unauthenticated
    return caller


async def _caller(service: Service, rule: Rule, authorization: str | None) -> Caller | None:
    if not rule.is_public:
        return await service.tokens.caller(authorization)
    if authorization is None:
        return None
    try:
        return await service.tokens.caller(authorization)
    except (Unauthenticated, Unknown, Unavailable):
        return None


async def _once(service: Service, door: Doorway, route: str, header: bytes, inner: Callable[[Request], Awaitable[Response]]) -> Response:
    request = door.request
    asked = b"\x00".join([request.url.path.encode(), request.scope["query_string"], await request.body()])
    key = service.idempotency.key_of(header, door.caller.person, route, asked)
    with service.idempotency.running(key):
        if first := await service.idempotency.first_answer(key):
            door.is_asked = True
            return first
        door.key = key
        try:
            return await inner(request)
        except Refusal:  # by what another worker, with the same key, has stored meanwhile?
            if first := await service.idempotency.first_answer(key):
                door.is_asked = True
                return first
            raise


def _headers(request: Request) -> tuple[str | None, bytes | None, int | None]:
    authorization: str | None = None
    key: bytes | None = None
    length: int | None = None
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            authorization = value.decode("latin-1")
        elif name == b"idempotency-key":
            key = value
        elif name == b"content-length" and value.isdigit():
            length = int(value)
    return authorization, key, length


def _bounded(receive: Receive, length: int | None, most: int) -> Receive:
    """`receive`, or where the length is too large or not known one that refuses more than `most` bytes."""
    if length is not None and length <= most:
        return receive
    if length is not None:
        raise HTTPException(413)
    count = 0

    async def counting() -> Message:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > most:
            raise HTTPException(413)
        return message

    return counting


_decode = msgspec.json.Decoder(float_hook=Decimal).decode
