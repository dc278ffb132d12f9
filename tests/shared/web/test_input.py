"""What the edge takes and what it refuses: exact numbers, days, texts, sizes; no input makes a 5xx or is repeated in the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import create_model
from pydantic_core import PydanticCustomError

from shared.web import Body
from shared.web.fields import parse_score, parse_short_text, parse_text
from tests.shared.web.library import BOOK, BRANCH

GOOD: dict[str, Any] = {
    "count": 3,
    "is_good": True,
    "title": "固定日集中学习",
    "text": "第一行\n第二行",
    "score": 16.35,
    "on": "2026-06-30",
    "at": "2026-06-30T16:00:00+08:00",
    "period": "2026-H1",
    "id": BOOK.upper(),
}


def send(client: httpx.Client, **changed: object) -> httpx.Response:
    return client.post("/everything", json=GOOD | changed)


def send_raw(client: httpx.Client, body: bytes) -> httpx.Response:
    return client.post("/everything", content=body, headers={"Content-Type": "application/json"})


def test_what_is_right_comes_through_exactly(client: httpx.Client) -> None:
    answer = send(client).json()
    assert answer == GOOD | {"at": "2026-06-30T08:00:00Z", "id": BOOK, "scores": None, "tags": []}


@pytest.mark.spec("3.31")
@pytest.mark.parametrize("text", ["0.1", "0.29", "16.35", "20", "1e1", "0", "-0.5", "100.00", "16.350"])
def test_a_score_is_the_very_number_that_was_written(client: httpx.Client, text: str) -> None:
    answer = send_raw(client, json.dumps(GOOD).replace("16.35", text).encode())
    assert answer.status_code == 200
    assert json.loads(answer.text, parse_float=Decimal)["score"] == Decimal(text)


@pytest.mark.spec("3.31")
@pytest.mark.parametrize(
    "text",
    [
        "16.355",
        "16.350000000001",
        "16.35000000000000000000000001",
        "0.005",
        '"16.35"',
        "true",
        "null",
        "[1]",
        "{}",
        "1e400",
        "1e7",
        "-1e400",
    ],
)
def test_what_is_no_score_is_refused(client: httpx.Client, text: str) -> None:
    answer = send_raw(client, json.dumps(GOOD).replace("16.35", text).encode())
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/score"]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "01", "1.", ".5", "1e99999999999999999999", "1" * 5000])
def test_what_is_no_json_number_is_malformed(client: httpx.Client, text: str) -> None:
    answer = send_raw(client, json.dumps(GOOD).replace("16.35", text).encode())
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_json")
    assert [error["pointer"] for error in answer.json()["errors"]] == [""]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", "3"),
        ("count", 3.0),
        ("count", True),
        ("is_good", 1),
        ("is_good", "true"),
        ("title", 3),
        ("title", ""),
        ("title", "   "),
        ("title", "\u200b\u200b"),
        ("title", "a\nb"),
        ("title", "x" * 201),
        ("title", "e" + "\u0301" * 1000),
        ("title", "\u202egnp.exe"),
        ("title", "a\u0000b"),
        ("text", "x" * 4001),
        ("text", "bell\u0007"),
        ("on", "2026-02-30"),
        ("on", "2026-6-3"),
        ("on", "20260630"),
        ("on", "2026-06-30T00:00:00"),
        ("on", 1782777600),
        ("on", "1782777600"),
        ("on", "0001-01-01"),
        ("on", "9999-12-31"),
        ("on", "\uff12026-06-30"),
        ("at", "2026-06-30T16:00:00"),
        ("at", "2026-06-30"),
        ("at", "2026-06-30T25:00:00Z"),
        ("at", "0001-01-01T00:00:00+14:00"),
        ("at", 5),
        ("period", "2026-H3"),
        ("period", "2026"),
        ("period", 2026),
        ("id", "17"),
        ("id", 17),
        ("id", "{" + BOOK + "}"),
        ("unknown", 1),
        ("scores", {BOOK: {"conduct": "5"}}),
        ("scores", {"nobody": {"conduct": 5}}),
        ("tags", [1]),
    ],
)
def test_bad_input_is_named_by_its_place(client: httpx.Client, field: str, value: object) -> None:
    answer = send(client, **{field: value})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "invalid"
    assert all(error["pointer"].startswith(f"/{field}") and error["detail"] for error in problem["errors"])


def test_a_missing_field_is_named(client: httpx.Client) -> None:
    answer = client.post("/everything", json={name: value for name, value in GOOD.items() if name != "on"})
    assert answer.json()["errors"] == [{"pointer": "/on", "detail": "This is missing."}]


def test_a_score_in_the_depth_is_named_by_its_place(client: httpx.Client) -> None:
    answer = send(client, scores={BOOK: {"conduct": 5, "morality": 20.005}})
    assert answer.json()["errors"] == [{"pointer": f"/scores/{BOOK}/morality", "detail": "A score has at most two decimals."}]


def test_an_answer_never_repeats_what_was_sent(client: httpx.Client) -> None:
    answer = send(
        client, count="王小明 620725199001011234", title="王小明" * 100, on="王小明", period="王小明", id="王小明", is_good="王小明"
    )
    assert answer.status_code == 422
    assert "王小明" not in answer.text
    assert "620725" not in answer.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"a":' * 100_000, b'"\xff"', b'"\\ud800"', b"\xef\xbb\xbf{}", b"\x00", b"{}{}"]
)
def test_a_malformed_body_is_a_422(client: httpx.Client, body: bytes) -> None:
    assert send_raw(client, body).status_code == 422


@pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"text"', b"true"])
def test_a_body_that_is_no_object_is_a_422(client: httpx.Client, body: bytes) -> None:
    assert send_raw(client, body).status_code == 422


def test_a_body_that_does_not_say_it_is_json_is_refused(client: httpx.Client) -> None:
    answer = client.post("/everything", content=json.dumps(GOOD).encode(), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    assert "application/json" in answer.text


def test_more_than_two_megabytes_are_too_large(client: httpx.Client) -> None:
    answer = send_raw(client, b"[" * 2_000_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_of_unknown_length_is_counted(client: httpx.Client, admin: dict[str, str]) -> None:
    def pieces(count: int) -> Iterator[bytes]:
        return (b"x" * 100_000 for _ in range(count))

    assert client.post("/everything", content=pieces(21)).status_code == 413
    assert client.post("/imports", content=pieces(31), headers=admin).status_code == 413
    assert client.post("/imports", content=pieces(29), headers=admin).json() == {"bytes": 2_900_000}


@given(st.integers(min_value=-100_000_000, max_value=100_000_000))
def test_every_number_of_cents_is_a_score(cents: int) -> None:
    assert parse_score(Decimal(cents) / 100) == Decimal(cents) / 100


@given(st.text())
def test_a_text_that_is_taken_is_trimmed_visible_and_storable(text: str) -> None:
    try:
        taken = parse_text(text)
    except PydanticCustomError:
        return
    assert taken == taken.strip()
    assert taken.encode().decode() == taken
    assert 1 <= len(taken) <= 4000


@pytest.mark.parametrize("name", ["𠮷田", "㛃", "阿卜杜拉·买买提", "Åsa", "王\u3000明"])
def test_rare_characters_of_names_are_kept_as_they_are(name: str) -> None:
    assert parse_short_text(f"  {name} ") == name


@pytest.mark.parametrize("bare", [float, date, datetime, Decimal, UUID, list[date], float | None, dict[str, float]])
def test_a_body_with_a_type_that_would_take_other_kinds_of_values_can_not_be_made(bare: type) -> None:
    with pytest.raises(TypeError, match=r"use (Score|Day|Instant|Id) of"):
        create_model("Wrong", __base__=Body, field=(bare, ...))


def test_the_routes_of_other_methods_are_named(client: httpx.Client) -> None:
    answer = client.put(f"/payments/{BRANCH}")
    assert (answer.status_code, answer.headers["Allow"], answer.json()["code"]) == (405, "GET, POST", "method_not_allowed")


@pytest.mark.parametrize("path", ["/nothing", "/board/", "/BOARD", "//board", "/board/%00"])
def test_there_is_nothing_at_another_address(client: httpx.Client, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
