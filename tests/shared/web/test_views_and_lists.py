"""Reads of views: one's own writes, what was said earlier, and lists by cursor."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest

from tests.shared.web.library import ADA, BRANCH

Headers = dict[str, str]


@pytest.fixture
def service(bearer: Callable[..., Headers]) -> Headers:
    return bearer("service")


def pay(client: httpx.Client, headers: Headers, member: str, fee: float) -> int:
    return int(client.post(f"/payments/{member}", headers=headers, json={"fee": fee}).headers["Event-Position"])


def test_one_reads_ones_own_writes(client: httpx.Client, service: Headers) -> None:
    before = client.get(f"/payments/{ADA}", headers=service).json()["fees"] or 0
    for number in range(1, 21):
        position = pay(client, service, ADA, 1)
        answer = client.get(f"/payments/{ADA}", headers=service, params={"min_position": position})
        assert answer.json()["fees"] == before + number


def test_a_position_that_does_not_come_is_a_503(client: httpx.Client, service: Headers) -> None:
    answer = client.get(f"/payments/{ADA}", headers=service, params={"min_position": 2**40})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "Retry-After" in answer.headers


@pytest.mark.parametrize("position", ["-1", "1.5", "x", "", "²", "9" * 19, "1" * 5000])
def test_what_is_no_position_is_refused(client: httpx.Client, service: Headers, position: str) -> None:
    answer = client.get(f"/payments/{ADA}", headers=service, params={"min_position": position})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/min_position"


@pytest.mark.parametrize("instant", ["yesterday", "2026-06-30", "2026-06-30T00:00:00", "2026-02-30T00:00:00Z", ""])
def test_what_is_no_instant_is_refused(client: httpx.Client, service: Headers, instant: str) -> None:
    answer = client.get(f"/payments/{ADA}", headers=service, params={"as_of": instant})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/as_of"


def test_what_the_view_said_earlier_is_said_again(client: httpx.Client, service: Headers, admin: Headers) -> None:
    first = pay(client, service, ADA, 5)
    said = client.get(f"/payments/{ADA}", headers=service, params={"min_position": first}).json()
    then = client.get("/clock", headers=admin).json()["now"]
    client.put("/clock", headers=admin, json={"now": then.replace("2026", "2027")})
    last = pay(client, service, ADA, 7)
    now = client.get(f"/payments/{ADA}", headers=service, params={"min_position": last}).json()
    assert now["fees"] == said["fees"] + 7
    assert client.get(f"/payments/{ADA}", headers=service, params={"as_of": then, "min_position": last}).json() == said
    assert client.get(f"/payments/{ADA}", headers=service, params={"as_of": "2001-01-01T00:00:00Z"}).json() == {"fees": None}


def test_a_list_by_cursor_shows_each_row_once(client: httpx.Client, service: Headers, secretary: Headers) -> None:
    readers = [str(uuid4()) for _ in range(7)]
    last = max(pay(client, service, reader, 3.25) for reader in readers)
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = client.get("/payments", headers=secretary, params={"limit": 3, "min_position": last, **after}).json()
        assert len(page["items"]) <= 3
        seen += [item["reader"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(set(seen))
    assert set(readers) <= set(seen)


def test_a_page_that_just_fits_is_the_last_one(client: httpx.Client, service: Headers, secretary: Headers) -> None:
    position = pay(client, service, str(uuid4()), 1)
    whole = client.get("/payments", headers=secretary, params={"min_position": position}).json()
    count = len(whole["items"])
    assert client.get("/payments", headers=secretary, params={"limit": count}).json() == whole
    assert client.get("/payments", headers=secretary, params={"limit": count - 1}).json()["next"] is not None


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1.5", ""])
def test_a_limit_lies_within_1_and_500(client: httpx.Client, secretary: Headers, limit: str) -> None:
    answer = client.get("/payments", headers=secretary, params={"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/limit"


@pytest.mark.parametrize(
    "cursor", ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAA", "bm90IG91cnMgYXQgYWxs", "!!!", "读", "x" * 2000, "x" * 2001, "W10="]
)
def test_a_made_up_cursor_is_refused(client: httpx.Client, secretary: Headers, cursor: str) -> None:
    answer = client.get("/payments", headers=secretary, params={"after": cursor})
    assert (answer.status_code, answer.json()["code"]) in {(422, "bad_cursor"), (422, "invalid")}


def test_a_changed_cursor_is_refused(client: httpx.Client, service: Headers, secretary: Headers) -> None:
    for _ in range(2):
        pay(client, service, str(uuid4()), 1)
    time.sleep(0.3)
    cursor = client.get("/payments", headers=secretary, params={"limit": 1}).json()["next"]
    assert client.get("/payments", headers=secretary, params={"limit": 1, "after": cursor}).status_code == 200
    for changed in (cursor[:-1] + ("A" if cursor[-1] != "A" else "Q"), cursor[1:], cursor + "AAAA", "A" + cursor[1:]):
        assert client.get("/payments", headers=secretary, params={"after": changed}).status_code == 422


def test_scores_are_json_numbers(client: httpx.Client, service: Headers) -> None:
    reader = ADA
    position = pay(client, service, reader, 0.1)
    text = client.get(f"/payments/{reader}", headers=service, params={"min_position": position}).text
    assert Decimal(text.removeprefix('{"fees":').removesuffix("}"))


def test_the_page_of_another_list_is_no_cursor_here(client: httpx.Client, secretary: Headers) -> None:
    answer = client.get("/payments", headers=secretary, params={"after": "x", "branch_id": BRANCH})
    assert answer.json()["code"] == "bad_cursor"
