"""The service's own OpenAPI 3.1 document: what FastAPI knows of the routes, and what every route of ours has besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.errors import Conflict, Invalid, NotAllowed, Refusal, TooLarge, Unavailable, Unknown
from shared.store.requests import KeyReused
from shared.web import idempotency
from shared.web.permissions import Rule, Table
from shared.web.problems import PROBLEM_JSON, PROBLEM_SCHEMA, TooMany, Unauthenticated, answer_of, status_of
from shared.web.refusing import MalformedJson
from shared.web.routing import SAFE, Route

_OF_FASTAPI = ("HTTPValidationError", "ValidationError")
_VIEW_PARAMETERS: tuple[dict[str, object], ...] = (
    {
        "name": "min_position",
        "in": "query",
        "description": "An `Event-Position`: the answer waits until the view has seen it, a few seconds at most (then 503).",
        "schema": {"type": "integer", "minimum": 0},
    },
    {
        "name": "as_of",
        "in": "query",
        "description": "An instant: what the view said then.",
        "schema": {"type": "string", "format": "date-time"},
    },
)
_KEY_PARAMETER: dict[str, object] = {
    "name": idempotency.HEADER,
    "in": "header",
    "description": "The same key and request again: the first answer again, nothing stored.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 202},
}


def document(app: FastAPI, table: Table) -> dict[str, Any]:
    """The document: each operation with its refusals, its parameters of views and keys, and whether it needs a token."""
    made = get_openapi(title=app.title, version=app.version, openapi_version="3.1.0", description=app.description, routes=app.routes)
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _OF_FASTAPI:
        schemas.pop(name, None)
    schemas["Problem"] = dict(PROBLEM_SCHEMA)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for route in app.router.routes:
        if isinstance(route, Route) and route.include_in_schema:
            method = route.key.partition(" ")[0]
            _complete(made["paths"][route.path_format][method.lower()], route, table[route.key], method)
    return made


def _complete(operation: dict[str, Any], route: Route, rule: Rule, method: str) -> None:
    if not rule.is_public:
        operation["security"] = [{"bearer": []}]
    more: list[dict[str, object]] = []
    if method not in SAFE and not rule.is_public:
        more.append(_KEY_PARAMETER)
    if "snapshot" in route.endpoint.__code__.co_names:
        more += _VIEW_PARAMETERS
    if more:
        operation["parameters"] = [*operation.get("parameters", []), *more]
    answers = operation["responses"]
    if PROBLEM_JSON not in answers.get("422", {}).get("content", {}):
        answers.pop("422", None)
    for refusal in _refusals(operation, rule, method):
        _add(answers, refusal)
    operation["responses"] = dict(sorted(answers.items()))


def _refusals(operation: Mapping[str, Any], rule: Rule, method: str) -> Iterable[type[Refusal]]:
    """What any request of this kind may be refused for."""
    yield Unavailable
    if rule.is_limited:
        yield TooMany
    if not rule.is_public:
        yield from (Unauthenticated, NotAllowed, Unknown)
    if "parameters" in operation:
        yield from (Invalid, Unknown)
    if "requestBody" in operation:
        yield from (Invalid, MalformedJson, TooLarge)
    if method not in SAFE:
        yield from (Conflict, KeyReused, idempotency.KeyInFlight, idempotency.BadKey)


def _add(answers: dict[str, Any], refusal: type[Refusal]) -> None:
    status = status_of(refusal)
    there = answers.get(str(status))
    if there is None:
        answers[str(status)] = answer_of(status, {refusal.code: refusal.sentence})
    elif f"`{refusal.code}`" not in there["description"]:
        there["description"] += f"\n- `{refusal.code}`: {refusal.sentence}"
