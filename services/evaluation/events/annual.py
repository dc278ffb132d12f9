"""What happens at the year's end (spec, section 7): a branch's annual review meeting.

Streams:

- `annual-review/<annual review>`: the meeting, and the honours that follow from its grades (`events/honours.py`).
- `annual-review-of/<branch>/<year>`: which meeting graded the branch's members for the year; one.
"""

from __future__ import annotations

from datetime import date

import msgspec

from services.evaluation.events.reviews import Eligible
from services.evaluation.events.rulebooks import Annual
from shared.events import Event, TextRef, event


class Votes(msgspec.Struct, frozen=True):
    """How many votes each of the four grades got."""

    excellent: int
    qualified: int
    basically_qualified: int
    unqualified: int


class Grade(msgspec.Struct, frozen=True):
    """The grade of a full member, and the votes that decided on it."""

    member_id: str
    grade: str
    votes: Votes


class HalfYearLookedAt(msgspec.Struct, frozen=True):
    """What the meeting said of a half-year (`confirmed` or `corrected`), and what its review had come to by then.

    `review_id` is None where the branch has no review of it; `corrections` counts those made after confirmation.
    """

    period: str
    said: str
    review_id: str | None
    is_confirmed: bool
    corrections: int


@event("annual.annual-review-held.v1")
class AnnualReviewHeld(Event, frozen=True, kw_only=True):
    """A branch's annual review met on the day `held_on`. Stream `annual-review/<annual review>`.

    `state`: `held`, or `no_quorum`: then it looked at no half-year and graded nobody. `entitled` is the whole electorate of the day,
    `rule` what the rulebook says about the meeting. `excellent_reason` is there where more were excellent than the rule allows.
    """

    annual_review_id: str
    branch_id: str
    year: int
    held_on: date
    state: str
    rulebook_id: str
    version: int
    rule: Annual
    entitled: tuple[Eligible, ...]
    present: tuple[str, ...]
    grades: tuple[Grade, ...]
    half_years: tuple[HalfYearLookedAt, ...]
    excellent_reason: TextRef | None
    recorded_by: str


@event("annual.year-graded.v1")
class YearGraded(Event, frozen=True, kw_only=True):
    """The branch has its grades of the year from this meeting. Stream `annual-review-of/<branch>/<year>`."""

    annual_review_id: str
    branch_id: str
    year: int
