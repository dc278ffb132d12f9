"""Subscriptions and what was delivered for them: two tables beside the log, in its database; and who may deliver at the moment.

Times are seconds of the machine's clock. The signing secret is sealed with a key of the key store; nobody reads it back.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from shared.feed import Right
from shared.store import Log, SideRow
from shared.store.sql import upsert

TABLES = (
    (
        "CREATE TABLE IF NOT EXISTS subscriptions (id TEXT PRIMARY KEY, owner TEXT NOT NULL, client_id TEXT, url TEXT NOT NULL,"
        " types TEXT NOT NULL, rights TEXT NOT NULL, secret BLOB NOT NULL, state TEXT NOT NULL, reason TEXT, position BIGINT NOT NULL,"
        " failures INTEGER NOT NULL, next_at BIGINT NOT NULL, created_at BIGINT NOT NULL)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, subscription_id TEXT NOT NULL, position BIGINT NOT NULL,"
        " type TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, status INTEGER, problem TEXT, tried_at BIGINT NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS deliveries_of ON deliveries (subscription_id, position)",
    "CREATE INDEX IF NOT EXISTS deliveries_by_time ON deliveries (tried_at)",
    "CREATE TABLE IF NOT EXISTS leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until BIGINT NOT NULL)",
)
KEY = "webhooks/secrets"
KEPT_SECONDS = 30 * 24 * 3600
"""So long a line of the delivery log is kept."""
LEASE_SECONDS = 10
_COLUMNS = (
    "id",
    "owner",
    "client_id",
    "url",
    "types",
    "rights",
    "secret",
    "state",
    "reason",
    "position",
    "failures",
    "next_at",
    "created_at",
)
_DELIVERY = ("id", "subscription_id", "position", "type", "state", "attempts", "status", "problem", "tried_at")


@dataclass(frozen=True)
class Subscription:
    """What is delivered where, and how far it has come. `position` is the last event that is done with."""

    id: str
    owner: str
    client_id: str | None
    url: str
    types: tuple[str, ...]
    rights: tuple[Right, ...]
    secret: bytes
    state: str
    reason: str | None
    position: int
    failures: int
    next_at: int
    created_at: int

    def row(self) -> SideRow:
        """As a row that is stored together with the answer to its maker."""
        rights = json.dumps([[right.organization_id, right.types] for right in self.rights])
        values = {name: getattr(self, name) for name in _COLUMNS} | {"types": json.dumps(self.types), "rights": rights}
        return SideRow("subscriptions", values)


@dataclass(frozen=True)
class Delivery:
    """One event for one subscription: `state` is delivered or failed, `status` the target's last answer, `problem` why there was none."""

    id: str
    subscription_id: str
    position: int
    type: str
    state: str
    attempts: int
    status: int | None
    problem: str | None
    tried_at: int


class Subscriptions:
    """The tables of one service. Every method is a short statement; thread-safe."""

    def __init__(self, log: Log) -> None:
        self._log = log
        for statement in TABLES:
            log.connection().execute(statement)

    def sealed(self, identity: str, secret: str) -> bytes:
        """The secret as it is stored."""
        return self._log.keys.seal(KEY, secret.encode(), identity.encode())

    def secret_of(self, one: Subscription) -> str:
        """The secret, to sign with."""
        return self._log.keys.open(KEY, bytes(one.secret), one.id.encode()).decode()

    def of(self, owner: str | None = None) -> list[Subscription]:
        """Those of `owner`, or all; the oldest first."""
        only, values = (" WHERE owner = ?", (owner,)) if owner is not None else ("", ())
        found = self._log.connection().execute(f"SELECT {', '.join(_COLUMNS)} FROM subscriptions{only} ORDER BY created_at, id", values)
        return [_subscription(row) for row in found]

    def get(self, identity: str) -> Subscription | None:
        """One of them."""
        statement = f"SELECT {', '.join(_COLUMNS)} FROM subscriptions WHERE id = ?"
        row = self._log.connection().execute(statement, (identity,)).fetchone()
        return _subscription(row) if row else None

    def set(self, identity: str, **values: object) -> None:
        """Change columns of one that is still there."""
        columns = ", ".join(f"{name} = ?" for name in values)
        self._log.connection().execute(f"UPDATE subscriptions SET {columns} WHERE id = ?", (*values.values(), identity))

    def set_rights(self, identity: str, rights: tuple[Right, ...]) -> None:
        """What the owner may see from now on."""
        self.set(identity, rights=json.dumps([[right.organization_id, right.types] for right in rights]))

    def remove(self, identity: str) -> None:
        """Forget it and its deliveries."""
        self._log.connection().execute("DELETE FROM subscriptions WHERE id = ?", (identity,))
        self._log.connection().execute("DELETE FROM deliveries WHERE subscription_id = ?", (identity,))

    def note(self, delivery: Delivery) -> None:
        """Keep a line of the delivery log; a further try replaces the earlier one's."""
        values = tuple(getattr(delivery, name) for name in _DELIVERY)
        self._log.connection().execute(upsert("deliveries", _DELIVERY, ("id",)), values)

    def delivery(self, identity: str) -> Delivery | None:
        """One line."""
        row = self._log.connection().execute(f"SELECT {', '.join(_DELIVERY)} FROM deliveries WHERE id = ?", (identity,)).fetchone()
        return Delivery(*row) if row else None

    def deliveries(self, subscription_id: str, before: int | None, limit: int) -> list[Delivery]:
        """The lines of a subscription, the newest event first, from before position `before`."""
        statement = (
            f"SELECT {', '.join(_DELIVERY)} FROM deliveries WHERE subscription_id = ? AND position < ? ORDER BY position DESC LIMIT ?"
        )
        found = self._log.connection().execute(statement, (subscription_id, 2**62 if before is None else before, limit))
        return [Delivery(*row) for row in found]

    def forget_old(self) -> None:
        """Remove the lines that are older than they are kept."""
        self._log.connection().execute("DELETE FROM deliveries WHERE tried_at < ?", (int(time.time()) - KEPT_SECONDS,))

    def hold_lease(self, holder: str) -> bool:
        """Whether `holder` alone may deliver for the next seconds: it held the lease before, or nobody does any more.

        A lease from a time when the machine's clock was ahead binds nobody.
        """
        now, connection = int(time.time()), self._log.connection()
        connection.execute("INSERT INTO leases (name, holder, until) VALUES ('webhooks', ?, 0) ON CONFLICT (name) DO NOTHING", (holder,))
        statement = "UPDATE leases SET holder = ?, until = ? WHERE name = 'webhooks' AND (holder = ? OR until < ? OR until > ?)"
        until = now + LEASE_SECONDS
        return connection.execute(statement, (holder, until, holder, now, until)).rowcount == 1

    def give_lease_back(self, holder: str) -> None:
        """Let another deliver at once."""
        self._log.connection().execute("UPDATE leases SET until = 0 WHERE name = 'webhooks' AND holder = ?", (holder,))


def _subscription(row: Any) -> Subscription:  # noqa: ANN401 - a row of either database
    values = dict(zip(_COLUMNS, row, strict=True))
    rights = tuple(Right(organization, tuple(types)) for organization, types in json.loads(values["rights"]))
    return Subscription(**values | {"types": tuple(json.loads(values["types"])), "rights": rights})
