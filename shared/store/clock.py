"""The business clock: the system's, or one moved by hand for demonstrations and checks. It sets `recorded_at` and every term.

A manual clock lies in the store, so that it goes on where it stopped. A store remembers for good under which kind it was made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from shared.calendar import day_of
from shared.errors import Conflict
from shared.store.leaf import instant_of, instant_text
from shared.store.sql import Connection
from shared.store.turn import Turn


class ClockRefused(Conflict):
    """The clock can't be moved so."""

    code = "clock_refused"
    sentence = "Only a manual clock can be moved, and only forward."


class WrongClock(RuntimeError):
    """The store was made under the other kind of clock."""


class Clock:
    """`start` is None for the system's clock, else the instant at which a new store's manual clock starts."""

    def __init__(self, start: datetime | None, connection: Callable[[], Connection]) -> None:
        self.is_manual = start is not None
        self._connection = connection
        self._turn, self._of_this_turn = Turn(), datetime.min.replace(tzinfo=UTC)
        self._remember_kind()
        if start is not None:
            self._write("clock", instant_text(start), keep=True)

    def now(self) -> datetime:
        """The business instant, UTC."""
        if not self.is_manual:
            return datetime.now(UTC)
        if not self._turn.is_this:
            self._of_this_turn = instant_of(self._read("clock"))
            self._turn.begin()
        return self._of_this_turn

    def today(self) -> date:
        """The business calendar day in Asia/Shanghai."""
        return day_of(self.now())

    def move_to(self, instant: datetime) -> None:
        """Set a manual clock forward, durably; the same instant again is allowed.

        Raises:
            ClockRefused: the clock is the system's, or `instant` lies before it.
        """
        if not self.is_manual or instant < self.now():
            raise ClockRefused
        self._write("clock", instant_text(instant))
        self._turn = Turn()

    def _remember_kind(self) -> None:
        kind = "manual" if self.is_manual else "system"
        self._write("clock_kind", kind, keep=True)
        made_under = self._read("clock_kind")
        if made_under != kind:
            raise WrongClock(f"this store was made under the {made_under} clock and can't be opened under the {kind} one")

    def _write(self, name: str, value: str, *, keep: bool = False) -> None:
        action = "NOTHING" if keep else "UPDATE SET value = excluded.value"
        self._connection().execute(f"INSERT INTO service VALUES (?, ?) ON CONFLICT (name) DO {action}", (name, value))

    def _read(self, name: str) -> str:
        value: str = self._connection().execute("SELECT value FROM service WHERE name=?", (name,)).fetchone()[0]
        return value
