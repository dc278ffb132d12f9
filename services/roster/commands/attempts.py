"""Failed attempts to sign in, and how long the next one has to wait.

Counted for a login name from one address, and for one address whatever the names: never for the name alone. So who tries a
stranger's name from elsewhere slows down nobody but itself. A browser that has signed in to the account before is counted by itself: a
flood from the same address does not hold it up. Kept in the database, so that several processes count together, and for a day at most.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence

from shared.store.sql import Database

TABLE = "CREATE TABLE IF NOT EXISTS attempts (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_at BIGINT NOT NULL)"
FREE, FREE_OF_AN_ADDRESS = 5, 50
FIRST_DELAY, LONGEST_DELAY = 5, 900
FORGOTTEN_AFTER = 86400
IPV6_BITS = 64
_upsert = (
    "INSERT INTO attempts VALUES (?, 1, ?) ON CONFLICT (key) DO UPDATE SET failures = attempts.failures + 1, last_at = excluded.last_at"
)


class Attempts:
    """The failures of the last day."""

    def __init__(self, database: Database, mac: Callable[[bytes], str], clock: Callable[[], float] = time.time) -> None:
        """`mac`: a keyed hash, so that the table holds neither names nor addresses."""
        self._database = database
        self._mac = mac
        self._clock = clock
        database.connection().execute(TABLE)

    def keys(self, login: str, address: str, device: str | None) -> tuple[tuple[str, int], ...]:
        """What an attempt counts for, each with its number of free tries. `device`: a browser that has signed in to it before."""
        if device is not None:
            return ((self._mac(f"device\x00{login}\x00{device}".encode()), FREE),)
        network = network_of(address)
        by_name, by_address = self._mac(f"name\x00{login}\x00{network}".encode()), self._mac(f"address\x00{network}".encode())
        return ((by_name, FREE), (by_address, FREE_OF_AN_ADDRESS))

    def seconds_to_wait(self, keys: Sequence[tuple[str, int]]) -> int:
        """How long until the next attempt; 0: now. It doubles with each failure beyond the free ones, up to a quarter of an hour."""
        now = int(self._clock())
        return max((self._delay(key, free, now) for key, free in keys), default=0)

    def failed(self, keys: Sequence[tuple[str, int]]) -> None:
        """Count a failure."""
        now = int(self._clock())
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM attempts WHERE last_at < ?", (now - FORGOTTEN_AFTER,))
            for key, _ in keys:
                connection.execute(_upsert, (key, now))

    def succeeded(self, keys: Sequence[tuple[str, int]]) -> None:
        """Forget the failures for this name from here; those of the address stay, so that one's own account resets no spraying."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM attempts WHERE key = ?", (keys[0][0],))

    def _delay(self, key: str, free: int, now: int) -> int:
        row = self._database.connection().execute("SELECT failures, last_at FROM attempts WHERE key = ?", (key,)).fetchone()
        if row is None or row[0] < free or now - row[1] > FORGOTTEN_AFTER:
            return 0
        failures, last_at = int(row[0]), int(row[1])
        delay = min(LONGEST_DELAY, FIRST_DELAY << min(failures - free, 20))
        return max(0, last_at + delay - now)


def network_of(address: str) -> str:
    """What counts as one caller: the address, of IPv6 the network of a household."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is None:
        return str(ipaddress.ip_network((known.packed, IPV6_BITS), strict=False))
    return str(known)
