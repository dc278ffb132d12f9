"""The same request twice is done once and answered twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.shared.web.library import ADA, BRANCH, TOWN

Headers = dict[str, str]


def lend(client: httpx.Client, headers: Headers, key: str | None, book: str, *, days: int = 1, path: str = "/loans") -> httpx.Response:
    with_key = headers if key is None else headers | {"Idempotency-Key": key}
    return client.post(path, headers=with_key, json={"book": book, "branch_id": BRANCH, "days": days})


@pytest.fixture
def book() -> str:
    return str(uuid4())


@pytest.fixture
def key() -> str:
    return str(uuid4())


def head(client: httpx.Client, admin: Headers) -> int:
    return int(client.get("/events", params={"after": 0, "limit": 1000}, headers=admin).json()["next"])


def test_the_first_answer_comes_again_and_nothing_is_stored(
    client: httpx.Client, secretary: Headers, admin: Headers, key: str, book: str
) -> None:
    first = lend(client, secretary, key, book)
    before = head(client, admin)
    again = lend(client, secretary, key, book)
    assert (first.status_code, first.headers["Event-Position"]) == (201, str(first.json()["position"]))
    assert (again.status_code, again.content, again.headers["Event-Position"]) == (201, first.content, first.headers["Event-Position"])
    assert head(client, admin) == before


def test_without_a_key_it_is_done_twice(client: httpx.Client, secretary: Headers, book: str) -> None:
    first, second = (lend(client, secretary, None, book).json()["position"] for _ in range(2))
    assert second > first


def test_another_body_under_the_same_key_is_refused(client: httpx.Client, secretary: Headers, key: str, book: str) -> None:
    lend(client, secretary, key, book)
    answer = lend(client, secretary, key, book, days=2)
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


def test_another_thing_of_the_same_route_under_the_same_key_is_refused(
    client: httpx.Client, bearer: Callable[..., Headers], key: str
) -> None:
    headers = bearer("service") | {"Idempotency-Key": key}
    assert client.post(f"/payments/{ADA}", headers=headers, json={"fee": 1}).status_code == 204
    answer = client.post(f"/payments/{uuid4()}", headers=headers, json={"fee": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


def test_an_answer_without_a_body_comes_again_too(client: httpx.Client, bearer: Callable[..., Headers], key: str) -> None:
    headers = bearer("member", member=ADA) | {"Idempotency-Key": key}
    first, again = (client.post(f"/payments/{ADA}", headers=headers, json={"fee": 2.5}) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content) == (204, b"")
    assert first.headers["Event-Position"] == again.headers["Event-Position"]


def test_a_key_belongs_to_its_caller_and_route(
    client: httpx.Client, secretary: Headers, bearer: Callable[..., Headers], key: str, book: str
) -> None:
    mine = lend(client, secretary, key, book).json()
    theirs = lend(client, bearer("branch_secretary", organization=TOWN), key, book).json()
    other_route = lend(client, secretary, key, book, path="/slow-loans").json()
    assert len({mine["position"], theirs["position"], other_route["position"]}) == 3


def test_a_key_used_under_an_old_token_is_answered_under_a_new_one(
    client: httpx.Client, bearer: Callable[..., Headers], signed: Callable[..., Headers], key: str, book: str
) -> None:
    grants = [{"role": "branch_secretary", "organization_id": BRANCH}]
    first = lend(client, signed(sub="one", member_id=ADA, grants=grants), key, book)
    again = lend(client, signed(sub="two", member_id=ADA, grants=grants), key, book)
    assert first.json() == again.json()


def test_quotes_around_a_key_are_no_part_of_it(client: httpx.Client, secretary: Headers, key: str, book: str) -> None:
    assert lend(client, secretary, key, book).json() == lend(client, secretary, f'"{key}"', book).json()


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "käse", '""', "a\tb"])
def test_what_is_no_key_is_refused(client: httpx.Client, secretary: Headers, key: str, book: str) -> None:
    headers = [*secretary.items(), ("Idempotency-Key", key.encode())]
    answer = client.post("/loans", headers=headers, json={"book": book, "branch_id": BRANCH, "days": 1})  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_key")


@pytest.mark.parametrize("begin", ["!", "~", 'a"b', "x" * 163, '{"a":1}'])
def test_every_visible_character_may_stand_in_a_key(client: httpx.Client, secretary: Headers, begin: str, book: str) -> None:
    first, again = (lend(client, secretary, f"{begin}-{book}", book) for _ in range(2))
    assert first.status_code == 201
    assert again.json() == first.json()


def test_while_the_first_is_running_the_second_is_told_so(client: httpx.Client, secretary: Headers, key: str, book: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: lend(client, secretary, key, book, path="/slow-loans"), range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "key_in_flight"
    assert lend(client, secretary, key, book, path="/slow-loans").status_code == 201


def test_a_refusal_is_not_kept(client: httpx.Client, secretary: Headers, bearer: Callable[..., Headers], key: str, book: str) -> None:
    assert lend(client, secretary, key, book, days=101).json()["code"] == "too_many_days"
    assert lend(client, secretary, key, book, days=3).status_code == 201
    assert lend(client, bearer("member", member=ADA), key, book).status_code == 403
    assert lend(client, bearer("branch_secretary", "member", member=ADA, organization=BRANCH), key, book).status_code == 201


def test_of_a_body_only_a_keyed_hash_is_kept(client: httpx.Client, secretary: Headers, key: str, book: str, folder: Path) -> None:
    note = "这是给王小明的书" + book
    client.post("/loans", headers=secretary | {"Idempotency-Key": key}, json={"book": book, "branch_id": BRANCH, "days": 1, "note": note})
    stored = b"".join(path.read_bytes() for path in folder.rglob("*.db*"))
    assert key.encode() in stored
    assert note.encode() not in stored
