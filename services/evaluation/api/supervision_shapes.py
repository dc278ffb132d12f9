"""Bodies and answers about inspections, findings, circulars and the responsibility score."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.evaluation.api.entry_shapes import Number
from services.evaluation.api.evidence import MOST_PIECES, EvidenceAnswer, EvidenceBody
from services.evaluation.api.obligation_shapes import ObligationLine
from shared.calendar import FIRST_YEAR, LAST_YEAR
from shared.web import Body, Day, Id, Score, Text

FindingKind = Literal["poor_implementation", "falsification", "unfair_selection", "late_disclosure"]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
MOST_FINDINGS = 100


class InspectionBody(Body):
    """A branch was inspected on the day `on`; what was found counts in the responsibility score of `year`."""

    branch_id: Id
    year: Year
    on: Day


class FindingBody(Body):
    """What was found, with evidence. `deduction`: left out, the rulebook's amount for this kind. `lead_id`: the lead that led to it."""

    kind: FindingKind
    text: Text
    evidence: Annotated[tuple[EvidenceBody, ...], Field(min_length=1, max_length=MOST_PIECES)]
    lead_id: Id | None = None
    deduction: Score | None = None


class TextBody(Body):
    """What is said."""

    text: Text


class ReversalBody(Body):
    """Why the finding does not stand. `circular_text`: what its circular says from now on, where other findings of it stand."""

    reason: Text
    circular_text: Text | None = None


class CircularBody(Body):
    """A circular about findings of one inspection."""

    finding_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST_FINDINGS)]
    text: Text


class Made(BaseModel):
    """The id of what was made."""

    id: str


class FindingMade(BaseModel):
    """The finding; `deduction` counts once a circular names it."""

    id: str
    deduction: Number


class CircularAfter(BaseModel):
    """What became of the circular of a reversed finding."""

    id: str
    state: Literal["corrected", "withdrawn"]


class FindingReversedAnswer(BaseModel):
    """The finding that does not stand any more; `circular` is null where none named it."""

    id: str
    state: Literal["reversed"]
    circular: CircularAfter | None


class FindingAnswer(BaseModel):
    """A finding as it stands. Texts are null where they can't be read any more; `lead_id` is for the county's supervisor alone."""

    id: str
    kind: FindingKind
    text: str | None
    evidence: list[EvidenceAnswer]
    deduction: Number
    state: Literal["found", "in_circular", "reversed"]
    circular_id: str | None
    reversal_reason: str | None
    lead_id: str | None
    rulebook_id: str
    version: int
    recorded_at: datetime
    recorded_by: str


class ResponseAnswer(BaseModel):
    """An answer of the branch."""

    id: str
    text: str | None
    recorded_at: datetime
    recorded_by: str


class CircularCorrection(BaseModel):
    """What a circular said from then on, after the finding `because_of` was reversed."""

    text: str | None
    finding_ids: list[str]
    because_of: str
    recorded_at: datetime
    recorded_by: str


class CircularAnswer(BaseModel):
    """A circular as it was issued and the findings that it named; `corrections`: what it said later, in order."""

    id: str
    text: str | None
    finding_ids: list[str]
    state: Literal["current", "corrected", "withdrawn"]
    corrections: list[CircularCorrection]
    recorded_at: datetime
    recorded_by: str


class InspectionAnswer(BaseModel):
    """An inspection with all that came of it. `organization_id`: who inspects."""

    id: str
    branch_id: str
    organization_id: str
    year: int
    on: date
    recorded_at: datetime
    recorded_by: str
    findings: list[FindingAnswer]
    responses: list[ResponseAnswer]
    circulars: list[CircularAnswer]


class CountedFinding(BaseModel):
    """A finding of the year; `counted`: what it takes from the score, 0 while no circular names it and once it is reversed."""

    id: str
    inspection_id: str
    kind: FindingKind
    deduction: Number
    counted: Number
    state: Literal["found", "in_circular", "reversed"]
    circular_id: str | None


class ResponsibilityAnswer(BaseModel):
    """A branch's responsibility score of a year, what made it, and what the branch owes. `leads`: for the county's supervisor alone."""

    branch_id: str
    year: int
    start: Number
    score: Number
    findings: list[CountedFinding]
    overdue: list[ObligationLine]
    leads: list[dict[str, Any]] = []
