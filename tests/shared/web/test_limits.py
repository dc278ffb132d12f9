"""Open routes that take something in: so many calls a minute from one address, then 429 that says when to come again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.web import TooMany
from shared.web.limits import MOST_ADDRESSES, Limits
from shared.web.openapi import document
from tests.shared.web.library import TABLE, library
from tests.shared.web.serving import client_of

REMARK = {"text": "字太小"}


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Limits:
    return Limits(3, clock)


def refused_for(limits: Limits, address: str, route: str = "POST /remarks") -> int:
    """After how many seconds to come again; 0 where the call was taken."""
    try:
        limits.count(route, address)
    except TooMany as refusal:
        return refusal.retry_after
    return 0


def test_three_calls_are_taken_and_the_fourth_is_told_when_to_come_again(limits: Limits, clock: Clock) -> None:
    assert [refused_for(limits, "203.0.113.5") for _ in range(4)] == [0, 0, 0, 20]
    clock.seconds += 19
    assert refused_for(limits, "203.0.113.5") == 1
    clock.seconds += 1
    assert [refused_for(limits, "203.0.113.5") for _ in range(2)] == [0, 20]


def test_a_pause_never_saves_up_more_than_a_minutes_calls(limits: Limits, clock: Clock) -> None:
    refused_for(limits, "203.0.113.5")
    clock.seconds += 3600
    assert [refused_for(limits, "203.0.113.5") for _ in range(4)] == [0, 0, 0, 20]


def test_other_addresses_and_other_routes_have_their_own(limits: Limits) -> None:
    for _ in range(3):
        limits.count("POST /remarks", "203.0.113.5")
    assert refused_for(limits, "203.0.113.6") == 0
    assert refused_for(limits, "203.0.113.5", "POST /token") == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("203.0.113.5", "::ffff:203.0.113.5"), ("", "")],
)
def test_addresses_of_one_caller_are_counted_together(limits: Limits, first: str, second: str) -> None:
    assert [refused_for(limits, address) for address in (first, second, first, second)] == [0, 0, 0, 20]


def test_ipv6_networks_are_counted_apart(limits: Limits) -> None:
    assert [refused_for(limits, f"2001:db8:1:{n}::1") for n in range(5)] == [0] * 5


def test_a_flood_from_many_addresses_takes_no_more_memory(limits: Limits) -> None:
    for number in range(MOST_ADDRESSES + 500):
        limits.count("POST /remarks", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limits._buckets) == MOST_ADDRESSES


def test_who_called_a_minute_ago_is_forgotten(limits: Limits, clock: Clock) -> None:
    limits.count("POST /remarks", "203.0.113.5")
    clock.seconds += 60
    limits.count("POST /remarks", "203.0.113.6")
    assert len(limits._buckets) == 1


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[httpx.Client]:
    with client_of(library(tmp_path, open_calls_a_minute=2)) as client:
        yield client


def test_the_route_answers_429_with_retry_after_and_others_go_on(narrow: httpx.Client) -> None:
    assert [narrow.post("/remarks", json=REMARK).status_code for _ in range(2)] == [201, 201]
    refused = narrow.post("/remarks", json=REMARK)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert narrow.get("/board").status_code == 200


def test_a_call_that_is_refused_for_its_input_counts_too(narrow: httpx.Client) -> None:
    assert [narrow.post("/remarks", content=b"{").status_code for _ in range(3)] == [422, 422, 429]


def test_no_limit_where_the_operator_wants_none(tmp_path: Path) -> None:
    with client_of(library(tmp_path, open_calls_a_minute=0)) as client:
        assert {client.post("/remarks", json=REMARK).status_code for _ in range(50)} == {201}


def test_the_document_says_so(tmp_path: Path) -> None:
    app = library(tmp_path)
    answers = document(app, {**TABLE, **app.state.service.table})["paths"]["/remarks"]["post"]["responses"]
    assert "`too_many`" in answers["429"]["description"]
    app.state.service.log.close()
