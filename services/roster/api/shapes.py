"""Shapes that several routers of the roster share."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from shared.store import Stored

RawName = Annotated[str, Field(min_length=1, max_length=4000)]
"""A name as it was typed; the domain says what a proper name is (60 characters for people, 100 for organisations)."""
Status = Literal["full", "probationary", "suspended", "left", "deceased"]
PostName = Literal["secretary", "deputy", "committee", "group_leader", "village_committee"]
Gender = Literal["male", "female"]


class Created(BaseModel):
    """What was made."""

    id: str


class Listed(BaseModel):
    """A member in a list, as it was on the day that was asked for. `name` is null once the profile was erased."""

    id: str
    name: str | None
    branch_id: str
    group_id: str | None
    status: Status
    floating: bool
    joined_on: date


class ListAnswer(BaseModel):
    """A page of members."""

    items: list[Listed]
    next: str | None


def created_id(stored: Stored) -> str:
    """The id of what was made: that in the name of the first stream which was written."""
    return stored.recorded[0].stream.partition("/")[2]
