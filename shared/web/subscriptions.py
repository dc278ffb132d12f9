"""Subscriptions by REST: signed webhooks of what `GET /events` tells the same caller, what was delivered, and redelivery."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import BaseModel, Field

from shared.errors import Conflict, Unknown
from shared.web.answers import POSITION_HEADER, answered, json_answer
from shared.web.door import Door, Doorway
from shared.web.fields import Body, Id
from shared.web.paging import Cursor, page_of
from shared.web.permissions import WITHIN, allow, permissions
from shared.web.problems import problems
from shared.web.routing import Router
from shared.webhooks.signing import new_secret
from shared.webhooks.subscriptions import Delivery, Subscription, Subscriptions
from shared.webhooks.targets import LONGEST_URL, BadTarget, check_url
from shared.webhooks.worker import Worker

MOST_OF_ONE_OWNER = 20
SUBSCRIBERS = allow(admin=WITHIN, service=WITHIN, platform=WITHIN)
TypeName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^(\*|[a-z][a-z-]*\.(\*|[a-z][a-z-]*\.v[1-9][0-9]*))$")]

router = Router(tags=["Every service"])
TABLE = permissions(
    {
        "POST /subscriptions": SUBSCRIBERS,
        "GET /subscriptions": SUBSCRIBERS,
        "GET /subscriptions/{subscription_id}": SUBSCRIBERS,
        "DELETE /subscriptions/{subscription_id}": SUBSCRIBERS,
        "GET /subscriptions/{subscription_id}/deliveries": SUBSCRIBERS,
        "POST /subscriptions/{subscription_id}/deliveries/{delivery_id}/redelivery": SUBSCRIBERS,
    }
)


class UnknownSubscription(Unknown):
    """No subscription of the caller under this id, or no delivery of it."""

    code = "unknown_subscription"
    sentence = "You have no subscription, or it no delivery, under this id."


class TooManySubscriptions(Conflict):
    """A caller has so many subscriptions at most."""

    code = "too_many_subscriptions"
    sentence = f"You have {MOST_OF_ONE_OWNER} subscriptions on this service already; remove one."


class SubscriptionBody(Body):
    """Where events go. `types`: topics or `word.*`, all that you may see without them; `after`: from which position on (now)."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
    types: Annotated[tuple[TypeName, ...], Field(max_length=50)] = ()
    after: Annotated[int, Field(ge=0, le=2**62)] | None = None


class SubscriptionAnswer(BaseModel):
    """A subscription. `position`: the last event that is done with; `reason`: why it is paused; `next_try_at`: seconds of Unix time."""

    id: str
    url: str
    types: list[str]
    state: Literal["active", "paused"]
    reason: str | None
    position: int
    failures: int
    next_try_at: int | None


class NewSubscription(SubscriptionAnswer):
    """With its signing secret, which is shown this once: not even the same Idempotency-Key shows it again."""

    secret: str | None = None


class ListAnswer(BaseModel):
    """The caller's subscriptions; all of them for an administrator of the whole cell."""

    items: list[SubscriptionAnswer]
    next: str | None


class DeliveryAnswer(BaseModel):
    """The last try to deliver one event: the target's answer, or why there was none. `id` is the message's `webhook-id`."""

    id: str
    position: int
    type: str
    state: Literal["delivered", "failed"]
    attempts: int
    status: int | None
    problem: str | None
    tried_at: int


class DeliveriesAnswer(BaseModel):
    """The newest event first."""

    items: list[DeliveryAnswer]
    next: str | None


@router.post("/subscriptions", status_code=201, response_model=NewSubscription, responses=problems(BadTarget, TooManySubscriptions))
async def post_subscription(body: SubscriptionBody, door: Door) -> Response:
    """Have events delivered to a URL. The answer holds the signing secret once; keep it."""
    rights, subscriptions = door.rights(), _tables(door)
    url = check_url(body.url, allows_private=door.settings.webhooks_to_private_addresses)
    if len(await asyncio.to_thread(subscriptions.of, door.caller.subject)) >= MOST_OF_ONE_OWNER:
        raise TooManySubscriptions
    secret, identity, now = new_secret(), door.log.new_id(), int(time.time())
    position = body.after if body.after is not None else await asyncio.to_thread(door.log.head)
    sealed = await asyncio.to_thread(subscriptions.sealed, identity, secret)
    one = Subscription(
        identity, door.caller.subject, door.caller.client_id, url, body.types, rights, sealed, "active", None, position, 0, 0, now
    )
    stored = await door.log.append([], rows=[one.row()], reply=door.reply(201, lambda _: _shown(one)))
    return json_answer(_shown(one) | {"secret": secret}, 201, headers={POSITION_HEADER: str(stored.position)})


