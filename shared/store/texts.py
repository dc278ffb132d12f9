"""Texts that people write about a member: beside the log, sealed with that member's key; the event carries a salted hash only."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import NamedTuple

from shared.events import TextRef
from shared.store.keys import KeyGone, Keys
from shared.store.requests import SideRow
from shared.store.sql import Connection

SALT_BYTES = 16


class SealedText(NamedTuple):
    """A text ready to be stored: `ref` goes into the event, `row` beside it in the same transaction."""

    ref: TextRef
    row: SideRow


class Texts:
    """Seals and reads texts. `owner` is the member whom the text is about: its key seals it, erasing the key erases the text."""

    def __init__(self, keys: Keys, connection: Callable[[], Connection], new_id: Callable[[], str]) -> None:
        self._keys = keys
        self._connection = connection
        self._new_id = new_id

    def seal(self, owner: str, text: str) -> SealedText:
        """Seal `text` under the key of `owner`; raises KeyGone where the owner was erased."""
        salt = secrets.token_bytes(SALT_BYTES)
        data = salt + text.encode()
        ref = TextRef(id=self._new_id(), hash=sha256(data).hexdigest())
        sealed = self._keys.seal(_key_of(owner), data, ref.id.encode())
        return SealedText(ref, SideRow("texts", {"id": ref.id, "owner": owner, "sealed": sealed}))

    def fingerprint(self, owner: str, text: str) -> str:
        """A keyed hash by which equal texts of one owner are found equal, and which tells nothing once the key is gone."""
        return self._keys.mac(_key_of(owner), text.encode())

    async def read(self, ids: Iterable[str]) -> dict[str, str]:
        """The texts by id; those that were erased, or never were, are absent."""
        texts: dict[str, str] = {}
        for text_id in dict.fromkeys(ids):
            row = self._connection().execute("SELECT owner, sealed FROM texts WHERE id=?", (text_id,)).fetchone()
            if row is None:
                continue
            try:
                texts[text_id] = self._keys.open(_key_of(row[0]), row[1], text_id.encode())[SALT_BYTES:].decode()
            except KeyGone:
                continue
        return texts

    def count(self, owner: str) -> int:
        """How many texts are sealed with the owner's key."""
        return int(self._connection().execute("SELECT COUNT(*) FROM texts WHERE owner=?", (owner,)).fetchone()[0])

    def erase(self, owner: str) -> None:
        """Destroy the owner's key: its texts can't be read by anybody, the log that refers to them stays whole."""
        self._keys.destroy(_key_of(owner))


def _key_of(owner: str) -> str:
    return f"member/{owner}"
