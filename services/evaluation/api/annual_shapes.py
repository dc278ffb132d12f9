"""What annual reviews look like in requests and answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from shared.web import Body, Day, HalfYearText, Id, Text

Grade = Literal["excellent", "qualified", "basically_qualified", "unqualified"]
Said = Literal["confirmed", "corrected"]
MeetingState = Literal["held", "no_quorum"]
MOST_MEMBERS = 2000
MOST_VOTES = 100_000
Count = Annotated[int, Field(ge=0, le=MOST_VOTES)]
Year = Annotated[int, Field(ge=1921, le=2200)]


class VotesBody(Body):
    """How many votes each grade got; one left out got none."""

    excellent: Count = 0
    qualified: Count = 0
    basically_qualified: Count = 0
    unqualified: Count = 0


class GradeBody(Body):
    """A member's grade and its votes."""

    grade: Grade
    votes: VotesBody


class AnnualReviewBody(Body):
    """A branch's annual review meeting. `half_years`: what it said of each half-year of the year."""

    branch_id: Id
    year: Year
    held_on: Day
    present: Annotated[tuple[Id, ...], Field(max_length=MOST_MEMBERS)]
    grades: Annotated[dict[Id, GradeBody], Field(max_length=MOST_MEMBERS)]
    excellent_reason: Text | None = None
    half_years: Annotated[dict[HalfYearText, Said], Field(max_length=2)]


class WarningAnswer(BaseModel):
    """Something that people should look at; beside `code` and `detail` stand the counts, ids or half-years that it is about."""

    code: Literal["no_quorum", "too_many_excellent", "without_grade", "half_year_unconfirmed"]
    detail: str
    model_config = {"extra": "allow"}


class AnnualReviewMade(BaseModel):
    """The meeting that was recorded."""

    id: str
    state: MeetingState
    warnings: list[WarningAnswer]


class GradeAnswer(BaseModel):
    """A member's grade and its votes."""

    grade: Grade
    votes: dict[Grade, int]


class HalfYearAnswer(BaseModel):
    """What the meeting said of a half-year, and what its review had come to by then."""

    said: Said
    review_id: str | None
    confirmed: bool
    corrections: int


class AnnualReviewAnswer(AnnualReviewMade):
    """One meeting: who was entitled and present, how many were needed, the grades. `quorum` and `majority` count members and votes."""

    branch_id: str
    year: int
    held_on: date
    rulebook_id: str
    version: int
    entitled: list[str]
    present: list[str]
    quorum: int
    majority: int
    grades: dict[str, GradeAnswer]
    excellent_reason: str | None
    half_years: dict[str, HalfYearAnswer]
    recorded_at: datetime
    recorded_by: str


Json = dict[str, Any]
