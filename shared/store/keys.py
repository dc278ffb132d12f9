"""The keys that texts, profiles and ballots are sealed with: a store of its own, wrapped by the master key.

A copy of the data without them tells nothing, and destroying one key erases what it sealed for good while the log stays whole.

Names: `member/<id>`, `review/<id>`, `mac/<purpose>`. Cryptography: AES-256-GCM and HMAC-SHA-256 by `cryptography`.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import Refusal
from shared.store.sql import Database

KEY_BYTES = 32
NONCE_BYTES = 12
_CHECK = "check/master"  # unwrapped when the store is opened: a wrong master key is said at the start, not at the first ballot
_TABLE = "CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, wrapped BLOB)"


NOT_THIS_ONE = "this is not the master key that the keys were wrapped with; name the right MASTER_KEY_FILE"


class KeyGone(Refusal):
    """The key was destroyed, or never was: what it sealed can't be read by anybody."""

    code = "erased"
    sentence = "This was erased and can't be read any more."


class WrongMasterKey(RuntimeError):
    """The key store was made with another master key."""


def master_key(path: Path) -> bytes:
    """The master key in the file at `path`; made there with mode 0600 when missing.

    Two starters at once end with the same key: the file appears whole or not at all, and the first one stays.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(f"the master key at {path} must be {KEY_BYTES} bytes")
    return key


class Keys:
    """The key store of one service. Thread-safe: a connection a thread; nothing is cached, so a destroyed key is gone at once.

    Raises:
        WrongMasterKey: `master` is not the one that the store was made with.
    """

    def __init__(self, database: Database, master: bytes) -> None:
        self._database = database
        self._wrapping = AESGCM(master)
        with database.transaction() as connection:
            connection.execute(_TABLE + database.table_options)
        self.ensure([_CHECK])
        try:
            self._key(_CHECK)
        except WrongMasterKey:
            database.close()
            raise

    def ensure(self, names: Iterable[str]) -> None:
        """Make the keys that are missing, durably. A destroyed key is not made again."""
        wanted = set(names)
        missing = [name for name in wanted if not self._is_there(name)]
        if missing:
            rows = [(name, self._wrap(name, secrets.token_bytes(KEY_BYTES))) for name in missing]
            with self._database.transaction() as connection:
                connection.executemany("INSERT INTO keys VALUES (?, ?) ON CONFLICT (name) DO NOTHING", rows)

    def destroy(self, name: str) -> None:
        """Erase the key for good; the name stays, so that it is never made anew."""
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO keys VALUES (?, NULL) ON CONFLICT (name) DO UPDATE SET wrapped = NULL", (name,))

    def is_destroyed(self, name: str) -> bool:
        """Whether there was such a key and it was erased."""
        return self._database.connection().execute("SELECT 1 FROM keys WHERE name=? AND wrapped IS NULL", (name,)).fetchone() is not None

    def seal(self, name: str, plaintext: bytes, bind: bytes) -> bytes:
        """Seal `plaintext` with the key `name` (made when missing), bound to `bind`: opened only together with the same bytes.

        Raises:
            KeyGone: the key was destroyed.
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.secret(name)).encrypt(nonce, plaintext, bind)

    def open(self, name: str, sealed: bytes, bind: bytes) -> bytes:
        """The plaintext; raises KeyGone where the key is destroyed or these are not the bytes that were sealed with it."""
        try:
            return AESGCM(self._key(name)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bind)
        except InvalidTag as error:
            raise KeyGone("These bytes were not sealed with this key for this place.") from error

    def open_all(self, name: str, sealed: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
        """The plaintexts of many (sealed, bind) under one key, which is read once; raises KeyGone as `open` does."""
        opening = AESGCM(self._key(name))
        try:
            return [opening.decrypt(each[:NONCE_BYTES], each[NONCE_BYTES:], bind) for each, bind in sealed]
        except InvalidTag as error:
            raise KeyGone("These bytes were not sealed with this key for this place.") from error

    def close(self) -> None:
        """Close the key store's connections."""
        self._database.close()

    def mac(self, name: str, data: bytes) -> str:
        """HMAC-SHA-256 in hex under the key `name` (made when missing); raises KeyGone."""
        return hmac.new(self.secret(name), b"mac\x00" + data, sha256).hexdigest()

    def secret(self, name: str) -> bytes:
        """The 32 random bytes of the key `name` itself (made when missing), as the seed of a signing key. Raises KeyGone."""
        row = self._row(name)
        if row is None:
            self.ensure([name])
            row = self._row(name)
        return self._of_row(name, row)

    @staticmethod
    def wrap_anew(database: Database, old: bytes, new: bytes) -> int:
        """Wrap every key of the store in `database` by the master key `new` instead of `old`, all or none; returns how many were.

        Raises:
            WrongMasterKey: a key is wrapped by neither of them.
        """
        before, after = AESGCM(old), AESGCM(new)
        with database.transaction() as connection:
            rows = connection.execute("SELECT name, wrapped FROM keys WHERE wrapped IS NOT NULL").fetchall()
            waiting = [(name, bytes(wrapped)) for name, wrapped in rows if _unwrapped(after, name, bytes(wrapped)) is None]
            anew: list[tuple[bytes, str]] = []
            for name, wrapped in waiting:
                key = _unwrapped(before, name, wrapped)
                if key is None:
                    raise WrongMasterKey(NOT_THIS_ONE)
                nonce = secrets.token_bytes(NONCE_BYTES)
                anew.append((nonce + after.encrypt(nonce, key, name.encode()), name))
            connection.executemany("UPDATE keys SET wrapped = ? WHERE name = ?", anew)
        return len(anew)

    def _is_there(self, name: str) -> bool:
        return self._database.connection().execute("SELECT 1 FROM keys WHERE name=?", (name,)).fetchone() is not None

    def _key(self, name: str) -> bytes:
        return self._of_row(name, self._row(name))

    def _row(self, name: str) -> tuple[bytes | None] | None:
        """The key as it is stored, wrapped; None within the row where it was destroyed, no row where it was never made."""
        row: tuple[bytes | None] | None = self._database.connection().execute("SELECT wrapped FROM keys WHERE name=?", (name,)).fetchone()
        return row

    def _of_row(self, name: str, row: tuple[bytes | None] | None) -> bytes:
        if row is None or row[0] is None:
            raise KeyGone
        key = _unwrapped(self._wrapping, name, row[0])
        if key is None:
            raise WrongMasterKey(NOT_THIS_ONE)
        return key

    def _wrap(self, name: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, name.encode())


def _unwrapped(wrapping: AESGCM, name: str, wrapped: bytes) -> bytes | None:
    """The key, or None where it was wrapped by another master key."""
    try:
        return wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], name.encode())
    except InvalidTag:
        return None
