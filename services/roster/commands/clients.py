"""Clients of other platforms: load, decide, save; and their secrets, of which a keyed hash lies beside the log."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence

from services.roster.domain import clients as rules
from services.roster.domain.clients import Client
from services.roster.events.clients import PlatformGrant
from shared.store import Loaded, Log, Reply, SideRow, Stored, Write, again_when_stale

SIDE_TABLES = ("CREATE TABLE IF NOT EXISTS client_secrets (client_id TEXT PRIMARY KEY, hash TEXT NOT NULL)",)
KEY = "mac/client-secrets"
SECRET_BYTES = 32


def new_secret() -> str:
    """A client's secret; it is shown once, and a keyed hash of it kept."""
    return secrets.token_urlsafe(SECRET_BYTES)


async def client_of(log: Log, client_id: str) -> Client:
    """The open client; raises UnknownClient."""
    client = (await _load(log, client_id)).state
    rules.check_open(client)
    return client


def is_its_secret(log: Log, client_id: str, secret: str) -> bool:
    """Whether this is the client's secret."""
    row = log.connection().execute("SELECT hash FROM client_secrets WHERE client_id = ?", (client_id,)).fetchone()
    return hmac.compare_digest(row[0] if row else "", _hash(log, client_id, secret))


async def register_client(
    log: Log, *, name: str, grants: Sequence[PlatformGrant], secret: str, by: str, reply: Reply | None = None
) -> Stored:
    """Register a platform's client. Raises BadName, BadGrants."""
    client_id = log.new_id()
    registered = rules.register_client(client_id, name, grants, by)
    return await log.append([Write(f"client/{client_id}", 0, [registered])], rows=[_secret_row(log, client_id, secret)], reply=reply)


@again_when_stale
async def set_grants(log: Log, client_id: str, grants: Sequence[PlatformGrant], *, by: str, reply: Reply | None = None) -> Stored:
    """Grant this instead of what was granted. Raises UnknownClient, BadGrants."""
    client = await _load(log, client_id)
    return await log.append([client.then(*rules.set_grants(client.state, grants, by))], reply=reply)


@again_when_stale
async def renew_secret(log: Log, client_id: str, secret: str, *, by: str, reply: Reply | None = None) -> Stored:
    """Another secret in the place of the last. Raises UnknownClient."""
    client = await _load(log, client_id)
    renewed = rules.renew_secret(client.state, by)
    return await log.append([client.then(renewed)], rows=[_secret_row(log, client_id, secret)], reply=reply)


@again_when_stale
async def close_client(log: Log, client_id: str, *, by: str, reply: Reply | None = None) -> Stored:
    """No token any more. Raises UnknownClient."""
    client = await _load(log, client_id)
    return await log.append([client.then(rules.close_client(client.state, by))], reply=reply)


async def _load(log: Log, client_id: str) -> Loaded[Client]:
    return await log.load(f"client/{client_id}", Client(), rules.evolve)


def _secret_row(log: Log, client_id: str, secret: str) -> SideRow:
    return SideRow("client_secrets", {"client_id": client_id, "hash": _hash(log, client_id, secret)})


def _hash(log: Log, client_id: str, secret: str) -> str:
    return log.keys.mac(KEY, f"{client_id}\x00{secret}".encode())
