"""A page asks the REST routes of its own service: in the same process, as the same caller, without a network.

So a page can do nothing that the contract can't: each question passes the same line of the permission table, the same command and the
same check of its input, and a refusal reaches the page with its stable code (docs/decisions/0012-pages-ask-the-contract.md).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.types import ASGIApp, Message, Scope

from shared.web.answers import POSITION_HEADER
from shared.web.caller import Caller
from shared.web.door import Doorway
from shared.web.languages import chosen_language
from shared.web.routing import CALLER_IN_SCOPE

MOST_PAGES = 200
Query = Mapping[str, str | int | bool | None]


@dataclass(frozen=True)
class Told:
    """What a route answered: its body as JSON (numbers exact), and the position of what it stored (0: nothing)."""

    status: int
    body: Any
    position: int = 0


@dataclass
class Refused(Exception):
    """A route said no: its status, its stable code, the sentence of the contract, and each bad place of the input."""

    status: int
    code: str
    detail: str
    errors: list[dict[str, Any]] = field(default_factory=list)
    problem: Mapping[str, Any] = field(default_factory=dict)


class OwnRoutes:
    """The routes of the service at whose door the caller stands."""

    def __init__(self, door: Doorway, *, caller: Caller | None = None) -> None:
        self._door = door
        self._caller = caller or door.visitor

    async def get(self, path: str, **query: str | int | bool | None) -> Any:  # noqa: ANN401 - JSON of any shape
        """What a read says, its view at least as new as our log is now. Raises Refused."""
        current: Query = {"min_position": self._door.log.head(), **query}
        return (await self._ask("GET", path, b"", current, {})).body

    async def find(self, path: str, **query: str | int | bool | None) -> Any:  # noqa: ANN401 - JSON of any shape
        """As `get`; None where there is no such thing, or it can't be seen now (404, 403, 409)."""
        try:
            return await self.get(path, **query)
        except Refused as refused:
            if refused.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT}:
                return None
            raise

    async def every(self, path: str, **query: str | int | bool | None) -> list[Any]:
        """All items of a list, page after page. Raises Refused."""
        return [item async for item in self._items(path, query)]

    async def seen(self, path: str, **query: str | int | bool | None) -> list[Any]:
        """As `every`; nothing where the caller may not see the list."""
        try:
            return await self.every(path, **query)
        except Refused as refused:
            if refused.status == HTTPStatus.FORBIDDEN:
                return []
            raise

    async def send(self, method: str, path: str, body: object = None, *, once: str | None = None, **query: str | bool | None) -> Told:
        """Carry out a command. `once`: an Idempotency-Key, so that a form sent twice does it once. Raises Refused."""
        headers = {"content-type": "application/json"} | ({"idempotency-key": once} if once else {})
        return await self._ask(method, path, b"" if body is None else _encode(body), query, headers)

    async def send_bytes(self, path: str, data: bytes, media_type: str, **query: str | bool | None) -> Told:
        """Hand a file to a route that takes one. Raises Refused."""
        return await self._ask("POST", path, data, query, {"content-type": media_type})

    async def _items(self, path: str, query: Query) -> AsyncIterator[Any]:
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = await self.get(path, **{"limit": 500, **query, "after": after})
            for item in page["items"]:
                yield item
            after = page["next"]
            if after is None:
                return

    async def _ask(self, method: str, path: str, body: bytes, query: Query, headers: Mapping[str, str]) -> Told:
        request = self._door.request
        asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items() if value is not None}
        sent = {"accept": "application/json", "accept-language": chosen_language(request), "content-length": str(len(body)), **headers}
        scope: Scope = {
            **{name: value for name, value in request.scope.items() if name not in _OF_THE_OUTER_ROUTE},
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": urlencode(asked).encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
            CALLER_IN_SCOPE: self._caller,
        }
        return _told(await _answer_of(request.app.router, scope, body))


_OF_THE_OUTER_ROUTE = frozenset({"route", "endpoint", "path_params", "xingqi.door", "fastapi_inner_astack", "fastapi_function_astack"})


async def _answer_of(router: ASGIApp, scope: Scope, body: bytes) -> tuple[int, Mapping[bytes, bytes], bytes]:
    status, headers, parts, is_sent = 0, dict[bytes, bytes](), list[bytes](), False

    async def receive() -> Message:
        nonlocal is_sent
        if is_sent:
            return {"type": "http.disconnect"}
        is_sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], dict(message["headers"])
        else:
            parts.append(message.get("body", b""))

    await router(scope, receive, send)
    return status, headers, b"".join(parts)


def _told(answer: tuple[int, Mapping[bytes, bytes], bytes]) -> Told:
    status, headers, data = answer
    body = _decode(data) if b"json" in headers.get(b"content-type", b"") else data
    if status < HTTPStatus.BAD_REQUEST:
        return Told(status, body, int(headers.get(POSITION_HEADER.lower().encode(), b"0")))
    problem: dict[str, Any] = body if isinstance(body, dict) else {}
    raise Refused(status, problem.get("code", "refused"), problem.get("detail", ""), problem.get("errors", []), problem)


_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
