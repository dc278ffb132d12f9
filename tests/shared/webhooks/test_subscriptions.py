"""Subscriptions of a running service: signed, in order, again after failures and restarts, and only what the caller may see.

On either database.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from standardwebhooks import Webhook, WebhookVerificationError

from services.roster.issuer import Issuer
from shared.feed import Right
from shared.store import Storage, Write
from shared.webhooks import worker
from tests.shared.facts import ShelfBuilt
from tests.shared.web.library import BRANCH, OTHER, library, settings_of
from tests.shared.web.serving import client_of
from tests.shared.webhooks.targets import Target, nobody_there, target, to

Headers = dict[str, str]


@pytest.fixture
def app(tmp_path: Path, storage: Storage) -> FastAPI:
    return library(tmp_path, storage=storage, webhooks_to_private_addresses=True)


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with client_of(app) as client:
        yield client


@pytest.fixture
def hook() -> Iterator[Target]:
    with target() as made:
        yield made


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(settings_of(tmp_path))


@pytest.fixture
def admin(issuer: Issuer) -> Headers:
    return {"Authorization": f"Bearer {issuer.token(['admin'])}"}


@pytest.fixture
def platform(issuer: Issuer) -> Callable[..., Headers]:
    def header(subject: str = "a-platform", types: tuple[str, ...] = ("*",)) -> Headers:
        grants = [{"role": "platform", "organization_id": BRANCH, "types": list(types)}]
        return {"Authorization": f"Bearer {issuer.sign({'sub': subject, 'grants': grants}, 60)}"}

    return header


def tell(app: FastAPI, *branches: str) -> None:
    for branch in branches:
        app.state.service.log.save(Write(f"shelf/{uuid4()}", 0, [ShelfBuilt(shelf_id=str(uuid4()), branch_id=branch)]))


def subscribe(client: httpx.Client, headers: Headers, url: str, **more: object) -> dict[str, Any]:
    answer = client.post("/subscriptions", headers=headers, json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def until(client: httpx.Client, headers: Headers, identity: str, **wanted: object) -> dict[str, Any]:
    """The subscription, once it is so."""
    ends_at = time.monotonic() + 10
    while True:
        shown: dict[str, Any] = client.get(f"/subscriptions/{identity}", headers=headers).json()
        if all(shown[name] == value for name, value in wanted.items()):
            return shown
        assert time.monotonic() < ends_at, shown
        time.sleep(0.02)


def deliveries(client: httpx.Client, headers: Headers, identity: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(f"/subscriptions/{identity}/deliveries", headers=headers).json()["items"]
    return items


def test_events_come_signed_and_in_order(app: FastAPI, client: httpx.Client, admin: Headers, hook: Target) -> None:
    tell(app, BRANCH)
    made = subscribe(client, admin, hook.url)
    tell(app, BRANCH, OTHER, BRANCH)
    hook.wait_for(3)
    assert hook.positions == [2, 3, 4]
    for headers, body in hook.got:
        assert Webhook(made["secret"]).verify(body, headers)["specversion"] == "1.0"
        assert headers["webhook-id"] == f"{made['id']}-{json.loads(body)['id']}"
        assert headers["content-type"] == "application/cloudevents+json"
        with pytest.raises(WebhookVerificationError):
            Webhook(made["secret"]).verify(body + b" ", headers)
    until(client, admin, made["id"], position=4, state="active")
    assert [(each["position"], each["state"], each["status"]) for each in deliveries(client, admin, made["id"])] == [
        (4, "delivered", 204), (3, "delivered", 204), (2, "delivered", 204),
    ]  # fmt: skip


def test_a_subscription_from_an_earlier_position_and_of_some_types(
    app: FastAPI, client: httpx.Client, admin: Headers, hook: Target
) -> None:
    tell(app, BRANCH, BRANCH)
    made = subscribe(client, admin, hook.url, after=1, types=["shelf.*"])
    nothing = subscribe(client, admin, hook.url, after=0, types=["readers.*"])
    hook.wait_for(1)
    until(client, admin, made["id"], position=2)
    until(client, admin, nothing["id"], position=2)
    assert hook.positions == [2]


def test_a_platform_gets_what_it_may_see(app: FastAPI, client: httpx.Client, platform: Callable[..., Headers], hook: Target) -> None:
    made = subscribe(client, platform(types=("shelf.*",)), hook.url)
    none = subscribe(client, platform(types=("readers.*",)), hook.url)
    tell(app, OTHER, BRANCH, OTHER)
    until(client, platform(), made["id"], position=3)
    until(client, platform(), none["id"], position=3)
    assert hook.positions == [2]


def test_nothing_overtakes_what_failed_and_it_comes_again(
    app: FastAPI, client: httpx.Client, admin: Headers, hook: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RETRY_SECONDS", (0, 0, 0))
    hook.answers = [500, 302, 204]
    made = subscribe(client, admin, hook.url)
    tell(app, BRANCH, BRANCH)
    until(client, admin, made["id"], position=2, failures=0)
    assert hook.positions == [1, 1, 1, 2]
    assert len({headers["webhook-id"] for headers, _ in hook.got}) == 2
    assert [each["attempts"] for each in deliveries(client, admin, made["id"])] == [1, 3]


def test_a_target_that_is_never_reached_is_paused_says_so_and_goes_on_by_redelivery(
    app: FastAPI, client: httpx.Client, admin: Headers, hook: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RETRY_SECONDS", (0,))
    with nobody_there() as url:
        lost = subscribe(client, admin, url)
        hook.answers = [503, 503, 204]
        made = subscribe(client, admin, hook.url)
        tell(app, BRANCH, BRANCH)
        said = until(client, admin, lost["id"], state="paused")
        assert "can't be reached" in said["reason"]
    assert "it answered 503" in until(client, admin, made["id"], state="paused")["reason"]
    (failed,) = deliveries(client, admin, made["id"])
    again = client.post(f"/subscriptions/{made['id']}/deliveries/{failed['id']}/redelivery", headers=admin)
    assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (200, "delivered", 3)
    until(client, admin, made["id"], state="active", position=2, reason=None)
    assert hook.positions == [1, 1, 1, 2]


def test_a_target_that_is_gone_is_paused_at_once(app: FastAPI, client: httpx.Client, admin: Headers, hook: Target) -> None:
    hook.answers = [410]
    made = subscribe(client, admin, hook.url)
    tell(app, BRANCH)
    assert "410" in until(client, admin, made["id"], state="paused")["reason"]
    assert len(hook.got) == 1


def test_a_redirect_is_a_failure(app: FastAPI, client: httpx.Client, admin: Headers, hook: Target) -> None:
    with target() as private:
        hook.answers = [to(private.url)]
        made = subscribe(client, admin, hook.url)
        tell(app, BRANCH)
        until(client, admin, made["id"], failures=1)
        assert (deliveries(client, admin, made["id"])[0]["status"], private.got) == (307, [])


def test_a_slow_target_does_not_hold_up_another(app: FastAPI, client: httpx.Client, admin: Headers, hook: Target) -> None:
    with target() as slow:
        slow.answers = [lambda _: time.sleep(5)]
        subscribe(client, admin, slow.url)
        subscribe(client, admin, hook.url)
        tell(app, BRANCH, BRANCH)
        hook.wait_for(2, seconds=3)


def test_subscriptions_survive_a_restart(tmp_path: Path, storage: Storage, admin: Headers, hook: Target) -> None:
    first = library(tmp_path, storage=storage, webhooks_to_private_addresses=True)
    with client_of(first) as client:
        made = subscribe(client, admin, hook.url)
        tell(first, BRANCH)
        until(client, admin, made["id"], position=1)
    second = library(tmp_path, storage=storage, webhooks_to_private_addresses=True)
    tell(second, BRANCH)
    with client_of(second) as client:
        until(client, admin, made["id"], position=2)
    assert hook.positions == [1, 2]
    assert Webhook(made["secret"]).verify(hook.got[1][1], hook.got[1][0])


def test_the_secret_is_shown_once_and_lies_sealed(app: FastAPI, client: httpx.Client, admin: Headers, hook: Target) -> None:
    sent = {"url": hook.url}
    first = client.post("/subscriptions", headers=admin | {"Idempotency-Key": "k"}, json=sent)
    again = client.post("/subscriptions", headers=admin | {"Idempotency-Key": "k"}, json=sent)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert "secret" not in again.json()
    assert len(client.get("/subscriptions", headers=admin).json()["items"]) == 1
    secret = first.json()["secret"].removeprefix("whsec_").encode()
    connection = app.state.service.log.connection()
    stored = [connection.execute("SELECT * FROM subscriptions").fetchall(), connection.execute("SELECT * FROM answers").fetchall()]
    assert secret not in repr(stored).encode()


def test_a_subscription_is_its_owners(client: httpx.Client, admin: Headers, platform: Callable[..., Headers], hook: Target) -> None:
    made = subscribe(client, platform(), hook.url)
    path = f"/subscriptions/{made['id']}"
    for method, at in [("GET", path), ("GET", f"{path}/deliveries"), ("POST", f"{path}/deliveries/x/redelivery"), ("DELETE", path)]:
        assert client.request(method, at, headers=platform("another")).status_code == 404
    assert client.get("/subscriptions", headers=platform("another")).json()["items"] == []
    assert client.get(path, headers=admin).status_code == 200
    assert client.delete(path, headers=platform()).status_code == 204
    assert client.get(path, headers=platform()).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"url": ""}, {"url": "x"}, {"url": "http://[::1"}, {"url": "https://example.org/", "types": ["Ballots"]},
     {"url": "https://example.org/", "after": -1}, {"url": "https://example.org/", "secret": "mine"}],
)  # fmt: skip
def test_what_is_no_subscription(tmp_path: Path, admin: Headers, body: object) -> None:
    with client_of(library(tmp_path, webhooks_to_private_addresses=True)) as client:
        assert client.post("/subscriptions", headers=admin, json=body).status_code == 422


def test_private_targets_are_refused_unless_the_operator_allows_them(tmp_path: Path, admin: Headers) -> None:
    with client_of(library(tmp_path)) as client:
        refused = client.post("/subscriptions", headers=admin, json={"url": "https://192.168.0.1/"})
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_target")


def test_a_caller_has_so_many_at_most(client: httpx.Client, admin: Headers, hook: Target) -> None:
    for _ in range(20):
        subscribe(client, admin, hook.url)
    refused = client.post("/subscriptions", headers=admin, json={"url": hook.url})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_subscriptions")


@pytest.mark.spec("1.13")
@pytest.mark.parametrize(("rights", "positions", "state"), [((Right(OTHER),), [2], "active"), (None, [], "paused")])
def test_what_a_client_may_see_now_holds_for_its_webhooks(  # noqa: PLR0917 - three fixtures, three cases
    tmp_path: Path, issuer: Issuer, hook: Target, rights: tuple[Right, ...] | None, positions: list[int], state: str
) -> None:
    async def present(client_id: str) -> tuple[Right, ...] | None:
        assert client_id == "the-client"
        return rights

    app = library(tmp_path, webhooks_to_private_addresses=True)
    app.state.webhooks._rights_of = present
    grants = [{"role": "platform", "organization_id": BRANCH, "types": ["*"]}]
    bearer = {"Authorization": f"Bearer {issuer.sign({'sub': 'the-client', 'client_id': 'the-client', 'grants': grants}, 60)}"}
    with client_of(app) as client:
        made = subscribe(client, bearer, hook.url)
        tell(app, BRANCH, OTHER)
        said = until(client, bearer, made["id"], state=state, position=2 if rights else 0)
        assert (said["reason"] is None) == (state == "active")
    assert hook.positions == positions
