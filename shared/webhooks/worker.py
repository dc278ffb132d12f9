"""Delivers events to the targets of subscriptions: in order for each, at least once, one process at a time.

A failed delivery is tried again after 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, 6 h and 12 h; nothing later overtakes it. Then, or at
once where the target says 410 Gone, the subscription is paused and says why. A redelivery that succeeds lets it go on from there.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from http import HTTPStatus

from shared import feed
from shared.errors import Refusal
from shared.feed import Right
from shared.seeing import Seeing
from shared.store import Log
from shared.store.leaf import Row
from shared.webhooks.signing import signed_headers
from shared.webhooks.subscriptions import Delivery, Subscription, Subscriptions
from shared.webhooks.targets import Refused, Sender

logger = logging.getLogger(__name__)
RETRY_SECONDS = (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
LOOK_EVERY_SECONDS = 1.0
FORGET_EVERY_SECONDS = 3600.0
RIGHTS_HOLD_SECONDS = 30.0
EVENTS_A_LOOK = 200
RightsOf = Callable[[str], Awaitable[tuple[Right, ...] | None]]
"""What a client may see now; None where it is gone. Raises Unavailable where nobody can be asked: the last known rights hold then."""


class Worker:
    """The deliveries of one process. `source` is the service's URL."""

    def __init__(
        self, log: Log, seeing: Seeing, source: str, subscriptions: Subscriptions, *, sender: Sender, rights_of: RightsOf | None = None
    ) -> None:
        self._log = log
        self._seeing = seeing
        self._source = source
        self._subscriptions = subscriptions
        self._sender = sender
        self._rights_of = rights_of
        self._asked_at: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._holder = log.new_id()
        self._wake = asyncio.Event()
        self._has_ended = False

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliver while the block runs."""
        loop = asyncio.get_running_loop()
        self._log.on_commit(lambda _: _ring(loop, self._wake))
        task = asyncio.create_task(self._run(), name="webhooks")
        try:
            yield
        finally:
            self._has_ended = True  # a wait that ends in the same moment swallows the cancelling
            tasks = [task, *self._running.values()]
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(self._subscriptions.give_lease_back, self._holder)
            await self._sender.close()

    async def send(self, one: Subscription, row: Row, attempts: int) -> Delivery:
        """Deliver one event now and note it."""
        second, body = int(time.time()), feed.item(self._source, row)
        identity = f"{one.id}-{row.position}"
        secret = await asyncio.to_thread(self._subscriptions.secret_of, one)
        headers = {"Content-Type": "application/cloudevents+json", **signed_headers(secret, identity, second, body)}
        status, problem = None, None
        try:
            status = await self._sender.post(one.url, body, headers)
        except Refused as refused:
            problem = str(refused)
        is_taken = status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        state = "delivered" if is_taken else "failed"
        delivery = Delivery(identity, one.id, row.position, row.topic, state, attempts, status, problem, second)
        await asyncio.to_thread(self._subscriptions.note, delivery)
        return delivery

    async def _run(self) -> None:
        forgotten_at = 0.0
        while not self._has_ended:
            self._wake.clear()
            try:
                if await asyncio.to_thread(self._subscriptions.hold_lease, self._holder):
                    await self._begin()
                    if time.monotonic() - forgotten_at > FORGET_EVERY_SECONDS:
                        forgotten_at = time.monotonic()
                        await asyncio.to_thread(self._subscriptions.forget_old)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look may go well
                logger.warning("webhooks can't be delivered at the moment: %s", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_EVERY_SECONDS)

    async def _begin(self) -> None:
        """Begin what waits; a subscription that is being delivered already goes on by itself."""
        head, now = await asyncio.to_thread(self._log.head), time.time()
        for one in await asyncio.to_thread(self._subscriptions.of):
            if one.state == "active" and one.position < head and _is_due(one, now) and one.id not in self._running:
                task = asyncio.create_task(self._deliver(one), name=f"webhook-{one.id}")
                self._running[one.id] = task
                task.add_done_callback(lambda _, identity=one.id: self._running.pop(identity, None))  # type: ignore[misc]

    async def _deliver(self, one: Subscription) -> None:
        """Deliver all there is, up to the first failure."""
        try:
            while one.state == "active":
                one = await self._with_present_rights(one)
                if one.state != "active":
                    return
                rows, last = await self._seeing.page(one.rights, after=one.position, limit=EVENTS_A_LOOK, types=one.types)
                for row in rows:
                    if not await self._done(one, row):
                        return
                    one = replace(one, position=row.position, failures=0)
                if last <= one.position and not rows:
                    return
                await self._move(one.id, last, failures=0)
                one = await self._again(one)
        except Refusal as refusal:
            logger.info("a webhook waits: %s", refusal.code)
        except Exception as error:  # noqa: BLE001 - one subscription's trouble is not another's; it is tried again
            logger.warning("a webhook failed: %s", type(error).__name__)

    async def _done(self, one: Subscription, row: Row) -> bool:
        """Whether the event was taken; else it waits, or the subscription is paused."""
        present = await self._again(one)
        if present.state != "active":
            return False
        delivery = await self.send(one, row, one.failures + 1)
        if delivery.state == "delivered":
            await self._move(one.id, row.position, failures=0)
            return True
        reason = _why_paused(one, delivery)
        if reason:
            await asyncio.to_thread(self._subscriptions.set, one.id, state="paused", reason=reason, failures=one.failures + 1)
        else:
            next_at = int(time.time()) + RETRY_SECONDS[one.failures]
            await asyncio.to_thread(self._subscriptions.set, one.id, failures=one.failures + 1, next_at=next_at)
        return False

    async def _again(self, one: Subscription) -> Subscription:
        present = await asyncio.to_thread(self._subscriptions.get, one.id)
        return present or replace(one, state="removed")

    async def _move(self, identity: str, position: int, failures: int) -> None:
        await asyncio.to_thread(self._subscriptions.set, identity, position=position, failures=failures, next_at=0)

    async def _with_present_rights(self, one: Subscription) -> Subscription:
        """As its owner's client may see now: asked again after half a minute; the last known rights while nobody can be asked."""
        if self._rights_of is None or one.client_id is None:
            return one
        if time.monotonic() - self._asked_at.get(one.id, -RIGHTS_HOLD_SECONDS) < RIGHTS_HOLD_SECONDS:
            return one
        try:
            rights = await self._rights_of(one.client_id)
        except Refusal:
            return one
        self._asked_at[one.id] = time.monotonic()
        if rights is None:
            reason = "The client that made this subscription was closed."
            await asyncio.to_thread(self._subscriptions.set, one.id, state="paused", reason=reason)
            return replace(one, state="paused", rights=())
        if rights != one.rights:
            await asyncio.to_thread(self._subscriptions.set_rights, one.id, rights)
        return replace(one, rights=rights)


def _is_due(one: Subscription, now: float) -> bool:
    """Whether it is time for the next try; a wait longer than any was set when the machine's clock was ahead."""
    return not now < one.next_at <= now + RETRY_SECONDS[-1]


def _why_paused(one: Subscription, delivery: Delivery) -> str | None:
    if delivery.status == HTTPStatus.GONE:
        return "The target said 410 Gone; redeliver the failed event to go on."
    if one.failures >= len(RETRY_SECONDS):
        said = f"it answered {delivery.status}" if delivery.status else delivery.problem
        return f"The target took nothing in {len(RETRY_SECONDS) + 1} tries: {said}. Redeliver the failed event to go on."
    return None


def _ring(loop: asyncio.AbstractEventLoop, wake: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has ended before the log
        loop.call_soon_threadsafe(wake.set)
