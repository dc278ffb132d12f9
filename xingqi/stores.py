"""The services as this process opens them: for serving them, and for commands that look at their stores."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

import psycopg
from fastapi import FastAPI

from shared.projections import Views
from shared.published import WrongCounty
from shared.publisher import Publisher
from shared.settings import ServiceName, Settings
from shared.store import Log
from shared.store.clock import WrongClock
from shared.store.keys import WrongMasterKey
from shared.store.postgres.migrating import WrongSchema
from xingqi.databases import said_plainly
from xingqi.occupied import refuse_half_restored
from xingqi.stop import Stop


@dataclass(frozen=True)
class Store:
    """A service's log and its views."""

    service: ServiceName
    log: Log
    views: Views
    publisher: Publisher


def app_of(service: ServiceName) -> FastAPI:
    """The service's app on the data that the settings name, made where it is missing.

    Raises:
        Stop: the store was made under another clock or with another master key, or its place can't be used.
    """
    make_app = import_module(f"services.{service}.app").app
    try:
        app: FastAPI = make_app()
    except (WrongClock, WrongMasterKey, WrongCounty, WrongSchema) as error:
        raise Stop(f"{service}: {error}.") from None
    except psycopg.Error as error:
        raise Stop(f"{service}: {said_plainly(error)}") from None
    except (OSError, sqlite3.Error) as error:
        raise Stop(f"{service}: its store can't be opened: {str(error).strip()}.") from None
    return app


@contextmanager
def store_of(service: ServiceName, settings: Settings) -> Iterator[Store]:
    """The service's store, closed at the end. The service itself may be up meanwhile.

    Raises:
        Stop: there is none yet, or it can't be opened.
    """
    refuse_half_restored(settings)
    if not settings.database and not (settings.data / service).is_dir():
        raise Stop(f"there is no store of {service} in {settings.data}. Name the folder in XINGQI_DATA, or start the services once.")
    parts = app_of(service).state.service
    try:
        yield Store(service, parts.log, parts.views, parts.state.publisher)
    finally:
        parts.views.close()
        parts.log.close()
