"""How handlers answer: exact decimals as JSON numbers, and the position of what was stored."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from pydantic import BaseModel
from starlette.responses import Response

from shared.store import Stored

POSITION_HEADER = "Event-Position"


def json_answer(content: object, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """`content` as JSON: dicts, lists, msgspec structs, pydantic models; scores become JSON numbers, None becomes null.

    A HalfYear is a named tuple and would become an array: hand in `str(half_year)`.
    """
    if isinstance(content, Response):
        return content
    return Response(_encode(content), status_code=status, headers=dict(headers or {}), media_type="application/json")


def answered(stored: Stored) -> Response:
    """The answer of a command: the body and status that its reply made (or that are kept under its key), and `Event-Position`."""
    return kept_answer(stored.status, stored.position, stored.answer)


def kept_answer(status: int, position: int, body: bytes) -> Response:
    """An answer from its stored parts; a 204 has no body."""
    headers = {POSITION_HEADER: str(position)}
    if status == HTTPStatus.NO_CONTENT:
        return Response(status_code=204, headers=headers)
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def _plain(value: Any) -> object:  # noqa: ANN401 - msgspec hands over whatever it doesn't know
    if isinstance(value, BaseModel):
        return value.model_dump()
    raise TypeError(f"{type(value).__name__} has no place in an answer")


_encode = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain).encode
