"""The annual review meeting (spec, section 7): it looks at both half-years, and grades each full member with votes counted.

At least a share of those entitled must attend (default one half), else the meeting has no quorum and grades nobody. A grade passes with
more than a share of those entitled (default one half). More than a share of excellent ones (default one third) is a warning that
needs a reason. A probationary member takes part and gets no grade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.evaluation.domain.annual_votes import (
    EXCELLENT,
    Meeting,
    is_too_many,
    majority,
    quorum,
    require_entitled,
    require_gradable,
    require_majorities,
    require_reason,
    require_votes,
)
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.events.annual import AnnualReviewHeld, Grade, HalfYearLookedAt, YearGraded
from services.evaluation.events.honours import HonourGiven
from shared.calendar import HalfYear
from shared.errors import Conflict, Invalid, Unknown
from shared.events import Recorded

HELD, NO_QUORUM = "held", "no_quorum"
CONFIRMED, CORRECTED = "confirmed", "corrected"


class UnknownAnnualReview(Unknown):
    """No annual review under this id."""

    code = "unknown_annual_review"
    sentence = "There is no annual review under this id."


class AlreadyGraded(Conflict):
    """A branch's members are graded once a year."""

    code = "annual_review_held"
    sentence = "This branch has held its annual review of the year; a doubt about it is an objection, not a second meeting."


class HeldInFuture(Invalid):
    """A meeting is recorded when it has taken place."""

    code = "meeting_in_future"
    sentence = "The meeting lies in the future; record it when it has taken place."


class HeldBeforeYear(Invalid):
    """Nobody is graded for a year that has not begun."""

    code = "meeting_before_year"
    sentence = "The meeting lies before the year that it reviews; check `held_on` and `year`."


class HalfYearsNotLookedAt(Invalid):
    """The meeting looks at both half-years of its year, and says what they came to."""

    code = "half_years_not_looked_at"
    sentence = "The meeting confirms both half-years of its year or notes that they were corrected; the errors say what does not fit."


@dataclass(frozen=True)
class Warned:
    """Something about a meeting that people should look at; `facts` are counts, ids and half-years."""

    code: str
    detail: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class AnnualReview:
    """A meeting as its stream tells it, and the honours that followed."""

    fact: AnnualReviewHeld
    recorded: Recorded
    honours: tuple[HonourGiven, ...] = ()


def evolve(review: AnnualReview | None, recorded: Recorded) -> AnnualReview | None:
    """The meeting after one more event of `annual-review/<annual review>`."""
    match recorded.event:
        case AnnualReviewHeld() as e:
            return AnnualReview(e, recorded)
        case HonourGiven() as e if review is not None:
            return AnnualReview(review.fact, review.recorded, (*review.honours, e))
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to an annual review")


def graded_by(_: str | None, recorded: Recorded) -> str | None:
    """Which meeting graded the branch, after one more event of `annual-review-of/<branch>/<year>`."""
    match recorded.event:
        case YearGraded() as e:
            return e.annual_review_id
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to the list of annual reviews")


def known(review: AnnualReview | None) -> AnnualReview:
    """The meeting; raises UnknownAnnualReview where there is none."""
    if review is None:
        raise UnknownAnnualReview
    return review


# The meeting


def require_possible_day(held_on: date, year: int, today: date) -> None:
    """Raises HeldInFuture, HeldBeforeYear."""
    if held_on > today:
        raise HeldInFuture(errors=[("/held_on", HeldInFuture.sentence)])
    if held_on.year < year:
        raise HeldBeforeYear(errors=[("/held_on", HeldBeforeYear.sentence)])


def hold(meeting: Meeting, reviews: Mapping[str, Review | None], in_force: RulesInForce, earlier: str | None, by: str) -> AnnualReviewHeld:
    """The meeting as it is recorded: `held`, or `no_quorum` with nobody graded. `reviews`: each half-year's review of the branch.

    Raises:
        NotEntitled, NotGradable, MoreVotesThanPresent, MajorityMissing, HalfYearsNotLookedAt, ExcellentReasonMissing.
        AlreadyGraded: an earlier meeting of the branch graded its members for the year.
    """
    rule, entitled = in_force.rules.annual, len(meeting.entitled)
    require_entitled(meeting)
    require_gradable(meeting)
    require_votes(meeting)
    is_quorate = entitled > 0 and len(meeting.present) >= quorum(entitled, rule)
    if is_quorate:
        require_majorities(meeting, majority(entitled, rule))
        require_reason(meeting, rule)
    looked_at = _looked_at(meeting, reviews) if is_quorate else ()
    if earlier is not None:
        raise AlreadyGraded(annual_review_id=earlier)
    return AnnualReviewHeld(
        annual_review_id=meeting.annual_review_id,
        branch_id=meeting.branch_id,
        year=meeting.year,
        held_on=meeting.held_on,
        state=HELD if is_quorate else NO_QUORUM,
        rulebook_id=in_force.rulebook_id,
        version=in_force.version,
        rule=rule,
        entitled=meeting.entitled,
        present=meeting.present,
        grades=tuple(Grade(member, one.grade, one.votes) for member, one in meeting.grades.items()) if is_quorate else (),
        half_years=looked_at,
        excellent_reason=meeting.excellent_reason if is_quorate else None,
        recorded_by=by,
    )


