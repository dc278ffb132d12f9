"""What `xingqi check` looks at, and what it finds: each function yields one sentence a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec
from eventsourcing.persistence import MapperDeserialisationError

from shared.events import TextRef
from shared.projections import Views
from shared.publisher import LogForked, Publisher
from shared.store import KeyGone, Log
from shared.store.leaf import Row
from shared.store.mapper import decode

PAGE = 1000


@dataclass
class Findings:
    """What was looked at. `texts`: the hash that the log names for each text, and the position of the event."""

    events: int = 0
    streams: int = 0
    texts: dict[str, tuple[str, int]] = field(default_factory=dict)
    erased_texts: int = 0
    views: int = 0

    def __str__(self) -> str:
        texts = f"{len(self.texts):,} (erased: {self.erased_texts:,})"
        return f"looked at events: {self.events:,}, streams: {self.streams:,}, texts: {texts}, views: {self.views}"


def look_at_log(log: Log, findings: Findings) -> Iterator[str]:
    """Positions and versions count 1, 2, 3, ..., instants never go back, every event can be read."""
    versions: Counter[str] = Counter()
    previous = 0
    recorded_at = ""
    while rows := log.page(previous, PAGE):
        for row in rows:
            if row.position != previous + 1:
                yield f"position {previous + 1}: missing, the next one is {row.position}"
            versions[row.stream] += 1
            if row.version != versions[row.stream]:
                yield f"position {row.position}: version {row.version} of its stream, expected {versions[row.stream]}"
                versions[row.stream] = row.version
            if row.recorded_at < recorded_at:
                yield f"position {row.position}: recorded at {row.recorded_at}, before its predecessor"
            yield from _look_at_event(row, findings)
            previous, recorded_at = row.position, row.recorded_at
        findings.events += len(rows)
    findings.streams = len(versions)


def _look_at_event(row: Row, findings: Findings) -> Iterator[str]:
    try:
        event = decode(row.topic, row.state)
    except MapperDeserialisationError as error:
        yield f"position {row.position}: {error}"
    else:
        findings.texts |= {ref.id: (ref.hash, row.position) for ref in _texts_in(event)}


def _texts_in(value: object) -> Iterator[TextRef]:
    """Every reference to a text of this service in an event, however deep."""
    match value:
        case msgspec.Struct() if hasattr(type(value), "texts_lie_in"):
            return
        case TextRef():
            yield value
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from _texts_in(getattr(value, name))
        case dict() | tuple() | list() | frozenset():
            for inner in value.values() if isinstance(value, dict) else value:
                yield from _texts_in(inner)


def look_at_tree(publisher: Publisher) -> Iterator[str]:
    """Every row is the one whose hash was published, and the tree extends what was signed."""
    try:
        publisher.check()
    except LogForked as error:
        yield f"log: {error}"


def look_at_texts(log: Log, findings: Findings) -> Iterator[str]:
    """Every text that an event names is there and is the one that the event's hash is of, unless its owner was erased."""
    for text_id, (expected, position) in findings.texts.items():
        row = log.connection().execute("SELECT owner, sealed FROM texts WHERE id=?", (text_id,)).fetchone()
        if row is None:
            yield f"position {position}: the text {text_id} is missing"
            continue
        try:
            data = log.keys.open(f"member/{row[0]}", bytes(row[1]), text_id.encode())
        except KeyGone:
            if log.keys.is_destroyed(f"member/{row[0]}"):
                findings.erased_texts += 1
            else:
                yield f"position {position}: the text {text_id} can't be opened with its key"
            continue
        if sha256(data).hexdigest() != expected:
            yield f"position {position}: the text {text_id} is not the one that was recorded"


def look_at_views(views: Views, findings: Findings) -> Iterator[str]:
    """Every view has the rows that a fresh replay of the log makes."""
    for name, rows in views.differences().items():
        findings.views += 1
        if rows:
            yield f"view {name}: {rows:,} rows differ from a replay of the log; xingqi rebuild-views makes it anew"
