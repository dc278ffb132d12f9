"""Answers about obligations."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel

ObligationState = Literal["open", "overdue", "met"]


class ObligedAnswer(BaseModel):
    """Who owes it: an organisation, by its kind in the roster."""

    organization_id: str
    kind: str


class AboutAnswer(BaseModel):
    """What it is about: the half-year or year, and the review, pledge, objection or inspection by its id."""

    period: str | None
    branch_id: str
    id: str | None


class ObligationLine(BaseModel):
    """What somebody owes.

    `due_on`: the last day on which it is in time; null while the calendar does not know it (`reason`: `calendar_unknown`).
    `since`: `open` since when it can be done, `overdue` since the day after it was due, `met` on which day. `late`: met after it was due.
    """

    kind: str
    who: ObligedAnswer
    state: ObligationState
    due_on: date | None
    since: date
    late: bool
    about: AboutAnswer
    reason: str | None


class ObligationList(BaseModel):
    """A page of obligations, the earliest due first."""

    items: list[ObligationLine]
    next: str | None