def _looked_at(meeting: Meeting, reviews: Mapping[str, Review | None]) -> tuple[HalfYearLookedAt, ...]:
    errors = [(f"/half_years/{period}", "is no half-year of this year") for period in meeting.half_years if period not in reviews]
    errors += [
        (f"/half_years/{period}", "is missing") for period, one in reviews.items() if one is not None and period not in meeting.half_years
    ]
    found = tuple(_state_of(period, meeting.half_years[period], one) for period, one in reviews.items() if period in meeting.half_years)
    for one in found:
        if one.is_confirmed and one.said == CONFIRMED and one.corrections:
            errors.append((f"/half_years/{one.period}", "was corrected after its confirmation; the meeting notes that"))
        if one.said == CORRECTED and not _was_corrected(reviews[one.period]):
            errors.append((f"/half_years/{one.period}", "was never corrected; a doubt of the meeting is recorded as an objection first"))
    if errors:
        raise HalfYearsNotLookedAt(errors=errors)
    return found


def _state_of(period: str, said: str, review: Review | None) -> HalfYearLookedAt:
    if review is None:
        return HalfYearLookedAt(period, said, None, is_confirmed=False, corrections=0)
    after_confirmation = sum(one.fact.correction_id is not None for one in review.corrections)
    return HalfYearLookedAt(period, said, review.id, review.phase is Phase.CONFIRMED, after_confirmation)


def _was_corrected(review: Review | None) -> bool:
    return review is not None and bool(review.corrections)


# What follows


def honours_of(held: AnnualReviewHeld, new_id: Callable[[], str]) -> list[HonourGiven]:
    """An honour for each member that was graded excellent."""
    return [
        HonourGiven(
            award_id=new_id(),
            organization_id=held.branch_id,
            year=held.year,
            member_id=one.member_id,
            branch_id=None,
            annual_review_id=held.annual_review_id,
            recorded_by=held.recorded_by,
        )
        for one in held.grades
        if one.grade == EXCELLENT
    ]


def warnings_of(held: AnnualReviewHeld) -> list[Warned]:
    """What people should look at: no quorum, too many excellent, full members without a grade, half-years that are not confirmed."""
    entitled, present = len(held.entitled), len(held.present)
    if held.state == NO_QUORUM:
        needed = quorum(entitled, held.rule)
        detail = f"{present} of {entitled} entitled were present, {needed} are needed; nobody was graded."
        return [Warned(NO_QUORUM, detail, {"entitled": entitled, "present": present, "needed": needed})]
    return [*_too_many_excellent(held), *_without_grade(held), *_unconfirmed(held)]


def _too_many_excellent(held: AnnualReviewHeld) -> Iterator[Warned]:
    excellent, graded = sum(one.grade == EXCELLENT for one in held.grades), len(held.grades)
    if is_too_many(excellent, graded, held.rule):
        detail = f"{excellent} of {graded} graded members are excellent, more than {held.rule.excellent_share}; the reason was recorded."
        yield Warned("too_many_excellent", detail, {"excellent": excellent, "graded": graded, "share": held.rule.excellent_share})


def _without_grade(held: AnnualReviewHeld) -> Iterator[Warned]:
    graded = {one.member_id for one in held.grades}
    missing = [one.member_id for one in held.entitled if one.status == "full" and one.member_id not in graded]
    if missing:
        yield Warned("without_grade", f"{len(missing)} full members got no grade.", {"member_ids": missing})


def _unconfirmed(held: AnnualReviewHeld) -> Iterator[Warned]:
    told = {one.period: one.is_confirmed for one in held.half_years}
    periods = [str(HalfYear(held.year, half)) for half in (1, 2)]
    if open_ones := [period for period in periods if not told.get(period)]:
        yield Warned("half_year_unconfirmed", "The branch has no confirmed review of these half-years.", {"periods": open_ones})
