"""Views: tables projected from a log, exactly once, and the queries on them.

A projection sees every event in order and writes rows; rows and position are committed in one transaction, so that a view after a
crash is where its position says. Views lie in a database of their own with `synchronous=NORMAL`: they can always be rebuilt, by a
new table, a replay and a swap. History is by position, never by the projector's clock.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from time import monotonic
from typing import ClassVar

from shared.errors import Unavailable
from shared.events import Recorded
from shared.snapshot import Snapshot, ViewDatabase
from shared.store.log import Log, recorded_of
from shared.store.sql import Connection
from shared.tables import Page, Table, Values

__all__ = ["Page", "Projection", "Snapshot", "Table", "Values", "ViewDatabase", "Views"]
logger = logging.getLogger(__name__)
EVENTS_A_PAGE = 500
EVENTS_A_PAGE_OF_A_REPLAY = 5000
"""Larger, for a table's index is then written in fewer passes; the rows of one page are all that is held in memory."""
LOOK_EVERY_SECONDS = 0.25
PAGES_APART_SECONDS = 0.05
"""While nobody waits for a view, events gather this long: fewer, larger pages leave the machine to the commands."""


class Projection(ABC):
    """A view: its tables and how an event changes them. Raise `version` when either changes: the view is then rebuilt."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    tables: ClassVar[tuple[Table, ...]]

    @abstractmethod
    def project(self, page: Page, recorded: Recorded) -> None:
        """Write what this event changes, by `page.put` and `page.drop` alone."""


class Views:
    """The projections of one log, kept up by a thread of this process; several processes may share the file."""

    def __init__(self, log: Log, projections: Sequence[Projection]) -> None:
        self._log = log
        self._database = ViewDatabase(log.storage.database("views"))
        self._projections = list(projections)
        self._wake = threading.Event()
        self._is_awaited = threading.Event()
        self._is_closing = False
        self._reached = 0
        self.failure: str | None = None
        for projection in self._projections:
            self._prepare(projection)
        log.on_commit(lambda _: self._wake.set())
        self._thread = threading.Thread(target=self._run, name="projector", daemon=True)

    def start(self) -> None:
        """Begin to follow the log."""
        self._thread.start()

    def close(self) -> None:
        """Stop following; what was projected is committed."""
        self._is_closing = True
        self._hurry()
        if self._thread.is_alive():
            self._thread.join()
        self._database.database.close()

    @property
    def position(self) -> int:
        """The log's position that all views have reached, as far as this process knows."""
        return self._reached

    async def wait_for(self, position: int, seconds: float = 5.0) -> None:
        """Return when all views stand for `position` or later; raises Unavailable when that takes too long."""
        end, pause = monotonic() + seconds, 0.001
        while self._reached < position:
            if monotonic() > end:
                raise Unavailable("The view has not yet come to this position; try again in a moment.")
            self._hurry()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.05)

    async def snapshot(self, *, min_position: int = 0, as_of: datetime | None = None) -> Snapshot:
        """What the views say now, or said at the instant `as_of`; waits until they have reached the position that is needed."""
        at = None if as_of is None else self._log.position_at(as_of)
        needed = max(min_position, at or 0)
        if needed and needed > self._log.head():
            raise Unavailable("This position does not exist yet; take the Event-Position of an answer of this service.")
        await self.wait_for(needed)
        return Snapshot(self._database, at)

    def catch_up(self) -> int:
        """Project everything that is in the log now; returns the position reached. For the thread, the shell and tests."""
        while True:
            before = self._reached
            reached = self._project_page()
            if reached == before and reached >= self._log.head():
                return reached

    def rebuild(self, name: str | None = None) -> dict[str, int]:
        """Build views anew (`name` alone, or all) beside the old ones, then swap; returns the position of each.

        The service may go on meanwhile: readers see the old rows until the swap.
        """
        return {p.name: self._rebuild(p) for p in self._projections if name in {None, p.name}}

    def differences(self) -> dict[str, int]:
        """Replay every view beside the one that is shown, to the same position; returns how many rows differ in each.

        The service may go on meanwhile, but its views stand still while they are compared.
        """
        return {p.name: self._differing_rows(p) for p in self._projections}

    def _hurry(self) -> None:
        self._is_awaited.set()
        self._wake.set()

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._database.database.transaction()

    def _run(self) -> None:
        while not self._is_closing:
            self._wake.wait(LOOK_EVERY_SECONDS)
            self._is_awaited.wait(PAGES_APART_SECONDS)
            self._wake.clear()
            self._is_awaited.clear()
            try:
                self.catch_up()
                self.failure = None
            except Exception as error:
                self.failure = f"{type(error).__name__}"
                logger.exception("the views can't go on at the moment")
                threading.Event().wait(1.0)

    def _prepare(self, projection: Projection) -> None:
        version, _ = self._database.position(projection.name)
        with self._transaction():
            for table in projection.tables if version in {0, projection.version} else ():
                table.create(self._database.database, table.name)
            if version == 0:
                self._database.set_position(projection.name, projection.version, 0)
        if version not in {0, projection.version}:
            self._rebuild(projection)

    def _project_page(self) -> int:
        start = min(self._standing().values(), default=self._log.head())
        if start >= self._log.head():
            self._reached = start
            return start
        rows = self._log.page(start, EVENTS_A_PAGE)
        with self._transaction() as connection:
            standing = self._standing()  # again, now that nobody else moves it
            group = [p for p in self._projections if standing[p.name] == start]
            page = Page(connection, {table: table.name for p in group for table in p.tables})
            for recorded in map(recorded_of, rows):
                page.position = recorded.position
                for projection in group:
                    projection.project(page, recorded)
            page.flush()
            for projection in group:
                standing[projection.name] = rows[-1].position
                self._database.set_position(projection.name, projection.version, rows[-1].position)
        self._reached = min(standing.values())
        return self._reached

    def _standing(self) -> dict[str, int]:
        found = self._database.positions()
        return {p.name: found.get(p.name, 0) for p in self._projections}

    def _rebuild(self, projection: Projection) -> int:
        names = self._empty_tables(projection, "new")
        position = self._replay_in_pages(projection, names)
        with self._transaction():
            _, shown = self._database.position(projection.name)
            while position < shown:
                position = self._replay(projection, names, position, EVENTS_A_PAGE)
            self._swap(names)
            self._database.set_position(projection.name, projection.version, position)
        return position

    def _differing_rows(self, projection: Projection) -> int:
        names = self._empty_tables(projection, "check")
        position = self._replay_in_pages(projection, names, self._database.position(projection.name)[1])
        with self._transaction() as connection:
            _, shown = self._database.position(projection.name)
            while position < shown:
                position = self._replay(projection, names, position, min(EVENTS_A_PAGE, shown - position))
            count = 0
            for table, new in names.items():
                for one, other in ((table.name, new), (new, table.name)):
                    columns = ", ".join(table.all_columns)
                    only = f"SELECT {columns} FROM {one} EXCEPT SELECT {columns} FROM {other}"
                    count += connection.execute(f"SELECT count(*) FROM ({only}) AS differing").fetchone()[0]
                connection.execute(f"DROP TABLE {new}")
        return count

    def _empty_tables(self, projection: Projection, suffix: str) -> dict[Table, str]:
        names = {table: f"{table.name}_{suffix}" for table in projection.tables}
        with self._transaction() as connection:
            for table, new in names.items():
                connection.execute(f"DROP TABLE IF EXISTS {new}")
                table.create(self._database.database, new, for_readers=False)
        return names

    def _replay_in_pages(self, projection: Projection, names: Mapping[Table, str], until: int | None = None) -> int:
        position, end = 0, self._log.head() if until is None else until
        while position < end:
            with self._transaction():
                position = self._replay(projection, names, position, min(EVENTS_A_PAGE_OF_A_REPLAY, end - position))
        return position

    def _replay(self, projection: Projection, names: Mapping[Table, str], position: int, limit: int) -> int:
        page = Page(self._database.connection(), names)
        for recorded in map(recorded_of, self._log.page(position, limit)):
            page.position = position = recorded.position
            projection.project(page, recorded)
        page.flush()
        return position

    def _swap(self, names: Mapping[Table, str]) -> None:
        connection = self._database.connection()
        for table, new in names.items():
            connection.execute(f"DROP TABLE IF EXISTS {table.name}")
            connection.execute(f"ALTER TABLE {new} RENAME TO {table.name}")
            for index in table.indexes:
                connection.execute(f"DROP INDEX {new}__{'_'.join(index)}")
            table.create(self._database.database, table.name)
