"""From events to stored bytes and back: one C call each way; retired shapes pass through their upcasts here and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent

from shared.events import RETIRED, TOPICS, Event, Recorded

encode = msgspec.json.Encoder(decimal_format="number").encode
UNKNOWN_INSTANT = datetime.fromtimestamp(0, UTC)
_decoders: dict[str, msgspec.json.Decoder[Any]] = {}


class UnknownTopic(MapperDeserialisationError):
    """A stored event of our own has a topic that this version does not know: guessing would change a star, so we stop."""


def decode(topic: str, state: str | bytes) -> Event:
    """The event that was stored under `topic`, brought to the present shape.

    Raises:
        UnknownTopic: no class is registered under the topic.
        MapperDeserialisationError: the bytes are not of the topic's shape.
    """
    decoder = _decoders.get(topic) or _decoder(topic)
    try:
        event: Event = decoder.decode(state)
    except msgspec.MsgspecError as error:
        raise MapperDeserialisationError(f"a stored {topic} does not decode: {error}") from error
    while topic in RETIRED:
        event = RETIRED[topic].upcast(event)
        topic = event.topic
    return event


def _decoder(topic: str) -> msgspec.json.Decoder[Any]:
    shape = RETIRED[topic].shape if topic in RETIRED else TOPICS.get(topic)
    if shape is None:
        raise UnknownTopic(f"the topic {topic} is unknown to this version; was the data written by a newer one?")
    return _decoders.setdefault(topic, msgspec.json.Decoder(shape))


class EventMapper(Mapper[str]):
    """The library's mapper over the two functions above: domain events are `Recorded`, originator ids are our streams."""

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Encode a Recorded."""
        assert isinstance(domain_event, Recorded)  # noqa: S101 - the library's protocol, our one kind of event
        return StoredEvent(domain_event.stream, domain_event.version, domain_event.event.topic, encode(domain_event.event))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """Decode to a Recorded; position and instant stand only in rows that the store's own queries read."""
        event = decode(stored_event.topic, stored_event.state)
        position = getattr(stored_event, "id", 0)
        return Recorded(position, str(stored_event.originator_id), stored_event.originator_version, UNKNOWN_INSTANT, event)
