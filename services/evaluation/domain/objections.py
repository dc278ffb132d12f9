"""Objections (spec, section 6): against what, until when, answered by when, and by whom: never by somebody who is concerned."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from services.evaluation.domain.committee import HIGHEST, Scores
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.events.objections import ObjectionDecided, ObjectionDelisted, ObjectionListed, ObjectionRaised
from shared.calendar import Calendar, day_of
from shared.errors import Conflict, Invalid, NotAllowed, Unknown
from shared.events import Recorded, TextRef

RESULT, PLEDGE, NOTICE, FINDING = KINDS = ("result", "pledge", "notice", "finding")
UPHELD, DISMISSED = "upheld", "dismissed"


class UnknownObjection(Unknown):
    """No objection under this id."""

    code = "unknown_objection"
    sentence = "There is no objection under this id."


class ObjectionTermOver(Conflict):
    """Results may be objected to until a year after their confirmation."""

    code = "objection_term_over"
    sentence = "The time for objections is over: results may be objected to until a year after they were confirmed."


class NotPublished(Conflict):
    """Objections are about published things."""

    code = "not_published"
    sentence = "This has not been published, or was taken back: there is nothing yet to object to."


class NoResultOfMember(Invalid):
    """The objection is about a result that the review has."""

    code = "no_result_of_member"
    sentence = "The review has no result of this member; leave `member_id` out to object to the whole."


class ObjectionOpen(Conflict):
    """A review is confirmed when its objections are answered."""

    code = "objection_open"
    sentence = "An objection to these results has not been answered yet; decide it, then confirm."


class AlreadyDecided(Conflict):
    """An objection is decided once."""

    code = "already_decided"
    sentence = "This objection has been decided; what is wrong with the answer is a new objection."


class OwnCase(NotAllowed):
    """Nobody answers an objection to what concerns it, or what it took part in."""

    code = "own_case"
    sentence = "You are concerned, or took part in what is objected to; the town decides, or another officer of it."


class TownDecides(NotAllowed):
    """The county's supervisor answers only where the town itself is concerned."""

    code = "town_decides"
    sentence = "The town answers this objection; the county's supervisor does only where the town itself is concerned."


class CorrectedScoreMissing(Invalid):
    """Whoever upholds an objection during publicity says what the result is."""

    code = "corrected_score_missing"
    sentence = "Upheld during publicity, an objection has the corrected result: give `score`, and `member_id` where it is about the whole."


class ScoreWithoutUse(Invalid):
    """A score goes with an upheld objection to a result during publicity, nothing else."""

    code = "score_without_use"
    sentence = "`score` belongs to an objection upheld during publicity; after confirmation propose a correction that names the objection."


class About(NamedTuple):
    """What an objection is about: the organisation whose thing it is, and the member whom it is about, if one."""

    kind: str
    id: str
    organization_id: str
    member_id: str | None = None


class Written(NamedTuple):
    """An objection as it came in, its texts sealed. `raised_by`: the member that objects, None for anybody else."""

    objection_id: str
    reference: str
    text: TextRef
    contact: TextRef | None
    raised_by: str | None
    on_paper: bool


@dataclass(frozen=True)
class Objection:
    """An objection as its stream tells it."""

    fact: ObjectionRaised
    raised_at: datetime
    decided: ObjectionDecided | None = None
    decided_at: datetime | None = None

    @property
    def state(self) -> str:
        """`open`, `upheld` or `dismissed`."""
        return self.decided.decision if self.decided else "open"

    def answer_by(self, calendar: Calendar) -> date | None:
        """The last day of its term; None while the calendar does not know it."""
        return calendar.after_working_days(day_of(self.raised_at), self.fact.working_days)


def is_contact_over(objection: Objection, calendar: Calendar, today: date) -> bool:
    """Whether the objector's contact has served: it was answered, and both the term of the answer and the answer's day are past.

    Never while the calendar does not know the term (spec, section 11).
    """
    answer_by = objection.answer_by(calendar)
    return objection.decided_at is not None and answer_by is not None and today > max(answer_by, day_of(objection.decided_at))


class Part(NamedTuple):
    """Who can't answer: whom it concerns with their kin, who took part; and whether the town (the branch) is itself concerned."""

    persons: Collection[str]
    is_towns: bool = False
    is_branchs: bool = False


def evolve(objection: Objection | None, recorded: Recorded) -> Objection | None:
    """The objection after one more event of `objection/<objection>`."""
    match recorded.event:
        case ObjectionRaised() as e:
            return Objection(e, recorded.recorded_at)
        case ObjectionDecided() as e if objection is not None:
            return Objection(objection.fact, objection.raised_at, e, recorded.recorded_at)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to an objection")


