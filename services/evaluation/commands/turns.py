"""Commands on one member's ledgers take turns within a process, so that many at once don't make each other decide again and again.

A courtesy, not a safeguard: what keeps two processes apart, and entries from a closing, are the versions and guards of the append.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakKeyDictionary, WeakValueDictionary

from shared.store import Log

_locks: WeakKeyDictionary[Log, WeakValueDictionary[str, asyncio.Lock]] = WeakKeyDictionary()


def turn_of(log: Log, member_id: str) -> asyncio.Lock:
    """The turn of one member, to be held from the loading of its ledger to the append."""
    of_log = _locks.get(log)
    if of_log is None:
        of_log = _locks[log] = WeakValueDictionary()
    lock = of_log.get(member_id)
    if lock is None:
        lock = of_log[member_id] = asyncio.Lock()
    return lock


@asynccontextmanager
async def turns_of(log: Log, member_ids: Iterable[str]) -> AsyncIterator[None]:
    """The turns of several members, taken in one order, so that nobody waits for somebody who waits for it."""
    async with AsyncExitStack() as stack:
        for member_id in sorted(set(member_ids)):
            await stack.enter_async_context(turn_of(log, member_id))
        yield
