"""How often one address may call an open route that writes: a bucket of calls that refills with the machine's clock.

The counting is this process's own: it holds back a flood, it is no promise. Several workers of a service count apart, each its share.
The address is the connection's, or what uvicorn takes from `X-Forwarded-For` of the proxies that its `FORWARDED_ALLOW_IPS` trusts. An
IPv6 caller holds a whole /64 and is counted by it. Addresses are kept in memory alone, and for no longer than the bucket needs to fill.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.web.problems import TooMany

SECONDS_TO_FILL = 60.0
MOST_ADDRESSES = 10_000
IPV6_BITS_OF_A_CALLER = 64


@dataclass(slots=True)
class _Bucket:
    seconds: float
    """What is in it at the instant `at`: a second for each second that passed, at most a minute; a call takes a minute's share."""
    at: float


class Limits:
    """The buckets of one process. `calls`: how many calls a minute one address has on each route; 0: as many as it likes."""

    def __init__(self, calls: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def count(self, route: str, address: str) -> None:
        """Take one call from the bucket of `address` on `route`.

        Raises:
            TooMany: it is empty; the refusal says after how many seconds there is a call again.
        """
        if not self._calls:
            return
        now, key = self._clock(), (route, _caller_of(address))
        price = SECONDS_TO_FILL / self._calls
        bucket = self._buckets.pop(key, None) or _Bucket(SECONDS_TO_FILL, now)
        bucket.seconds, bucket.at = min(SECONDS_TO_FILL, bucket.seconds + now - bucket.at), now
        self._buckets[key] = bucket  # the last one to be forgotten
        self._forget(now)
        if bucket.seconds < price:
            raise TooMany(retry_after=math.ceil(price - bucket.seconds))
        bucket.seconds -= price

    def _forget(self, now: float) -> None:
        """Drop who called longest ago: full buckets, and the oldest where there are too many."""
        while self._buckets:
            oldest = next(iter(self._buckets))
            if len(self._buckets) <= MOST_ADDRESSES and now - self._buckets[oldest].at < SECONDS_TO_FILL:
                return
            del self._buckets[oldest]


def _caller_of(address: str) -> str:
    """What counts as one caller: the address, of IPv6 its network."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known.packed, IPV6_BITS_OF_A_CALLER), strict=False))
