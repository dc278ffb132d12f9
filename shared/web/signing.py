"""The local issuer's keys: Ed25519 key files in one folder, the newest of which signs; all of them are accepted.

To rotate, add a key: what the older ones signed stays valid until it expires, then their files may go.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import OKPKey

ALGORITHM = "Ed25519"
_NAME = re.compile(r"[0-9]{6}\.jwk")


class KeyFolder:
    """The signing keys in `folder`, files `000001.jwk`, `000002.jwk`, ..., mode 0600. Read once; make a new object to see new ones."""

    def __init__(self, folder: Path) -> None:
        """Reads the keys, and makes the first one if there is none."""
        self.folder = folder
        self._keys = self._read()
        if not self._keys:
            self._make(1)

    def add_key(self) -> str:
        """Make a further key, which signs from now on; returns its id."""
        self._make(len(self._files()) + 1)
        return self.signing_key_id

    def _make(self, number: int) -> None:
        """Make the key of this number; of two makers at once one makes it, and both use it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, private=True, auto_kid=True)
        write_whole(self.folder / f"{number:06}.jwk", json.dumps(key.as_dict(private=True)).encode())
        self._keys = self._read()

    @property
    def signing_key_id(self) -> str:
        """The id of the key that signs."""
        return str(self._keys[-1].kid)

    def sign(self, claims: Mapping[str, object]) -> str:
        """A compact JWT of these claims, signed by the newest key."""
        key = self._keys[-1]
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, dict(claims), key, algorithms=[ALGORITHM])

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """The public keys as a JWK set, the newest first."""
        return {"keys": [dict(key.as_dict(private=False)) for key in reversed(self._keys)]}

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.jwk") if _NAME.fullmatch(path.name)) if self.folder.is_dir() else []

    def _read(self) -> list[OKPKey]:
        return [OKPKey.import_key(json.loads(path.read_bytes())) for path in self._files()]


def write_whole(path: Path, content: bytes) -> bool:
    """Write a secret file (mode 0600) that appears whole or not at all; False where the file is there already, which then stays."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(made, path)
    except FileExistsError:
        return False
    finally:
        made.unlink()
    return True
