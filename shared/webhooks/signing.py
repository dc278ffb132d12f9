"""Secrets and signatures as Standard Webhooks has them: receivers check them with any of its libraries."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from hashlib import sha256

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A new signing secret, as the receiver's library takes it."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(secret: str, message_id: str, second: int, body: bytes) -> dict[str, str]:
    """The three headers: the message's id (the same at every try), the second it is sent at, the signature over both and the body."""
    signed = b".".join([message_id.encode(), str(second).encode(), body])
    signature = hmac.new(b64decode(secret.removeprefix(PREFIX)), signed, sha256).digest()
    return {"webhook-id": message_id, "webhook-timestamp": str(second), "webhook-signature": f"v1,{b64encode(signature).decode()}"}
