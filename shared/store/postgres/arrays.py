"""Arrays as PostgreSQL reads them from text: half of a small append's processor time went into the driver's general way to write them."""

from __future__ import annotations

from collections.abc import Iterable


def texts(values: Iterable[str]) -> str:
    """The literal of a text[]; any text but one with a NUL, which PostgreSQL has no place for."""
    return "{" + ",".join(['"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values]) + "}"


def numbers(values: Iterable[int]) -> str:
    """The literal of an integer[] or bigint[]."""
    return "{" + ",".join(map(str, values)) + "}"


def octets(values: Iterable[bytes]) -> str:
    """The literal of a bytea[]."""
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"
