"""Puts a service together: the one function that roster, evaluation and notice call, so that the three behave alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from shared.collecting import settle_garbage_collection
from shared.projections import Views
from shared.publisher import Publisher
from shared.retention import Duty, Retention
from shared.seeing import Seeing
from shared.settings import ServiceName, Settings
from shared.store import Log
from shared.web import common, signing_in, subscriptions, transparency, well_known
from shared.web.door import Service
from shared.web.ending import Ending
from shared.web.fetching import trusted
from shared.web.idempotency import Idempotency
from shared.web.issuer_keys import KeySource, LocalKeys, key_source
from shared.web.limits import Limits
from shared.web.logs import configure_logs
from shared.web.observing import Metrics, Observing
from shared.web.openapi import document
from shared.web.pages import Pages
from shared.web.permissions import Table, check_table
from shared.web.places import Places
from shared.web.provider import Provider, PublishedProvider
from shared.web.readiness import Check, Readiness
from shared.web.refusing import refuse_by_problems
from shared.web.routing import Route, Router, Shortcut
from shared.web.sessions import Sessions
from shared.web.signing import KeyFolder
from shared.web.streams import Streams
from shared.web.tokens import Tokens
from shared.web.witnesses import book_of, neighbours_of, publishing
from shared.webhooks.subscriptions import Subscriptions
from shared.webhooks.targets import Sender
from shared.webhooks.worker import RightsOf, Worker

Lifespan = Callable[[], AbstractAsyncContextManager[object]]


def create_app(
    service: ServiceName,
    routers: Sequence[Router],
    table: Table,
    *,
    settings: Settings,
    log: Log,
    places: Places,
    views: Views | None = None,
    pages: Pages | None = None,
    mounts: Mapping[str, ASGIApp] | None = None,
    lifespan: Sequence[Lifespan] = (),
    checks: Mapping[str, Check] | None = None,
    issuer_keys: KeyFolder | None = None,
    keys: KeySource | None = None,
    own_position: Callable[[int], Awaitable[int]] | None = None,
    state: Mapping[str, object] | None = None,
    streams_of_ids: Mapping[str, str] | None = None,
    rights_of: RightsOf | None = None,
    provider: Provider | None = None,
    duties: Sequence[Duty] = (),
    shows_defects: bool = False,
) -> FastAPI:
    """The app of `service`: its `routers`, held against its permission `table`, and what every service has.

    The app owns `log` and `views`: it starts the views and closes both at its end.

    Args:
        service: its name.
        routers: made with `shared.web.Router`.
        table: the lines of these routes, by `permissions(...)`; those of the common routes are added here.
        settings: of this process.
        log: the service's log.
        places: where members and organisations stand.
        views: the service's projections; `GET /health/ready` waits for them.
        pages: its HTML pages; a browser then gets refusals as pages too, and `/static` is served.
        mounts: path -> another ASGI app (an app of pages). It passes no door: it asks who calls by itself.
        lifespan: context managers that are entered at the start, in order (followers, clients), and left at the end.
        checks: word -> whether that part works; `GET /health/ready` names those that don't.
        issuer_keys: the roster's own signing keys: it then publishes them, and takes tokens that they signed.
        keys: where the issuer's keys come from, instead of `issuer_keys` or the settings.
        own_position: makes of `?min_position=` a position of this log, waiting for it: notice counts evaluation's positions.
        state: further attributes of `app.state`, for handlers (`door.state`).
        streams_of_ids: field of events -> the stream that its id leads to; see `shared.seeing`.
        rights_of: what a platform's client may see now, for its webhooks.
        duties: what is removed when its time is over.
        provider: how pages reach the issuer, where that is not over the network: the roster asks its own.
        shows_defects: let unexpected exceptions through to the caller of the app, as tests want it.

    Raises:
        TableAndRoutesDiffer: a route has no line in the table, or a line has no route.
    """
    common_parts = [common, subscriptions, transparency, *([well_known] if issuer_keys else []), *([signing_in] if pages else [])]
    every_router = [*(part.router for part in common_parts), *routers]
    whole_table = {line: rule for lines in (*(part.TABLE for part in common_parts), table) for line, rule in lines.items()}
    source = keys or _keys(settings, issuer_keys)
    tokens, asked_at = Tokens(source, places, _audiences(settings), _own_issuer(settings)), provider or PublishedProvider(settings, service)
    metrics, ending = Metrics(service), Ending()
    seeing, subscribed = Seeing(log, places, streams_of_ids), Subscriptions(log)
    sender = Sender(allows_private=settings.webhooks_to_private_addresses, trust=trusted())
    webhooks = Worker(log, seeing, settings.url_of(service), subscribed, sender=sender, rights_of=rights_of)
    publisher = Publisher(log, f"xingqi/{service}/{settings.county}", settings.data / service)
    retention = Retention(log, publisher.published.database, duties)
    app = FastAPI(
        title=f"Xingqi {service}",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=_lifespan(
            service, log, views, [source, asked_at], [lambda: publishing(publisher, settings), webhooks.working, retention.kept, *lifespan]
        ),
        middleware=[Middleware(Observing, metrics=metrics, shows_defects=shows_defects, is_secure=_is_secure(settings, service))],
    )
    _add_routes(app, every_router, whole_table, {**({"/static": pages.assets} if pages else {}), **(mounts or {})})
    refuse_by_problems(app, pages)
    app.openapi = _described(app, whole_table)  # type: ignore[method-assign]
    app.state.service = Service(
        name=service,
        settings=settings,
        log=log,
        places=places,
        table=whole_table,
        tokens=tokens,
        idempotency=Idempotency(log),
        cursor_key=bytes.fromhex(log.keys.mac("mac/cursors", b"cursors")),
        state=app.state,
        limits=Limits(-(-settings.open_calls_a_minute // settings.workers)),
        seeing=seeing,
        sessions=Sessions(service, settings, log.keys, tokens, asked_at),
        views=views,
        own_position=own_position,
    )
    own: dict[str, object] = {"pages": pages} if pages else {}
    own |= {"metrics": metrics, "issuer_keys": issuer_keys, "ending": ending}
    own |= {"readiness": Readiness(log, views, checks or {}), "streams": Streams(log.head, ending)}
    own |= {"subscriptions": subscribed, "webhooks": webhooks}
    for name, value in {**own, "is_demonstration": log.clock.is_manual, **(state or {})}.items():
        setattr(app.state, name, value)
    app.state.publisher = publisher
    app.state.witnesses = neighbours_of(settings.witnesses_file)
    app.state.book = book_of(publisher, settings.witnessed_logs_file)
    return app


def _keys(settings: Settings, issuer_keys: KeyFolder | None) -> KeySource:
    if issuer_keys is not None and settings.issuer is None:
        return LocalKeys(settings.token_issuer, issuer_keys.folder)
    return key_source(settings)


def _is_secure(settings: Settings, service: ServiceName) -> bool:
    return settings.browser_url_of(service).startswith("https:")


def _own_issuer(settings: Settings) -> KeySource | None:
    """The keys by which the cell's services know each other while an outside issuer knows the people."""
    return LocalKeys(settings.roster_url, settings.issuer_folder) if settings.issuer is not None else None


