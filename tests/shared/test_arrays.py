"""PostgreSQL reads our arrays as what went into them, whatever stands in a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from shared.store.postgres.arrays import numbers, octets, texts
from tests.postgres import fresh_database

TEXT = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"))
INTEGERS = some.lists(some.integers(-(2**63), 2**63 - 1))


@pytest.fixture(scope="module")
def server() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(fresh_database(), autocommit=True) as connection:
        yield connection


def read(server: psycopg.Connection[Any], kind: str, literal: str) -> list[Any]:
    row = server.execute(f"SELECT %s::{kind}[]".encode(), (literal,)).fetchone()
    assert row is not None
    return list(row[0])


@given(some.lists(TEXT))
@example(["", "NULL", "null", " ", "{}", ",", '"', "\\", '\\"', "\n\t", '{"a": "\\\\n"}', "王秀兰𠮷"])
@settings(max_examples=200, deadline=None)
def test_texts_come_back_as_they_were(server: psycopg.Connection[Any], values: list[str]) -> None:
    assert read(server, "text", texts(values)) == values


@given(INTEGERS)
@settings(max_examples=50, deadline=None)
def test_numbers_come_back_as_they_were(server: psycopg.Connection[Any], values: list[int]) -> None:
    assert read(server, "bigint", numbers(values)) == values


@given(some.lists(some.binary()))
@settings(max_examples=50, deadline=None)
def test_octets_come_back_as_they_were(server: psycopg.Connection[Any], values: list[bytes]) -> None:
    assert read(server, "bytea", octets(values)) == values
