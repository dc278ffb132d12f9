"""Structured log lines: one JSON object a line on standard output, without personal data.

What may stand in a line: ids, codes, counts, route templates, names of exception types, places in the code. What may not: an
exception's own words, raw URLs, headers, bodies: they hold what people wrote.
"""

from __future__ import annotations

import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered, on every line that is written meanwhile."""


def configure_logs(service: str) -> None:
    """Send our lines, and under uvicorn those of libraries, to standard output as JSON; access lines (raw URLs) are dropped."""
    structlog.configure(
        processors=[_named(service), structlog.processors.TimeStamper(fmt="iso", utc=True), _rendered],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    if logging.getLogger("uvicorn").handlers or logging.getLogger("uvicorn.error").handlers:
        _take_over(service)


def _take_over(service: str) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LibraryLines(service))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("httpx").setLevel(logging.WARNING)


def where(error: BaseException) -> list[str]:
    """The way to `error` as `file:line function`, innermost last, without a word of its message."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-12:]]


class _LibraryLines(logging.Formatter):
    """Lines of the standard library's loggers in the same shape; of an exception its type and place."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        line: dict[str, object] = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "service": self._service,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        if record.exc_info and record.exc_info[1] is not None:
            line |= {"error": type(record.exc_info[1]).__name__, "where": where(record.exc_info[1])}
        return msgspec.json.encode(line).decode()


def _named(service: str) -> structlog.typing.Processor:
    def name(_: WrappedLogger, level: str, line: EventDict) -> EventDict:
        line["level"] = level
        line["service"] = service
        if "request_id" not in line and (current := request_id.get()) is not None:
            line["request_id"] = current
        return line

    return name


def _rendered(_: WrappedLogger, __: str, line: EventDict) -> bytes:
    return _encode(line)


def _as_text(value: Any) -> str:  # noqa: ANN401 - whatever msgspec doesn't know
    return type(value).__name__


_encode = msgspec.json.Encoder(enc_hook=_as_text).encode