def still_open(listed: frozenset[str], recorded: Recorded) -> frozenset[str]:
    """The ids of the open objections to one thing, after one more event of `objections-of/<about>`."""
    match recorded.event:
        case ObjectionListed() as e:
            return listed | {e.objection_id}
        case ObjectionDelisted() as e:
            return listed - {e.objection_id}
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to the list of open objections")


def a_year_after(day: date) -> date:
    """The same day of the next year; of 29 February the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def require_open_to_objections(review: Review, member_id: str | None, today: date) -> None:
    """Results may be objected to during publicity, and for a year after their confirmation.

    Raises NotPublished, ObjectionTermOver, NoResultOfMember.
    """
    if review.phase not in {Phase.PUBLICITY, Phase.CONFIRMED}:
        raise NotPublished(phase=review.phase.value)
    if review.phase == Phase.CONFIRMED and today > a_year_after(day_of(review.steps[-1].at)):
        raise ObjectionTermOver
    if member_id is not None and member_id not in review.results:
        raise NoResultOfMember(errors=[("/about/member_id", NoResultOfMember.sentence)])


def raise_objection(about: About, written: Written, working_days: int, by: str) -> tuple[ObjectionRaised, ObjectionListed]:
    """An objection is taken; from now on it is open. `working_days`: the term in which it is answered."""
    raised = ObjectionRaised(
        kind=about.kind,
        about_id=about.id,
        member_id=about.member_id,
        organization_id=about.organization_id,
        working_days=working_days,
        recorded_by=by,
        **written._asdict(),
    )
    return raised, ObjectionListed(objection_id=written.objection_id, about_id=about.id)


def who_took_part(review: Review, scores: Scores, member_id: str | None) -> tuple[frozenset[str], bool]:
    """Who attended the scoring of the member's result (of any, for None) or put it as the town; and whether the town put one.

    A ballot is no part in this sense.
    """
    given = [scores[one] for one in (review.rated if member_id is None else (member_id,)) if one in scores]
    by_town = {one.recorded_by for one in given if one.by_town}
    return frozenset(by_town.union(*(one.attendees for one in given))), bool(by_town)


class Answer(NamedTuple):
    """What somebody decides: `score` and `member_id` where a result is corrected."""

    decision: str
    reason: TextRef
    score: Decimal | None = None
    member_id: str | None = None


def decide(
    objection: Objection, answer: Answer, part: Part, review: Review | None, *, by: str, role: str
) -> tuple[ObjectionDecided, ObjectionDelisted]:
    """Answer an objection. `review`: that of the result it is about. `role`: as what the caller decides.

    Raises AlreadyDecided, OwnCase, TownDecides, CorrectedScoreMissing, ScoreWithoutUse, NoResultOfMember.
    """
    fact = objection.fact
    require_may_decide(objection, part, by=by, role=role)
    if objection.decided is not None:
        raise AlreadyDecided(decision=objection.state)
    member_id = fact.member_id or answer.member_id
    require_score(answer, review, member_id)
    decided = ObjectionDecided(
        objection_id=fact.objection_id,
        kind=fact.kind,
        about_id=fact.about_id,
        member_id=member_id,
        organization_id=fact.organization_id,
        decision=answer.decision,
        reason=answer.reason,
        score=answer.score,
        recorded_by=by,
    )
    return decided, ObjectionDelisted(objection_id=fact.objection_id, about_id=fact.about_id)


def require_may_decide(objection: Objection, part: Part, *, by: str, role: str) -> None:
    """Return if this person may answer in this role. Raises OwnCase, TownDecides."""
    if by in part.persons or by == objection.fact.raised_by:
        raise OwnCase
    if role == "branch_secretary" and (part.is_branchs or part.is_towns):
        raise OwnCase
    if role == "county_supervisor" and not part.is_towns:
        raise TownDecides


def require_score(answer: Answer, review: Review | None, member_id: str | None) -> None:
    """A corrected result is given just where one is due. Raises as `decide` says."""
    is_due = answer.decision == UPHELD and review is not None and review.phase == Phase.PUBLICITY
    if not is_due:
        if answer.score is not None:
            raise ScoreWithoutUse(errors=[("/score", ScoreWithoutUse.sentence)])
        return
    if answer.score is None or member_id is None:
        raise CorrectedScoreMissing(errors=[("/score" if answer.score is None else "/member_id", "missing")])
    if review is not None and member_id not in review.results:
        raise NoResultOfMember(errors=[("/member_id", NoResultOfMember.sentence)])
    if not 0 <= answer.score <= HIGHEST:
        raise CorrectedScoreMissing(errors=[("/score", "must be a number from 0 to 100 with at most two decimals")])


def known(objection: Objection | None) -> Objection:
    """The objection; raises UnknownObjection where there is none."""
    if objection is None:
        raise UnknownObjection
    return objection
