"""The outermost layer of every service: request ids, one log line a request, metrics by route template, and no traceback to anybody."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web import logs
from shared.web.problems import problem

Headers = Iterable[tuple[bytes, bytes]]
_SANE = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
QUIET = frozenset({"/health/live", "/health/ready", "/metrics", "/events"})
"""Asked every few seconds by machines: counted, and logged only when they fail."""


class Metrics:
    """The figures of one service, for Prometheus. Labels are templates and codes, never ids."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        info = Gauge("xingqi_service_info", "Always 1; names the service.", ["service"], multiprocess_mode="max", registry=self.registry)
        info.labels(service).set(1)
        labels = ["method", "route", "status"]
        self._requests = Counter("xingqi_http_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "xingqi_http_request_seconds", "Time to answer.", ["method", "route"], buckets=_SECONDS, registry=self.registry
        )
        self.refused = Counter("xingqi_refused", "Callers that were turned away at the door.", ["route", "code"], registry=self.registry)
        self.defects = Counter("xingqi_defects", "Requests that ended in an unexpected exception.", registry=self.registry)
        self.log_position = self._looked_up("xingqi_log_position", "The last position of the log.")
        self.view_position = self._looked_up("xingqi_view_position", "The position that all views have reached.")
        self.signed_size = self._looked_up("xingqi_signed_size", "How many events the newest signed checkpoint covers.")
        said = "The position of a neighbour's log that was taken in."
        self.followed_position = self._looked_up("xingqi_followed_position", said, ["neighbour"])
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def _looked_up(self, name: str, said: str, labels: Sequence[str] = ()) -> Gauge:
        """A figure that whoever is asked looks up in the database; it may get smaller, so no other worker's earlier look counts."""
        return Gauge(name, said, labels, multiprocess_mode="mostrecent", registry=self.registry)

    def written(self) -> bytes:
        """The figures in the Prometheus text format; of all workers together, where the service has several (`xingqi.workers`)."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        of_all = CollectorRegistry()
        of_all.register(_MemoryOfWorkers())
        MultiProcessCollector(of_all)  # type: ignore[no-untyped-call] # the library has no type there
        return generate_latest(of_all)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        children = self._children.get((method, route, status))
        if children is None:
            children = self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)
            self._children[method, route, status] = children
        children[0].inc()
        children[1].observe(seconds)


class _MemoryOfWorkers(Collector):
    """What ProcessCollector says of a process under the same name, of all workers of the service: the library shares no such figure."""

    def collect(self) -> Iterator[Metric]:
        """The sum over who has this worker's starter; nothing where the system doesn't tell."""
        starter = os.getppid()
        try:
            workers = Path(f"/proc/{starter}/task/{starter}/children").read_text(encoding="ascii").split()
            pages = sum(int(Path(f"/proc/{worker}/statm").read_text(encoding="ascii").split()[1]) for worker in workers)
        except OSError:  # one of them has just ended, or this is no Linux
            return
        said = "Resident memory size in bytes, of all workers."
        yield GaugeMetricFamily("process_resident_memory_bytes", said, value=pages * os.sysconf("SC_PAGE_SIZE"))


class Observing:
    """Wraps the whole app. An exception that nobody turned into an answer becomes a 500 problem and a log line with type and place."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, shows_defects: bool, is_secure: bool = False) -> None:
        """`is_secure`: browsers reach the service by https, and are told to stay with it."""
        self._app = app
        self._metrics = metrics
        self._shows_defects = shows_defects
        self._always = (*_ALWAYS, _STAY_WITH_HTTPS) if is_secure else _ALWAYS
        self._logger = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        given = _request_id(scope)
        token = logs.request_id.set(given)
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _guarded(message["headers"], (b"x-request-id", given.encode()), self._always)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            self._metrics.defects.inc()
            self._logger.error(  # noqa: TRY400 - an exception's own words may hold what people wrote
                "defect", route=_template(scope), error=type(error).__name__, where=logs.where(error)
            )
            if self._shows_defects:
                raise
            if status == 0:
                detail = f"Something went wrong that should not have; tell the operator this request id: {given}"
                await problem(500, "internal_error", detail)(scope, receive, noting)
        finally:
            self._note(scope, status or 500, time.perf_counter() - started)
            logs.request_id.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = _template(scope)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.count(method, route, status, seconds)
        if route not in QUIET or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._logger.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 2))


_ALWAYS = ((b"x-content-type-options", b"nosniff"),)
_STAY_WITH_HTTPS = (b"strict-transport-security", b"max-age=31536000")
_OF_NO_PAGE = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
"""What JSON and plain text say to a browser that opens them all the same: run nothing, show it in no frame."""


def _guarded(headers: Headers, own: tuple[bytes, bytes], always: Headers) -> list[tuple[bytes, bytes]]:
    """The answer's headers with ours. Pages bring their own policy (`pages.py`)."""
    media_type = next((value for name, value in headers if name == b"content-type"), b"")
    is_data = b"json" in media_type or media_type.startswith(b"text/plain")
    return [*headers, own, *always, *_OF_NO_PAGE] if is_data else [*headers, own, *always]


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _template(scope: Scope) -> str:
    route = scope.get("route")
    return getattr(route, "path", None) or "unmatched"


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value.decode("ascii") if _SANE.fullmatch(value) else str(uuid.uuid4())
    return str(uuid.uuid4())
