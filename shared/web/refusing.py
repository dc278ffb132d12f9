"""What becomes of each exception that leaves a handler: a problem with a stable code, never the input's own values, never a traceback."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from shared.errors import Invalid, NotAllowed, Refusal, TooLarge, Unavailable, Unknown
from shared.web.own_routes import Refused
from shared.web.page_callers import SignInFirst
from shared.web.pages import Pages, sign_in_address
from shared.web.problems import Unauthenticated, code_of, pointer_of, problem, problem_of, status_of

logger = structlog.get_logger()
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}
_MESSAGES = {
    "missing": "This is missing.",
    "extra_forbidden": "There is no such field.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "string_type": "This must be a text.",
    "bool_type": "This must be true or false.",
    "list_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object; send it as application/json.",
}


class MalformedJson(Invalid):
    """The body is not one JSON value in UTF-8."""

    code = "malformed_json"
    sentence = "The body is not well-formed JSON in UTF-8 (NaN, deep nesting and numbers without end are not taken)."


def refuse_by_problems(app: FastAPI, pages: Pages | None) -> None:
    """Install the handlers. Where the service has `pages`, a browser that asks for HTML gets the refusal as a page."""

    async def on_refusal(request: Request, error: Exception) -> Response:
        refusal = cast("Refusal", error)
        _note(request, refusal)
        return _led_to_sign_in(request, pages, refusal) or _page(request, pages, status_of(type(refusal)), refusal) or problem_of(refusal)

    async def on_refused(request: Request, error: Exception) -> Response:
        refused = cast("Refused", error)
        return _page(request, pages, refused.status) or problem(refused.status, refused.code, refused.detail)

    async def on_bad_input(request: Request, error: Exception) -> Response:
        refusal = refusal_of(cast("RequestValidationError", error).errors())
        return _page(request, pages, status_of(type(refusal))) or problem_of(refusal)

    async def on_http(request: Request, error: Exception) -> Response:
        refused = cast("HTTPException", error)
        return _page(request, pages, refused.status_code) or _http_problem(request, refused)

    async def on_database(request: Request, error: Exception) -> Response:
        if _is_a_defect(error):
            raise error
        logger.warning("the database is away", error=type(error).__name__, cause=getattr(error, "sqlite_errorname", None))
        return _page(request, pages, 503) or problem_of(Unavailable())

    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(RequestValidationError, on_bad_input)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(sqlite3.DatabaseError, on_database)
    if (psycopg := sys.modules.get("psycopg")) is not None:  # only where PostgreSQL is used; the import costs 0.1 s
        app.add_exception_handler(psycopg.OperationalError, on_database)


def _note(request: Request, refusal: Refusal) -> None:
    """Count and log who was turned away at the door: by route and code, and the caller's id where one is known; never what was sent."""
    if not isinstance(refusal, Unauthenticated | NotAllowed) or isinstance(refusal, SignInFirst):
        return
    route, code = getattr(request.scope.get("route"), "path", "unmatched"), code_of(refusal)
    door = request.scope.get("xingqi.door")
    request.app.state.metrics.refused.labels(route, code).inc()
    structlog.get_logger().warning("refused", route=route, code=code, person=door.visitor.person if door and door.visitor else None)


def _is_a_defect(error: Exception) -> bool:
    """Whether it is not the database that fails but we: a broken constraint, a faulty statement."""
    if type(error) is not sqlite3.DatabaseError and not _is_operational(error):
        return True
    return getattr(error, "sqlite_errorname", None) == "SQLITE_ERROR"


def _is_operational(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) or type(error).__module__.startswith("psycopg")


def refusal_of(errors: Sequence[Any]) -> Refusal:
    """The refusal that a failed validation means; a path that can't be right leads nowhere (Unknown)."""
    if any(error["type"] == "json_invalid" for error in errors):
        return MalformedJson()
    if all(error["loc"][0] == "path" for error in errors):
        return Unknown()
    return Invalid(errors=[(_pointer(error["loc"]), _reason(error)) for error in errors])


def _pointer(place: Sequence[str | int]) -> str:
    return pointer_of(place[1:] if place[0] == "body" else place)


def _reason(error: dict[str, Any]) -> str:
    """A sentence on what is wrong. pydantic's own may quote the input only in its `ctx` and `input`, which are left out."""
    return _MESSAGES.get(error["type"]) or str(error["msg"])


def _http_problem(request: Request, error: HTTPException) -> Response:
    match error.status_code:
        case 404:
            return problem_of(Unknown())
        case 413:
            return problem_of(TooLarge())
        case 405:
            allowed = ", ".join(allowed_methods(request))
            return problem(405, _CODES[405], f"This address takes {allowed}.", headers={"Allow": allowed})
        case status:
            return problem(status, _CODES.get(status, "refused"), HTTPStatus(status).phrase, headers=error.headers)


def allowed_methods(request: Request) -> list[str]:
    """The methods of all routes at this very path."""
    found: set[str] = set()
    for route in request.app.router.routes:
        pattern: re.Pattern[str] | None = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(request.scope["path"]):
            found |= set(getattr(route, "methods", None) or ())
    return sorted(found)


def _led_to_sign_in(request: Request, pages: Pages | None, refusal: Refusal) -> Response | None:
    if pages is None or request.method != "GET" or not isinstance(refusal, SignInFirst):
        return None
    return RedirectResponse(sign_in_address(request), 303, headers={"Cache-Control": "no-store"})


def _page(request: Request, pages: Pages | None, status: int, refusal: Refusal | None = None) -> Response | None:
    is_page = getattr(request.scope.get("route"), "is_page", False)
    if pages is None or not (request.method == "GET" or is_page) or not _wants_html(request.headers.get("accept", "")):
        return None
    return pages.refusal(request, status, refusal)


def _wants_html(accept: str) -> bool:
    html, json = accept.find("text/html"), accept.find("json")
    return html >= 0 and (json < 0 or html < json)
