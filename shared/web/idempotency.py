"""`Idempotency-Key`: the same request twice is done once, and answered twice with the first answer.

A key belongs to a caller (the person, so that a new token changes nothing) and a route. Of the request only a keyed hash is kept, over
its path, query and body. Before the handler runs the key is looked up; the answer is stored by the log in the transaction of the events.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from starlette.responses import Response

from shared.errors import Conflict, Invalid
from shared.store import Log
from shared.store.requests import KeyReused
from shared.web.answers import kept_answer

HEADER = "Idempotency-Key"
_KEY = re.compile(rb'"(?P<quoted>[\x21-\x7e]{1,200})"|(?P<bare>[\x21\x23-\x7e][\x21-\x7e]{0,199})')


class BadKey(Invalid):
    """The header is not a key."""

    code = "bad_key"
    sentence = "An Idempotency-Key has 1 to 200 visible ASCII characters, with or without quotes around them."


class KeyInFlight(Conflict):
    """The first request with this key is still running."""

    code = "key_in_flight"
    sentence = "The first request with this Idempotency-Key is still running; ask again in a moment."


@dataclass(frozen=True)
class KeyOfRequest:
    """The key under which a command's answer is kept, and the keyed hash of what was asked."""

    key_id: str
    body_mac: str


class Idempotency:
    """The keys of one service: those that the log keeps, and those whose first request is running in this process."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._secret = bytes.fromhex(log.keys.mac("mac/idempotency", b"requests"))
        self._running: set[str] = set()

    def key_of(self, header: bytes, person: str, route: str, asked: bytes) -> KeyOfRequest:
        """The key of a request. `asked` is all that must be the same for it to be the same request. Raises BadKey."""
        written = _KEY.fullmatch(header.strip())
        if written is None:
            raise BadKey
        key: bytes = written["quoted"] or written["bare"]
        return KeyOfRequest(f"{key.decode('ascii')} {person} {route}", hmac.new(self._secret, asked, sha256).hexdigest())

    @contextmanager
    def running(self, key: KeyOfRequest) -> Iterator[None]:
        """Hold the key while its request runs; raises KeyInFlight where another one does already."""
        if key.key_id in self._running:
            raise KeyInFlight
        self._running.add(key.key_id)
        try:
            yield
        finally:
            self._running.discard(key.key_id)

    async def first_answer(self, key: KeyOfRequest) -> Response | None:
        """The first answer, if there was one; raises KeyReused where that was to another request."""
        known = await self._log.known_answer(key.key_id)
        if known is None:
            return None
        if not hmac.compare_digest(known.body_mac, key.body_mac):
            raise KeyReused
        return kept_answer(known.status, known.position, known.body)
