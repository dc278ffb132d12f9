"""The heart of the writer: which of the requests that arrived together are stored, and as which rows.

Pure, so that one test shows it for every database. A database looks up what `Found` holds, under its lock; `settle` walks the
requests in order, counting what earlier ones of the same batch did; the database inserts the rows and commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from shared.events import Recorded
from shared.store.leaf import Row, instant_of, instant_text, new_salt
from shared.store.requests import Followed, KeyReused, KnownAnswer, Request, SideRow, Stale, Stored

_answer = msgspec.json.Encoder(decimal_format="number").encode


@dataclass
class Found:
    """What the database says under its lock: its end, the versions of the streams named, known keys and followed positions."""

    position: int
    recorded_at: str
    versions: dict[str, int]
    answers: dict[str, KnownAnswer] = field(default_factory=dict)
    followed: dict[str, int] = field(default_factory=dict)


@dataclass
class Settled:
    """What is to be inserted in one transaction."""

    rows: list[Row] = field(default_factory=list)
    answers: list[tuple[str, KnownAnswer]] = field(default_factory=list)
    side_rows: list[SideRow] = field(default_factory=list)
    followed: dict[str, Followed] = field(default_factory=dict)


def settle(requests: Sequence[Request], found: Found, now: datetime) -> Settled:
    """Give each request its outcome (a Stored or a refusal) and return what to insert.

    A request is refused alone: a stale guard or version, a reused key. `recorded_at` is `now`, never earlier than the row before.
    """
    settled = Settled()
    recorded_at = max(instant_text(now), found.recorded_at)
    for request in requests:
        request.outcome = _known(request, found) or _stale(request, found) or _stored(request, found, recorded_at, settled)
    if settled.rows:
        found.recorded_at = recorded_at
    return settled


def _known(request: Request, found: Found) -> Stored | BaseException | None:
    if request.followed and request.followed.position <= found.followed.get(request.followed.neighbour, 0):
        return Stored(found.position)
    reply = request.reply
    if reply is None or reply.key_id is None or reply.key_id not in found.answers:
        return None
    known = found.answers[reply.key_id]
    if known.body_mac != reply.body_mac:
        return KeyReused()
    return Stored(known.position, (), known.body, known.status)


def _stale(request: Request, found: Found) -> BaseException | None:
    expected = [*request.guards, *((stream, version) for stream, version, _ in request.writes)]
    if any(found.versions.get(stream, 0) != version for stream, version in expected):
        return Stale()
    return None


def _stored(request: Request, found: Found, recorded_at: str, settled: Settled) -> Stored | BaseException:
    rows, recorded = _rows(request, found.position, recorded_at)
    position = rows[-1].position if rows else found.position
    stored = Stored(position, tuple(recorded))
    reply = request.reply
    if reply is not None:
        try:
            stored = Stored(position, stored.recorded, _answer(reply.make(stored)), reply.status)
        except Exception as error:  # noqa: BLE001 - a faulty answer must refuse this request alone, not the whole batch
            return error
        if reply.key_id is not None:
            known = KnownAnswer(reply.body_mac, reply.status, position, stored.answer)
            found.answers[reply.key_id] = known
            settled.answers.append((reply.key_id, known))
    for row in rows:
        found.versions[row.stream] = row.version
    found.position = position
    settled.rows += rows
    settled.side_rows += request.side_rows
    if request.followed:
        found.followed[request.followed.neighbour] = request.followed.position
        settled.followed[request.followed.neighbour] = request.followed
    return stored


def _rows(request: Request, position: int, recorded_at: str) -> tuple[list[Row], list[Recorded]]:
    rows: list[Row] = []
    recorded: list[Recorded] = []
    instant = instant_of(recorded_at)
    for stream, version, events in request.writes:
        for number, (topic, state, event) in enumerate(events, start=version + 1):
            position += 1
            row = Row(position, stream, number, topic, state, recorded_at, new_salt())
            rows.append(row)
            recorded.append(Recorded(position, stream, number, instant, event, row.leaf_hash()))
    return rows, recorded
