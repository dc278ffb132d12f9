"""Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature), with Ed25519 keys.

A note is a text that ends with a line feed, a blank line, and signature lines `— <name> <base64(key id || signature)>`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.transparency.tree import HASH_BYTES

LOG_KEY, WITNESS_KEY = 1, 4
DASH = "\N{EM DASH} "
MOST_NOTE_BYTES = 100_000
KEY_ID_BYTES, KEY_BYTES, SIGNATURE_BYTES, SECOND_BYTES = 4, 32, 64, 8
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9]\d{0,18}")
_HEX_ID = re.compile(r"[0-9a-f]{8}")


class NoteWrong(ValueError):
    """This is no well-formed note, checkpoint or key."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verifier key: `kind` 1 of a log, 4 of a witness."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of the hash over name, kind and key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The one line that is handed around: name, key id in hex, base64 of kind and key, with plus signs between."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made the Ed25519 `signature` of `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def public_key(text: str) -> PublicKey:
    """The verifier key that `text` is; its base64 may hold plus signs too. Raises NoteWrong."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    data = _from_base64(encoded)
    if not _NAME.fullmatch(name) or not _HEX_ID.fullmatch(key_id) or len(data) != 1 + KEY_BYTES or data[0] not in {LOG_KEY, WITNESS_KEY}:
        raise NoteWrong("a verifier key is written <name>+<8 hex digits>+<base64>, of type 1 or 4")
    key = PublicKey(name, data[0], data[1:])
    if key.id.hex() != key_id:
        raise NoteWrong("the key's id is not that of its name and key: was it copied whole?")
    return key


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name; `seed` are the 32 bytes of an Ed25519 private key."""

    name: str
    kind: int
    seed: bytes

    @property
    def key(self) -> PublicKey:
        """The verifier key."""
        return PublicKey(self.name, self.kind, self._private.public_key().public_bytes_raw())

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def line(self, text: str) -> str:
        """The signature line of a log's key under the note's `text`."""
        return line_of(self.name, self.key.id + self._private.sign(text.encode()))

    def cosignature(self, text: str, second: int) -> str:
        """The signature line of a witness's key: that it saw `text` at this second (Unix time)."""
        signature = self._private.sign(cosigned(text, second))
        return line_of(self.name, self.key.id + second.to_bytes(SECOND_BYTES, "big") + signature)


@dataclass(frozen=True, slots=True)
class Note:
    """A note: `text` ends with a line feed; `signatures` are (name, bytes), in order."""

    text: str
    signatures: tuple[tuple[str, bytes], ...]

    def __str__(self) -> str:
        return f"{self.text}\n" + "".join(line_of(*signature) for signature in self.signatures)

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether a line of it is `key`'s signature or cosignature."""
        return self.second_of(key) is not None

    def second_of(self, key: PublicKey) -> int | None:
        """When `key` cosigned (Unix time); 0 for a log's signature; None where it signed not."""
        for name, data in self.signatures:
            if name != key.name or data[:KEY_ID_BYTES] != key.id:
                continue
            rest = data[KEY_ID_BYTES:]
            if key.kind == LOG_KEY and len(rest) == SIGNATURE_BYTES and key.holds(self.text.encode(), rest):
                return 0
            if key.kind == WITNESS_KEY and len(rest) == SECOND_BYTES + SIGNATURE_BYTES:
                second = int.from_bytes(rest[:SECOND_BYTES], "big")
                if key.holds(cosigned(self.text, second), rest[SECOND_BYTES:]):
                    return second
        return None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: `size` leaves with this `root`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def short(self) -> str:
        """The short hash for paper: the first 16 hex digits of the root."""
        return self.root.hex()[:16]


def cosigned(text: str, second: int) -> bytes:
    """What a cosignature signs."""
    return f"cosignature/v1\ntime {second}\n{text}".encode()


def line_of(name: str, data: bytes) -> str:
    """A signature line."""
    return f"{DASH}{name} {base64.b64encode(data).decode()}\n"


def note_of(data: bytes | str) -> Note:
    """The note in `data`. Raises NoteWrong."""
    try:
        whole = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise NoteWrong("a note is UTF-8") from error
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or len(whole) > MOST_NOTE_BYTES or not lines.endswith("\n") or any(c < " " and c != "\n" for c in whole):
        raise NoteWrong("a note is a text, a blank line, and signature lines")
    return Note(f"{text}\n", signatures_in(lines))


def signatures_in(lines: str) -> tuple[tuple[str, bytes], ...]:
    """The signature lines of a note, each `(name, key id || signature)`. Raises NoteWrong."""
    found = []
    for line in lines.removesuffix("\n").split("\n"):
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        data = _from_base64(encoded)
        if not line.startswith(DASH) or not _NAME.fullmatch(name) or len(data) <= KEY_ID_BYTES:
            raise NoteWrong("a signature line is written: dash, name, base64")
        found.append((name, data))
    return tuple(found)


def checkpoint_of(text: str) -> Checkpoint:
    """The checkpoint that a note's text is; further lines are passed over. Raises NoteWrong."""
    lines = text.split("\n")
    least = 4  # origin, size, root, and what is after the last line feed
    root = _from_base64(lines[2]) if len(lines) >= least else b""
    if len(root) != HASH_BYTES or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise NoteWrong("a checkpoint is three lines: origin, size, root in base64")
    return Checkpoint(lines[0], int(lines[1]), root)


def hashes_of(lines: Sequence[str]) -> list[bytes]:
    """The hashes of proof lines. Raises NoteWrong."""
    proof = [_from_base64(line) for line in lines]
    if any(len(part) != HASH_BYTES for part in proof):
        raise NoteWrong("a line of a proof is a hash of 32 bytes in base64")
    return proof


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteWrong("this is no base64") from error
