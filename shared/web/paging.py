"""Lists by cursor: `?limit=` (1 to 500, 100 by default) and `?after=`, an opaque place that only we can make."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Query, Request
from starlette.responses import Response

from shared.errors import Invalid
from shared.web.answers import json_answer

R = TypeVar("R")
MOST, BY_DEFAULT = 500, 100
SEAL_BYTES = 12
LONGEST_CURSOR = 2000
Value = str | int | Decimal | date | datetime | None


class BadCursor(Invalid):
    """The cursor was not made by this list."""

    code = "bad_cursor"
    sentence = "Take `after` from the `next` of an earlier page of this same list, unchanged."


@dataclass(frozen=True)
class PageWanted:
    """Which part of a list is wanted: at most `limit` rows behind the row whose order columns are `after`."""

    limit: int
    after: tuple[Value, ...] | None
    _seal: Callable[[bytes], bytes]

    def cursor(self, *place: Value) -> str:
        """The opaque cursor that continues behind the row with these values of the order's columns."""
        text = msgspec.json.encode([_tagged(value) for value in place])
        return urlsafe_b64encode(self._seal(text) + text).decode().rstrip("=")

    def page(self, rows: Sequence[R], *, place: Callable[[R], tuple[Value, ...]], show: Callable[[R], object]) -> Response:
        """The answer from `limit + 1` rows (or fewer at the list's end): `place` gives a row's order values, `show` its item."""
        shown = rows[: self.limit]
        following = self.cursor(*place(shown[-1])) if len(rows) > self.limit else None
        return page_of([show(row) for row in shown], following)


def page_of(items: Sequence[object], following: str | None = None) -> Response:
    """`{"items": [...], "next": cursor or null}`."""
    return json_answer({"items": list(items), "next": following})


async def page_wanted(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST)] = BY_DEFAULT,
    after: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> PageWanted:
    """The part of a list that the query asks for. Raises BadCursor for a cursor that this list didn't make."""
    route, key = request.scope["route"].path, request.app.state.service.cursor_key

    def seal(text: bytes) -> bytes:
        return hmac.new(key, route.encode() + b"\x00" + text, sha256).digest()[:SEAL_BYTES]

    return PageWanted(limit, None if after is None else _opened(after, seal), seal)


Cursor = Annotated[PageWanted, Depends(page_wanted)]


def _opened(cursor: str, seal: Callable[[bytes], bytes]) -> tuple[Value, ...]:
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError as error:
        raise BadCursor from error
    if not hmac.compare_digest(raw[:SEAL_BYTES], seal(raw[SEAL_BYTES:])):
        raise BadCursor
    return tuple(_value(*pair) for pair in msgspec.json.decode(raw[SEAL_BYTES:]))


def _tagged(value: Value) -> tuple[str, Any]:
    match value:
        case Decimal():
            return "d", str(value)
        case datetime():
            return "i", value.isoformat()
        case date():
            return "t", value.isoformat()
        case _:
            return "", value


def _value(tag: str, value: Any) -> Value:  # noqa: ANN401 - what we encoded ourselves
    match tag:
        case "d":
            return Decimal(value)
        case "i":
            return datetime.fromisoformat(value)
        case "t":
            return date.fromisoformat(value)
        case _:
            plain: str | int | None = value
            return plain
