"""Every refusal as an RFC 9457 problem: the one place where a broken rule becomes a status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from shared.errors import Conflict, Invalid, NotAllowed, Refusal, TooLarge, Unavailable, Unknown

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_SECONDS = 2
MOST_ERRORS = 50


class Unauthenticated(Refusal):
    """There is no token, or none that this cell accepts."""

    code = "unauthenticated"
    sentence = "Send a valid bearer token of this cell's issuer in the Authorization header."

    def __init__(self, detail: str | None = None, *, had_token: bool = False, **extra: object) -> None:
        super().__init__(detail, **extra)
        self.had_token = had_token


class TooMany(Refusal):
    """More calls in a short time than an open route takes from one caller."""

    code = "too_many"
    sentence = "These are too many calls in a short time; wait and try again."

    def __init__(self, detail: str | None = None, *, retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class PassedOn(Conflict):
    """A neighbour's conflict, handed to our own caller with the neighbour's code and words."""

    def __init__(self, code: str, detail: str, **extra: object) -> None:
        super().__init__(detail, **extra)
        self.passed_code = code


_STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (Unauthenticated, 401),
    (NotAllowed, 403),
    (Unknown, 404),
    (Conflict, 409),
    (TooLarge, 413),
    (Invalid, 422),
    (TooMany, 429),
    (Unavailable, 503),
)


def status_of(kind: type[Refusal]) -> int:
    """The HTTP status of a kind of refusal. A refusal of no known kind is an absent thing (an erased key): 404."""
    return next((status for known, status in _STATUS if issubclass(kind, known)), 404)


def code_of(refusal: Refusal) -> str:
    """The stable code that the caller sees; of a neighbour's conflict the neighbour's."""
    return refusal.passed_code if isinstance(refusal, PassedOn) else refusal.code


def problem_of(refusal: Refusal) -> Response:
    """The answer to a refused request. Bad input always names its places; where no single one is wrong, the whole (pointer `""`)."""
    status = status_of(type(refusal))
    names_places = isinstance(refusal, Invalid) and "errors" not in refusal.extra  # a spreadsheet's refusal names them by sheet and row
    errors = (refusal.errors or (("", refusal.detail),)) if isinstance(refusal, Invalid) and names_places else ()
    return problem(status, code_of(refusal), refusal.detail, errors=errors, extra=refusal.extra, headers=_headers_of(refusal))


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[tuple[str, str]] = (),
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An `application/problem+json` answer. `errors` are (JSON pointer, reason); `extra` are further members."""
    body: dict[str, object] = {
        "type": f"urn:xingqi:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = [{"pointer": pointer, "detail": reason} for pointer, reason in errors[:MOST_ERRORS]]
    body |= {name: value for name, value in (extra or {}).items() if name not in body}
    return Response(_encode(body), status_code=status, headers=dict(headers or {}), media_type=PROBLEM_JSON)


def problems(*refusals: type[Refusal]) -> dict[int | str, dict[str, object]]:
    """The OpenAPI answers of a route that may refuse in these ways: each status with its codes and what they mean."""
    answers: dict[int | str, dict[str, object]] = {}
    for status in sorted({status_of(refusal) for refusal in refusals}):
        of_status = {refusal.code: refusal.sentence for refusal in refusals if status_of(refusal) == status}
        answers[status] = answer_of(status, of_status)
    return answers


def answer_of(status: int, sentences: Mapping[str, str]) -> dict[str, object]:
    """One OpenAPI answer: a problem with one of these codes."""
    lines = [f"- `{code}`: {sentence}" for code, sentence in sorted(sentences.items())]
    return {
        "description": "\n".join([HTTPStatus(status).phrase, "", *lines]),
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


PROBLEM_SCHEMA: Mapping[str, object] = {
    "title": "Problem",
    "description": "RFC 9457. `code` is stable, one per cause.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


def pointer_of(place: Sequence[str | int]) -> str:
    """A place in the input as a JSON pointer (RFC 6901); each step at most 100 characters."""
    return "".join("/" + str(step)[:100].replace("~", "~0").replace("/", "~1") for step in place)


def _headers_of(refusal: Refusal) -> dict[str, str]:
    match refusal:
        case Unauthenticated():
            return {"WWW-Authenticate": 'Bearer error="invalid_token"' if refusal.had_token else "Bearer"}
        case TooMany():
            return {"Retry-After": str(refusal.retry_after)}
        case Unavailable():
            return {"Retry-After": str(RETRY_AFTER_SECONDS)}
        case _:
            return {}


_encode = msgspec.json.Encoder(decimal_format="number").encode
