"""Events of a made-up service, for the tests of what all services have in common."""

from __future__ import annotations

from decimal import Decimal

from shared.events import Event, Recorded, event, retired
from shared.projections import Page, Projection, Table
from shared.store import Log

MASTER = b"m" * 32


@event("shelf.book-lent.v2")
class BookLent(Event, frozen=True, kw_only=True):
    book: str
    days: int


@retired("shelf.book-lent.v1", upcast=lambda old: BookLent(book=old.book, days=old.weeks * 7))
class BookLentInWeeks(Event, frozen=True, kw_only=True):
    book: str
    weeks: int


@event("shelf.fee-paid.v1", sealed=("card",))
class FeePaid(Event, frozen=True, kw_only=True):
    reader: str
    fee: Decimal
    card: str = ""


@event("shelf.shelf-built.v1")
class ShelfBuilt(Event, frozen=True, kw_only=True):
    shelf_id: str
    branch_id: str


@event("shelf.shelf-painted.v1")
class ShelfPainted(Event, frozen=True, kw_only=True):
    shelf_id: str


@event("readers.reader-greeted.v1")
class ReaderGreeted(Event, frozen=True, kw_only=True):
    member_id: str


FEES = Table("fees", key=("reader",), columns={"reader": str, "fees": Decimal, "payments": int}, indexes=[("payments",)], history=True)


class Fees(Projection):
    name = "fees"
    tables = (FEES,)

    def project(self, page: Page, recorded: Recorded) -> None:
        match recorded.event:
            case FeePaid(reader=reader, fee=fee):
                before = page.get(FEES, reader) or {"fees": Decimal(0), "payments": 0}
                page.put(FEES, reader=reader, fees=before["fees"] + fee, payments=before["payments"] + 1)


def paid(reader: str, fee: str) -> FeePaid:
    return FeePaid(reader=reader, fee=Decimal(fee))


def total_days(days: int, recorded: Recorded) -> int:
    event = recorded.event
    return days + event.days if isinstance(event, BookLent) else days


def insert_row(log: Log, position: int, stream: str, topic: str, state: str) -> None:
    """A row as an earlier release of the software wrote it."""
    row = (position, stream, 1, topic, state, "2026-01-01T00:00:00.000000Z", "0" * 32)
    log.connection().execute("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?, ?)", row)
