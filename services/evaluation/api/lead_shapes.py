"""Bodies and answers about leads and examinations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.evaluation.api.entry_shapes import Number
from shared.web import Body, HalfYearText, Id, Text

Asked = Literal["secretary", "committee", "members"]
LeadState = Literal["open", "looked_at", "explained", "finding", "closed"]


class Sentence(BaseModel):
    """The same in Chinese and in English."""

    zh: str
    en: str


class LeadAnswer(BaseModel):
    """A lead: something to look at, never a finding. `q` is 0 and `error_bound` `exact` where it is a fact.

    `entity`, `entity2`: the branch, or labels made for this lead. `effect`: docs/fairness.md says in what. `gone`: found before, and no
    more. `examination_id` is null for a fact that no examination has recorded yet; such a one has no life of its own.
    """

    id: str
    examination_id: str | None
    indicator: str
    level: Literal["note", "look", "formal"]
    from_period: str
    period: str
    branch_id: str
    review_id: str | None
    entity: str
    entity2: str | None
    effect: Number
    q: Number
    sample: int
    error_bound: str
    certainty: Sentence
    sentence: Sentence
    innocent_explanations: Sentence
    refuted_by: Sentence
    rests_on: dict[str, str | None]
    rule_version: str
    state: LeadState
    gone: bool


class LeadList(BaseModel):
    """The leads of a half-year; unpaged, since they are graded together."""

    items: list[LeadAnswer]
    next: None


class ScoreBehind(BaseModel):
    """One of the scores behind a lead: `by` whom and `of` whom (labels of this lead), against what is `usual`."""

    by: str | None
    of: str | None
    period: str
    score: Number
    usual: Number | None


class AnswerGiven(BaseModel):
    """What one of those concerned said; of a member by its label. Texts are null where they can't be read any more."""

    id: str
    role: Literal["secretary", "committee", "member"]
    by: str | None
    text: str | None
    recorded_at: datetime


class LeadStep(BaseModel):
    """One step of the lead's life."""

    event: str
    recorded_at: datetime
    recorded_by: str | None


class LeadPortrait(LeadAnswer):
    """A lead with all that belongs to it. `scores`: 3 to 10; empty once the ballots' key is destroyed, and for those who were asked.

    `you`: the label of the caller where the lead is about it. `answers`, `explanation`, `history`: for the supervisor alone.
    """

    scores: list[ScoreBehind]
    you: str | None
    asked: list[Asked]
    answers: list[AnswerGiven]
    explanation: str | None
    closing_reason: str | None
    finding_id: str | None
    history: list[LeadStep]


class QuestionBody(Body):
    """Whom to ask: the branch's secretary, its committee, the members whom the lead is about."""

    asked: Annotated[tuple[Asked, ...], Field(min_length=1, max_length=3)]


class AnswerBody(Body):
    """What one has to say about the lead."""

    text: Text


class ClosingBody(Body):
    """Why the lead is closed; needed where it was neither explained nor followed by a finding, and is not gone."""

    reason: Text | None = None


class LeadMoved(BaseModel):
    """The lead as it stands now."""

    id: str
    state: LeadState


class AnswerMade(BaseModel):
    """The id of the answer."""

    id: str


class ExaminationBody(Body):
    """What to examine: all branches of the organisation, from one half-year through another (by default four that end with `period`)."""

    organization_id: Id
    period: HalfYearText
    from_period: HalfYearText | None = None


class ExaminationStarted(BaseModel):
    """It has begun; GET /examinations/{id} says when it is held."""

    id: str
    state: Literal["running"]


class RuleOfReviews(BaseModel):
    """A version of a rulebook under which reviews were held."""

    rulebook_id: str
    version: int


class ExaminationAnswer(BaseModel):
    """An examination: over what, and what it came to. What it came to is null while it is `running`, or when it has `failed`.

    `from_position` to `to_position`: the part of the log that it read; `checkpoint`: the size and root of the log that it was held under;
    `method` and `code`: the rules of the leads, and the hash of the program; `result`: repeating it gives the same.
    """

    id: str
    organization_id: str
    from_period: str
    period: str
    state: Literal["running", "held", "failed"]
    begun_at: datetime
    begun_by: str
    held_at: datetime | None
    branches: int
    from_position: int | None
    to_position: int
    checkpoint: dict[str, str | int] | None
    rules: list[RuleOfReviews]
    method: str | None
    code: str | None
    seed: int | None
    reviews: int | None
    ballots: int | None
    unreadable: int | None
    scores: int | None
    leads: int | None
    notes: int | None
    gone: int | None
    result: str | None
    cause: str | None


class RepetitionAnswer(BaseModel):
    """Whether repeating the examination over the same positions gave the same; nothing was stored."""

    same: bool
    result: str
    repeated: str
