"""A thin client of the contract (api.md): says what it did where an answer is not the expected one. Scores stay exact decimals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import httpx

Json: TypeAlias = Any
"""A decoded JSON value, or one to be sent."""


Query: TypeAlias = str | int | None
"""The value of one query parameter."""


class Unexpected(AssertionError):
    """An answer that the contract does not allow here."""


class Rest:
    """Calls the three services; remembers the last position that evaluation and roster gave, so that one reads one's own writes."""

    def __init__(self, urls: Mapping[str, str], client: httpx.AsyncClient) -> None:
        """`urls`: the address of `roster`, `evaluation` and `notice`."""
        self.urls = urls
        self.positions: dict[str, int] = {}
        self.calls = 0
        self._client = client

    async def read(self, place: str, by: str | None = None, **query: Query) -> Json:
        """GET `roster/members/1`; the decoded body of a 200."""
        return _decoded(await self._send("GET", place, by, None, query), 200)

    async def do(self, method: str, place: str, by: str, body: Json = None, expect: int | tuple[int, ...] = (200, 201, 202, 204)) -> Json:
        """A command; the decoded body of one of the expected answers."""
        answer = await self._send(method, place, by, body, {})
        found = _decoded(answer, expect)
        service = place.partition("/")[0]
        if "event-position" in answer.headers:
            self.positions[service] = max(self.positions.get(service, 0), int(answer.headers["event-position"]))
        return found

    async def refused(self, code: str, method: str, place: str, by: str | None, body: Json = None, *, status: int | None = None) -> Json:
        """A command that must be refused with the problem `code`; the problem."""
        answer = await self._send(method, place, by, body, {})
        problem = _decoded(answer, status or tuple(range(400, 500)))
        if problem.get("code") != code:
            raise Unexpected(f"{method} {place} was to be refused with {code}: {answer.status_code} {problem}")
        return problem

    async def answer(self, method: str, place: str, by: str | None = None, body: Json = None, **query: Query) -> httpx.Response:
        """Whatever comes back."""
        return await self._send(method, place, by, body, query)

    async def _send(self, method: str, place: str, by: str | None, body: Json, query: Mapping[str, Query]) -> httpx.Response:
        service, _, path = place.partition("/")
        headers = {"Authorization": f"Bearer {by}"} if by else {}
        content = None if body is None else json.dumps(body, default=_number, ensure_ascii=False).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        self.calls += 1
        return await self._client.request(method, f"{self.urls[service]}/{path}", params=query, content=content, headers=headers)


def _decoded(answer: httpx.Response, expect: int | tuple[int, ...]) -> Json:
    allowed = expect if isinstance(expect, tuple) else (expect,)
    if answer.status_code not in allowed:
        request = answer.request
        sent = request.content.decode(errors="replace")[:600]
        raise Unexpected(f"{request.method} {request.url} answered {answer.status_code} {answer.text[:1500]}\nsent: {sent}")
    return json.loads(answer.text, parse_float=Decimal) if answer.content else None


def _number(value: object) -> Json:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
