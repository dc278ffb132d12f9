"""The tables of subscriptions, deliveries and the lease, on either database."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from shared.feed import Right
from shared.store import Log, Reply
from shared.webhooks.signing import new_secret
from shared.webhooks.subscriptions import KEPT_SECONDS, Delivery, Subscription, Subscriptions

RIGHTS = (Right("branch", ("shelf.*",)), Right())


@pytest.fixture
def subscriptions(log: Log) -> Subscriptions:
    return Subscriptions(log)


async def made(log: Log, subscriptions: Subscriptions, identity: str = "a", owner: str = "ada") -> tuple[Subscription, str]:
    secret = new_secret()
    sealed = subscriptions.sealed(identity, secret)
    one = Subscription(identity, owner, None, "https://example.org/", ("shelf.*",), RIGHTS, sealed, "active", None, 7, 0, 0, 1_800_000_000)
    await log.append([], rows=[one.row()], reply=Reply(201, lambda _: {"id": identity}, f"key {identity}", "mac"))
    return one, secret


@pytest.mark.anyio
async def test_a_subscription_is_kept_with_its_sealed_secret_and_the_answer_to_its_maker(log: Log, subscriptions: Subscriptions) -> None:
    one, secret = await made(log, subscriptions)
    found = subscriptions.get("a")
    assert found is not None
    assert replace(found, secret=bytes(found.secret)) == one
    assert subscriptions.secret_of(found) == secret
    assert (await log.known_answer("key a")).body == b'{"id":"a"}'  # type: ignore[union-attr]
    assert log.head() == 0


@pytest.mark.anyio
async def test_each_owner_has_its_own_and_what_is_set_holds(log: Log, subscriptions: Subscriptions) -> None:
    await made(log, subscriptions, "a", "ada")
    await made(log, subscriptions, "b", "bo")
    subscriptions.set("a", state="paused", reason="why", failures=3, next_at=5)
    subscriptions.set_rights("a", (Right("other"),))
    (ada,) = subscriptions.of("ada")
    assert (ada.state, ada.reason, ada.failures, ada.next_at, ada.rights) == ("paused", "why", 3, 5, (Right("other"),))
    assert [one.id for one in subscriptions.of()] == ["a", "b"]
    subscriptions.remove("a")
    assert (subscriptions.get("a"), [one.id for one in subscriptions.of()]) == (None, ["b"])


def test_a_further_try_replaces_the_line_and_old_lines_go(subscriptions: Subscriptions) -> None:
    failed = Delivery("a-1", "a", 1, "shelf.book-lent.v2", "failed", 1, None, "why", 100)
    subscriptions.note(failed)
    subscriptions.note(replace(failed, state="delivered", attempts=2, status=204, problem=None))
    newer = replace(failed, id="a-2", position=2, tried_at=2**31 + KEPT_SECONDS)
    subscriptions.note(newer)
    assert [(one.position, one.attempts) for one in subscriptions.deliveries("a", None, 10)] == [(2, 1), (1, 2)]
    assert [one.position for one in subscriptions.deliveries("a", 2, 10)] == [1]
    subscriptions.forget_old()
    assert subscriptions.deliveries("a", None, 10) == [newer]


def test_one_at_a_time_holds_the_lease(subscriptions: Subscriptions) -> None:
    assert [subscriptions.hold_lease(holder) for holder in ("one", "other", "one")] == [True, False, True]
    subscriptions.give_lease_back("other")
    assert not subscriptions.hold_lease("other")
    subscriptions.give_lease_back("one")
    assert [subscriptions.hold_lease(holder) for holder in ("other", "one")] == [True, False]


def test_a_lease_from_when_the_clock_was_ahead_binds_nobody(subscriptions: Subscriptions, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86400)
    assert subscriptions.hold_lease("one")
    assert not subscriptions.hold_lease("other")
    monkeypatch.setattr(time, "time", lambda: now)
    assert subscriptions.hold_lease("other")
    assert not subscriptions.hold_lease("one")
