"""The base of the clients that ask another service: its URL, our service token, time limits, and what its refusals become."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, overload

import msgspec
from httpx import codes

from shared.errors import Invalid, Unavailable, Unknown
from shared.feed import FeedPage
from shared.settings import ServiceName, Settings
from shared.web.fetching import Fetched, fetch, new_client
from shared.web.problems import PassedOn
from shared.web.signing import KeyFolder

T = TypeVar("T")
TOKEN_SECONDS, RENEW_BEFORE_SECONDS = 600, 60
FEED_PAGE = 500
_encode = msgspec.json.Encoder(decimal_format="number").encode


class ServiceTokens:
    """Our own token as a service, signed with the local issuer's key under `data`, made anew a minute before it expires.

    And when the machine's clock was set back: a token from the future is taken by nobody.
    """

    def __init__(self, settings: Settings, service: ServiceName) -> None:
        self._settings = settings
        self._service = service
        self._keys: KeyFolder | None = None
        self._token, self._expires_at = "", 0.0

    def token(self) -> str:
        """A bearer token with the role `service` for the whole cell: of the cell's own issuer, whoever issues the tokens of people."""
        now, made_at = int(time.time()), self._expires_at - TOKEN_SECONDS
        if not made_at <= now <= self._expires_at - RENEW_BEFORE_SECONDS:
            self._keys = self._keys or KeyFolder(self._settings.issuer_folder)
            self._expires_at = now + TOKEN_SECONDS
            claims = {"iss": self._settings.roster_url, "sub": f"service/{self._service}", "iat": now, "exp": now + TOKEN_SECONDS}
            self._token = self._keys.sign(claims | {"grants": [{"role": "service"}]})
        return self._token


class Neighbour:
    """Asks one other service. Answers are plain JSON values with exact numbers, or a msgspec type named by `into`.

    Every method raises Unknown for the neighbour's 404, PassedOn (a Conflict with the neighbour's code) for its 409, Invalid for its
    422, and Unavailable for everything that is no good answer: away, slow, another status, HTML, nothing, too long.
    """

    def __init__(self, url: str, tokens: ServiceTokens) -> None:
        self._client = new_client(url)
        self._tokens = tokens

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @overload
    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any: ...  # noqa: ANN401 - JSON of any shape
    @overload
    async def get(self, path: str, params: Mapping[str, str | int] | None = None, *, into: type[T]) -> T: ...
    async def get(self, path: str, params: Mapping[str, str | int] | None = None, *, into: Any = Any) -> Any:
        """What the neighbour says at `path`."""
        return await self._call("GET", path, params=params, into=into)

    @overload
    async def post(self, path: str, body: object, *, key: str | None = None) -> Any: ...  # noqa: ANN401 - JSON of any shape
    @overload
    async def post(self, path: str, body: object, *, key: str | None = None, into: type[T]) -> T: ...
    async def post(self, path: str, body: object, *, key: str | None = None, into: Any = Any) -> Any:
        """Hand `body` over and return the answer; under the same Idempotency-Key `key` the neighbour does it once."""
        return await self._call("POST", path, body=body, key=key, into=into)

    async def feed(self, after: int, *, limit: int = FEED_PAGE, types: Sequence[str] = ()) -> FeedPage:
        """A page of the neighbour's events after position `after`."""
        params: dict[str, str | int] = {"after": after, "limit": limit}
        if types:
            params["types"] = ",".join(types)
        return await self.get("/events", params, into=FeedPage)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
        key: str | None = None,
        into: type[T],
    ) -> T:
        headers = {"Authorization": f"Bearer {self._tokens.token()}", "Accept": "application/json"}
        content = None
        if method != "GET":
            headers["Content-Type"], content = "application/json", _encode(body)
        if key is not None:
            headers["Idempotency-Key"] = key
        fetched = await fetch(self._client, method, path, params=params, content=content, headers=headers)
        if not codes.is_success(fetched.status):
            _refuse(fetched)
        return fetched.read(into)


def _refuse(fetched: Fetched) -> None:
    if fetched.status not in {codes.NOT_FOUND, codes.CONFLICT, codes.UNPROCESSABLE_ENTITY}:
        raise Unavailable
    said = fetched.read(dict[str, Any])
    code, detail = said.pop("code", None), said.pop("detail", None)
    if not isinstance(code, str) or not isinstance(detail, str):
        raise Unavailable("A neighbour refused without saying why.")
    if fetched.status == codes.NOT_FOUND:
        raise Unknown
    if fetched.status == codes.UNPROCESSABLE_ENTITY:
        raise Invalid(detail)
    raise PassedOn(code, detail, **{name: value for name, value in said.items() if name not in {"type", "title", "status", "errors"}})
