"""What the demonstration calls the services with: REST as in the contract, a few calls at a time, each command under its own key."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

import httpx

from xingqi.stop import Stop

Json: TypeAlias = Any
"""A decoded JSON value, or one to be sent."""
Query: TypeAlias = str | int | None
"""The value of one query parameter."""
AT_ONCE = 12
TRIES = 6


class Client:
    """Calls the three services. `positions` keeps the last position each gave, so that what was written can be read."""

    def __init__(self, http: httpx.AsyncClient, urls: dict[str, str], seed: int) -> None:
        """`urls` gives the address of each service; `seed` makes the keys, so that a repeated command is not done twice."""
        self._http = http
        self._urls = urls
        self._seed = seed
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._asked: Counter[str] = Counter()
        self.positions: dict[str, int] = {}
        self.commands = 0

    async def read(self, place: str, by: str | None = None, **query: Query) -> Json:
        """GET `roster/members/1`."""
        return await self._call("GET", place, by, None, query)

    async def do(self, method: str, place: str, by: str | None, body: Json) -> Json:
        """A command, under an idempotency key of its own; the decoded answer."""
        self.commands += 1
        return await self._call(method, place, by, body, {})

    async def refused(self, code: str, method: str, place: str, by: str, body: Json) -> Json:
        """A command that a rule forbids; the problem that it is answered with.

        Raises:
            Stop: it was allowed, or refused for another cause than `code`.
        """
        answer = await self._send(method, place, by, body, {})
        problem = answer.json()
        if answer.is_success or problem.get("code") != code:
            raise Stop(f"{method} {place} should have been refused as {code}, and answered {answer.status_code}: {answer.text[:800]}")
        return problem

    async def items(self, place: str, by: str | None = None, **query: Query) -> list[Any]:
        """All items of a list, page by page."""
        found: list[Any] = []
        after: dict[str, str] = {}
        while True:
            page = await self.read(place, by, **query, **after, limit=500)
            found += page["items"]
            if page.get("next") is None:
                return found
            after = {"after": page["next"]}

    @property
    def written(self) -> int:
        """The last position of evaluation: as `min_position` it makes a view wait until it has seen all that was written."""
        return self.positions.get("evaluation", 0)

    async def _call(self, method: str, place: str, by: str | None, body: Json, query: dict[str, Query]) -> Json:
        answer = await self._send(method, place, by, body, query)
        if answer.is_error:
            raise Stop(f"{method} {place} answered {answer.status_code}: {answer.text[:800]}")
        if (position := answer.headers.get("Event-Position")) is not None:
            service = place.partition("/")[0]
            self.positions[service] = max(self.positions.get(service, 0), int(position))
        return answer.json() if answer.content else None

    async def _send(self, method: str, place: str, by: str | None, body: Json, query: dict[str, Query]) -> httpx.Response:
        service, _, path = place.partition("/")
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {by}"} if by else {})
        if method != "GET":
            self._asked[place] += 1
            headers["Idempotency-Key"] = str(uuid5(NAMESPACE_URL, f"{self._seed}/{method}/{place}/{self._asked[place]}/{by}"))
        url = f"{self._urls[service]}/{path}"
        async with self._slots:
            return await self._patiently(lambda: self._http.request(method, url, json=body, params=query, headers=headers))

    async def _patiently(self, call: Callable[[], Coroutine[Any, Any, httpx.Response]]) -> httpx.Response:
        """The answer; asks again where a service says that something is away for the moment."""
        for attempt in range(TRIES):
            answer = await call()
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer
            await asyncio.sleep(0.2 * 2**attempt)
        return await call()


async def all_of(calls: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """All answers, in the order of the calls; the first failure ends the others."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call) for call in calls]
    return [task.result() for task in tasks]
