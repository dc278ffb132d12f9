"""A publication certificate was issued. Stream `notice/<notice_id>`."""

from __future__ import annotations

from datetime import date

import msgspec

from shared.events import Event, event


class NotCounted(msgspec.Struct, frozen=True):
    """A working day that was not counted, and why: `withdrawn`, `service_away` or `no_screen_alive`."""

    date: date
    reason: str


@event("certificates.certificate-issued.v1")
class CertificateIssued(Event, frozen=True, kw_only=True):
    """The notice was public from `first_day` to the end of `last_day`, and the days `counted` make up its period.

    `content_hash` is the hex SHA-256 of the canonical content (`events.notices.canonical`). It is issued once and never again.
    """

    notice_id: str
    number: str
    first_day: date
    last_day: date
    counted: tuple[date, ...]
    not_counted: tuple[NotCounted, ...]
    content_hash: str
