"""A service's store, opened by the settings: the one place that knows where data and keys lie."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shared.store.keys import master_key
from shared.store.log import Log
from shared.store.storage import Files, Postgres, Storage


class StoreSettings(Protocol):
    """What is read of `shared.settings.Settings`."""

    @property
    def data(self) -> Path:
        """The folder of the embedded default."""

    @property
    def database(self) -> str | None:
        """The URL of the PostgreSQL database; None for the embedded default."""

    @property
    def database_connections(self) -> int:
        """How many connections to it this process holds at most."""

    @property
    def county(self) -> str:
        """The short name of the cell."""

    @property
    def master_key_path(self) -> Path:
        """The master key's file."""

    @property
    def clock_start(self) -> datetime | None:
        """None for the system's clock."""


def storage_of(settings: StoreSettings, service: str) -> Storage:
    """Where the databases of `service` lie."""
    if settings.database:
        return Postgres(settings.database, settings.county, service, settings.database_connections)
    return Files(settings.data / service)


def open_log(settings: StoreSettings, service: str, side_tables: Sequence[str] = ()) -> Log:
    """The log of `service`. `side_tables`: tables (CREATE TABLE IF NOT EXISTS) whose rows are written together with events.

    Raises:
        WrongMasterKey, WrongClock: the store was made with another master key, or under the other kind of clock.
    """
    return Log(storage_of(settings, service), master_key(settings.master_key_path), settings.clock_start, side_tables)
