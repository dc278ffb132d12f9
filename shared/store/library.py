"""What the eventsourcing library's recorders of both databases share: appending by our writers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from eventsourcing.persistence import IntegrityError, StoredEvent

from shared.store.mapper import decode
from shared.store.requests import EncodedEvent, Request, Stored
from shared.store.writer import WriterDatabase


def insert_by(writer: WriterDatabase, stored_events: Sequence[StoredEvent]) -> Sequence[int]:
    """Append the library's events by our lock, look and write; returns the positions.

    Raises:
        IntegrityError: a stream is not at the version that the events follow.
    """
    streams: dict[str, tuple[str, int, list[EncodedEvent]]] = {}
    for stored in stored_events:
        stream = str(stored.originator_id)
        _, _, events = streams.setdefault(stream, (stream, stored.originator_version - 1, []))
        events.append(EncodedEvent(stored.topic, stored.state.decode(), decode(stored.topic, stored.state)))
    request = Request(list(streams.values()), deliver=lambda _: None)
    writer.write([request], datetime.now(UTC))
    if not isinstance(request.outcome, Stored):
        raise IntegrityError(str(request.outcome))
    return [recorded.position for recorded in request.outcome.recorded]
