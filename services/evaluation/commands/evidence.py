"""Evidence and other texts that people write about a member: sealed beside the log, referred to in events."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

from services.evaluation.events.points import Evidence
from shared.events import TextRef
from shared.store import KeyGone, Log, SealedText


class EvidenceText(NamedTuple):
    """One piece of evidence as it was given: `kind` is `text`, `link` or `file` (then `value` is the file's hash)."""

    kind: str
    value: str


class Sealing:
    """Seals the texts of one command under a member's key; `texts` is what the command stores together with its events."""

    def __init__(self, log: Log, owner: str) -> None:
        self._log = log
        self._owner = owner
        self.texts: list[SealedText] = []

    def text(self, text: str) -> TextRef:
        """What stands in the event for `text`. Of a member who was erased no text is kept: it then leads nowhere."""
        try:
            sealed = self._log.texts.seal(self._owner, text)
        except KeyGone:
            return TextRef(id=self._log.new_id(), hash=sha256(secrets.token_bytes(16) + text.encode()).hexdigest())
        self.texts.append(sealed)
        return sealed.ref

    def optional(self, text: str | None) -> TextRef | None:
        """The same for a text that may be missing."""
        return None if text is None else self.text(text)

    def evidence(self, pieces: Sequence[EvidenceText]) -> tuple[Evidence, ...]:
        """The same for each piece of evidence."""
        return tuple(Evidence(piece.kind, self.text(piece.value)) for piece in pieces)


def fingerprint(log: Log, owner: str, pieces: Sequence[EvidenceText]) -> str:
    """A keyed hash that is equal for equal evidence of one member, in whatever order; empty for none.

    For a member who was erased there is no key any more: nothing is found equal then.
    """
    if not pieces:
        return ""
    canonical = msgspec.json.encode(sorted(set(pieces)))
    try:
        return log.texts.fingerprint(owner, canonical.decode())
    except KeyGone:
        return secrets.token_hex(32)
