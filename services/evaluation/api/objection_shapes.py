"""What objections and corrections look like in requests and answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from shared.web import Body, Id, Score, ShortText, Text

Kind = Literal["result", "pledge", "notice", "finding"]
ObjectionState = Literal["open", "upheld", "dismissed"]


class AboutBody(Body):
    """What is objected to: `id` is that of a review (`result`), a pledge, a notice or a finding; `member_id` whose result it is."""

    kind: Kind
    id: Id
    member_id: Id | None = None


class ObjectionBody(Body):
    """An objection. `on_paper`: the secretary keys in what somebody wrote.

    From services alone: `organization_id` (of a notice), and `name` and `contact` of somebody who wants to be answered.
    """

    about: AboutBody
    text: Text
    on_paper: bool = False
    organization_id: Id | None = None
    name: ShortText | None = None
    contact: ShortText | None = None


class ObjectionMade(BaseModel):
    """`answer_by` is the last day on which it is answered in time; null while the calendar does not know it (`calendar_unknown`)."""

    id: str
    reference: str
    answer_by: date | None
    reason: Literal["calendar_unknown"] | None


class AboutAnswer(BaseModel):
    """What it is about."""

    kind: Kind
    id: str
    member_id: str | None


class DecisionAnswer(BaseModel):
    """How it was answered, by whom, and when. `reason` is null once it was erased; `score` the corrected result."""

    decision: Literal["upheld", "dismissed"]
    reason: str | None
    score: float | None
    decided_by: str
    decided_at: datetime


class ObjectionLine(BaseModel):
    """An objection in a list."""

    id: str
    reference: str
    about: AboutAnswer
    organization_id: str
    state: ObjectionState
    on_paper: bool
    raised_by: str | None
    raised_at: datetime
    answer_by: date | None
    reason: Literal["calendar_unknown"] | None


class ObjectionList(BaseModel):
    """A page of objections."""

    items: list[ObjectionLine]
    next: str | None


class ObjectionAnswer(ObjectionLine):
    """One objection. `text` is null once it was erased; `contact` is for those who answer, until the answer's term has run."""

    text: str | None
    contact: str | None
    decided: DecisionAnswer | None


class DecisionBody(Body):
    """A decision. `score`: the corrected result, of an objection upheld during publicity; `member_id` where it was about the whole."""

    decision: Literal["upheld", "dismissed"]
    reason: Text
    score: Score | None = None
    member_id: Id | None = None


class DecisionMade(BaseModel):
    """Where the objection stands, and whether results were published anew by it."""

    id: str
    state: ObjectionState
    results_published_anew: bool


class CauseBody(Body):
    """The upheld objection, or the finding, because of which a result is corrected; one of the two."""

    objection_id: Id | None = None
    finding_id: Id | None = None


class CorrectionBody(Body):
    """What a member's confirmed result should be, and why."""

    member_id: Id
    score: Score
    cause: CauseBody
    reason: Text


class CorrectionMade(BaseModel):
    """A correction that waits for a second person, or that one confirmed."""

    id: str
    state: Literal["unconfirmed", "confirmed"]