@router.get("/subscriptions", response_model=ListAnswer)
async def get_subscriptions(door: Door) -> Response:
    """Your subscriptions on this service."""
    door.rights()
    found = await asyncio.to_thread(_tables(door).of, None if _is_admin(door) else door.caller.subject)
    return page_of([_shown(one) for one in found])


@router.get("/subscriptions/{subscription_id}", response_model=SubscriptionAnswer, responses=problems(UnknownSubscription))
async def get_subscription(subscription_id: Id, door: Door) -> Response:
    """One subscription: how far it has come, and why it is paused."""
    return json_answer(_shown(await _own(door, subscription_id)))


@router.delete("/subscriptions/{subscription_id}", status_code=204, responses=problems(UnknownSubscription))
async def delete_subscription(subscription_id: Id, door: Door) -> Response:
    """End a subscription; its deliveries are forgotten."""
    await _own(door, subscription_id)
    await asyncio.to_thread(_tables(door).remove, subscription_id)
    return answered(await door.log.append([], reply=door.reply(204, lambda _: None)))


@router.get("/subscriptions/{subscription_id}/deliveries", response_model=DeliveriesAnswer, responses=problems(UnknownSubscription))
async def get_deliveries(subscription_id: Id, door: Door, cursor: Cursor) -> Response:
    """What was delivered in the last 30 days, the newest event first."""
    await _own(door, subscription_id)
    before = cursor.after[0] if cursor.after else None
    found = await asyncio.to_thread(_tables(door).deliveries, subscription_id, before, cursor.limit + 1)  # type: ignore[arg-type]
    return cursor.page(found, place=lambda one: (one.position,), show=_line)


@router.post(
    "/subscriptions/{subscription_id}/deliveries/{delivery_id}/redelivery",
    response_model=DeliveryAnswer,
    responses=problems(UnknownSubscription),
)
async def post_redelivery(subscription_id: Id, delivery_id: str, door: Door) -> Response:
    """Deliver an event of the delivery log again, now. Where the target takes it, a paused subscription goes on."""
    one = await _own(door, subscription_id)
    before = await asyncio.to_thread(_tables(door).delivery, delivery_id)
    row = await asyncio.to_thread(door.log.row, before.position) if before and before.subscription_id == one.id else None
    if before is None or row is None or not await door.seeing.sees(door.rights(), row):
        raise UnknownSubscription
    worker: Worker = door.state.webhooks
    delivery = await worker.send(one, row, before.attempts + 1)
    if delivery.state == "delivered" and one.failures:  # what it waited for was taken, or the target is back
        position = max(one.position, delivery.position)
        await asyncio.to_thread(_tables(door).set, one.id, state="active", reason=None, failures=0, next_at=0, position=position)
    return answered(await door.log.append([], reply=door.reply(200, lambda _: _line(delivery))))


async def _own(door: Doorway, subscription_id: str) -> Subscription:
    door.rights()
    one = await asyncio.to_thread(_tables(door).get, subscription_id)
    if one is None or (one.owner != door.caller.subject and not _is_admin(door)):
        raise UnknownSubscription
    return one


def _is_admin(door: Doorway) -> bool:
    return any(grant.role == "admin" and grant.organization_id is None for grant in door.caller.grants)


def _tables(door: Doorway) -> Subscriptions:
    tables: Subscriptions = door.state.subscriptions
    return tables


def _shown(one: Subscription) -> dict[str, Any]:
    shown: Mapping[str, Any] = {name: getattr(one, name) for name in ("id", "url", "state", "reason", "position", "failures")}
    return {**shown, "types": list(one.types), "next_try_at": one.next_at or None}


def _line(delivery: Delivery) -> dict[str, Any]:
    names = ("id", "position", "type", "state", "attempts", "status", "problem", "tried_at")
    return {name: getattr(delivery, name) for name in names}