def _audiences(settings: Settings) -> Sequence[str]:
    """Whom an outside issuer's tokens must be made for, where the operator says so: ID tokens are for the client."""
    if settings.issuer is None or settings.issuer_audience is None:
        return ()
    return [settings.issuer_audience, *filter(None, [settings.oidc_client_id])]


def _add_routes(app: FastAPI, routers: Sequence[Router], table: Table, mounts: Mapping[str, ASGIApp]) -> None:
    """Put the routes themselves into the app's own list, and the shortcut to them before it."""
    routes = [route for router in routers for route in router.routes]
    foreign = [getattr(route, "path", "?") for route in routes if not isinstance(route, Route)]
    if foreign:
        raise TypeError(f"use shared.web.Router; these routes are none of its: {', '.join(foreign)}")
    ours = [route for route in routes if isinstance(route, Route)]
    check_table(table, [route.key for route in ours])
    app.router.routes.extend([Shortcut(ours), *ours])
    for path, mounted in mounts.items():
        app.mount(path, mounted)


def _described(app: FastAPI, table: Table) -> Callable[[], dict[str, object]]:
    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app, table)
        return app.openapi_schema

    return openapi


def _lifespan(
    service: str, log: Log, views: Views | None, closed: Sequence[KeySource | Provider], pieces: Sequence[Lifespan]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        configure_logs(service)
        app.state.ending.listen()
        async with AsyncExitStack() as stack:
            stack.callback(log.close)
            for one in closed:
                stack.push_async_callback(one.close)
            if views is not None:
                views.start()
                stack.callback(views.close)
            for piece in pieces:
                await stack.enter_async_context(piece())
            settle_garbage_collection()
            yield

    return run
