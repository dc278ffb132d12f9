"""Bodies and answers about pledges."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.evaluation.api.evidence import EvidenceAnswer, EvidenceList
from shared.web import Body, Day, HalfYearText, Id, Text

Theme = Literal["theory_study", "industry", "mediation", "helping", "customs", "environment"]
State = Literal["drafted", "submitted", "returned", "approved", "announced", "evaluated"]
Outcome = Literal["fulfilled", "partly", "unfulfilled"]
MOST_PLEDGES = 150


class PledgeBody(Body):
    """What a member promises for a half-year: an action, a measurable target, a due date. It is submitted unless it is a `draft`.

    When a pledge is written anew, it is handed in at once only where `draft` is false, said outright.
    """

    member_id: Id
    period: HalfYearText
    theme: Theme
    action: Text
    target: Text
    due_on: Day
    draft: bool | None = None


class NoBody(Body):
    """Nothing has to be said."""


class ReviewBody(Body):
    """The branch approves a pledge, or returns it with a reason."""

    decision: Literal["approved", "returned"]
    reason: Text | None = None


class AnnouncementBody(Body):
    """The pledges that one meeting announced."""

    branch_id: Id
    on: Day
    pledge_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST_PLEDGES)]


class ProgressBody(Body):
    """What has come of it so far."""

    note: Text
    evidence: EvidenceList = ()


class EvaluationBody(Body):
    """What came of it, and why the branch thinks so."""

    outcome: Outcome
    reason: Text


class PledgeMade(BaseModel):
    """The pledge and its state now."""

    id: str
    state: State


class AnnouncementMade(BaseModel):
    """The announcement, and the pledges that it announced."""

    id: str
    pledge_ids: list[str]


class PledgeLine(BaseModel):
    """A pledge among others. Texts are null once the member was erased; `reports` counts the reports of progress."""

    id: str
    member_id: str
    branch_id: str
    period: str
    theme: Theme
    action: str | None
    target: str | None
    due_on: date
    state: State
    outcome: Outcome | None
    announced_on: date | None
    reports: int
    reported_at: datetime | None


class PledgeList(BaseModel):
    """A page of pledges."""

    items: list[PledgeLine]
    next: str | None


class PledgeStep(BaseModel):
    """One step of a pledge; `text` is the reason or note that was given with it."""

    event: str
    recorded_at: datetime
    recorded_by: str
    position: int
    text: str | None
    evidence: list[EvidenceAnswer]


class PledgeAnswer(BaseModel):
    """A pledge with its history."""

    id: str
    member_id: str
    branch_id: str
    period: str
    theme: Theme
    action: str | None
    target: str | None
    due_on: date
    state: State
    outcome: Outcome | None
    history: list[PledgeStep]
