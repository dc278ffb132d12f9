"""The committee review (spec, section 6): the team's score of each rated member, recusals, what goes up to the town, reasons.

Under mode `agreed` the team gives one deliberated score; under `mean` the score is the mean of its members' scores.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.scoring import mean, needs_reason
from services.evaluation.domain.sheets import ScoreInvalid, escaped, hundredths
from services.evaluation.events.committee import CommitteeScored, MemberScore
from shared.errors import Conflict, Invalid, NotAllowed
from shared.events import Recorded, TextRef

HIGHEST = Decimal(100)


class NotOfCommittee(Invalid):
    """Attendees are of the committee team as it stood in the electorate."""

    code = "not_of_committee"
    sentence = "Some attendees are not of the committee team that the review was opened with; count guests in other_attendees."


class NotRated(Invalid):
    """The committee scores rated members."""

    code = "not_rated"
    sentence = "Some of those scored are not rated in this review: they are strangers to it, or excused."


class WrongMode(Invalid):
    """The rulebook says whether one score is agreed on, or each member of the team gives its own."""

    code = "wrong_mode"
    sentence = "Give `score` where the rulebook says `agreed` or the town scores, and `by` where it says `mean`; never both."


class RecusedScores(Invalid):
    """Who is recused gives no score."""

    code = "recused"
    sentence = "A recused member of the team gives no score: it would be on itself, its spouse or kin; the errors name them."


class NotAttending(Invalid):
    """Who gives a score, or is recused, attends; who attends does one of the two."""

    code = "not_attending"
    sentence = "Those who score or are recused are attendees, and each attendee does one of the two; the errors name them."


class ReasonMissing(Invalid):
    """A score far from the reference, without a reference, or by the town, has a written reason."""

    code = "reason_missing"
    sentence = (
        "A reason in writing is required where a score lies beyond the rulebook's limit from the reference, where there is no reference, "
        "and where the town scores; the errors name the members."
    )


class Escalated(Conflict):
    """With too few left after recusal the case goes up to the town."""

    code = "escalated"
    sentence = "Too few of the team are left to score these members; they wait for the town, whose officer puts the score with a reason."


class OwnCase(NotAllowed):
    """An officer does not score itself."""

    code = "own_case"
    sentence = "This is your own case; another officer of the town decides it."


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """The score that somebody wants put for a member: one, or by each of the team. `recused` names more than the rules do."""

    member_id: str
    score: Decimal | None = None
    by: Mapping[str, Decimal] = field(default_factory=dict)
    recused: Collection[str] = ()
    reason: TextRef | None = None


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """Who was there, and whom each of them has named as spouse or kin for that day (`kin`: attendee -> members).

    Where the town scores, `kin` is that of the whole team: it is kept who would have been recused, which is why the case went up.
    """

    attendees: tuple[str, ...]
    other_attendees: int
    kin: Mapping[str, Collection[str]]
    is_town: bool


@dataclass(frozen=True)
class GivenScore:
    """A member's score that holds: exact; who attended, who was recused, by whom and when it was recorded."""

    score: Fraction
    given: MemberScore
    attendees: tuple[str, ...]
    other_attendees: int
    by_town: bool
    recorded_by: str
    recorded_at: datetime


Scores = Mapping[str, GivenScore]


def evolve(scores: Scores, recorded: Recorded) -> Scores:
    """Each member's newest score after one more event of `committee/<review>`."""
    match recorded.event:
        case CommitteeScored() as e:
            return {**scores, **{one.member_id: _given(one, e, recorded.recorded_at) for one in e.scores}}
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to the committee's scores")


def _given(one: MemberScore, e: CommitteeScored, at: datetime) -> GivenScore:
    return GivenScore(exact(one.score, one.by), one, e.attendees, e.other_attendees, e.by_town, e.recorded_by, at)


def exact(score: Decimal | None, by: Mapping[str, Decimal]) -> Fraction:
    """The one score, or the exact mean of the team's scores."""
    return mean([Fraction(one) for one in by.values()]) if score is None else Fraction(score)


def recused_from(member_id: str, attendees: Iterable[str], kin: Mapping[str, Collection[str]]) -> list[str]:
    """Which attendees take no part in a member's score: itself, and who has named it as spouse or kin."""
    return [attendee for attendee in attendees if attendee == member_id or member_id in kin.get(attendee, ())]


def give_scores(
    review: Review, meeting: Meeting, proposed: Sequence[Proposed], references: Mapping[str, Fraction | None], by: str
) -> CommitteeScored:
    """The team, or the town, puts scores of some members, in place of earlier ones. All of them or none.

    Raises:
        WrongPhase, NotOfCommittee, NotRated, WrongMode, ScoreInvalid, NotAttending, RecusedScores, ReasonMissing: with the places.
        Escalated: with too few left the town puts these scores. OwnCase: an officer of the town would score itself.
    """
    require_known(review, meeting, [one.member_id for one in proposed])
    is_by_each = review.rules.committee.mode == "mean" and not meeting.is_town
    _refuse(WrongMode, (error for one in proposed for error in _wrong_mode(one, is_by_each)))
    _refuse(ScoreInvalid, (error for one in proposed for error in _out_of_range(one)))
    team = review.opening.committee if meeting.is_town else meeting.attendees
    recused = {one.member_id: _recused(one, team, meeting.kin) for one in proposed}
    if meeting.is_town and by in recused:
        raise OwnCase
    if not meeting.is_town:
        _require_enough(review, meeting, recused, is_by_each)
        _refuse(RecusedScores, (error for one in proposed for error in _scores_of_recused(one, recused[one.member_id])))
        _refuse(NotAttending, (error for one in proposed for error in _absent(one, meeting, recused[one.member_id], is_by_each)))
    _require_reasons(review, meeting, proposed, references)
    return CommitteeScored(
        review_id=review.id,
        attendees=meeting.attendees,
        other_attendees=meeting.other_attendees,
        scores=tuple(MemberScore(one.member_id, one.score, dict(one.by), recused[one.member_id], one.reason) for one in proposed),
        by_town=meeting.is_town,
        recorded_by=by,
    )


def _refuse(refusal: type[Invalid], errors: Iterable[tuple[str, str]]) -> None:
    if found := list(errors):
        raise refusal(errors=found)


def require_known(review: Review, meeting: Meeting, member_ids: Sequence[str]) -> None:
    """Attendees are of the committee team, and those to be scored are rated. Raises WrongPhase, NotOfCommittee, NotRated."""
    review.require_phase(Phase.COMMITTEE_REVIEW)
    committee = review.opening.committee
    strangers = [number for number, attendee in enumerate(meeting.attendees) if attendee not in committee]
    _refuse(NotOfCommittee, ((f"/attendees/{number}", "not of the committee team") for number in strangers))
    unrated = [member for member in member_ids if member not in review.rated]
    _refuse(NotRated, ((f"/scores/{escaped(member)}", "not rated in this review") for member in unrated))


def _wrong_mode(one: Proposed, is_by_each: bool) -> Iterator[tuple[str, str]]:
    wanted, other = ("by", "score") if is_by_each else ("score", "by")
    is_given = {"score": one.score is not None, "by": bool(one.by)}
    if is_given[other]:
        yield f"/scores/{one.member_id}/{other}", f"give `{wanted}` instead"
    elif not is_given[wanted] and not is_by_each:
        yield f"/scores/{one.member_id}/{wanted}", "missing"


def _out_of_range(one: Proposed) -> Iterator[tuple[str, str]]:
    given = {"score": one.score} if one.score is not None else {f"by/{escaped(scorer)}": score for scorer, score in one.by.items()}
    for place, score in given.items():
        if hundredths(score, HIGHEST) is None:
            yield f"/scores/{one.member_id}/{place}", "must be a number from 0 to 100 with at most two decimals"


def _recused(one: Proposed, team: Iterable[str], kin: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    by_rule = recused_from(one.member_id, team, kin)
    return tuple(dict.fromkeys((*by_rule, *one.recused)))


def _require_enough(review: Review, meeting: Meeting, recused: Mapping[str, Sequence[str]], is_by_each: bool) -> None:
    least = review.rules.committee.minimum_members
    escalated = []
    for member, absent in recused.items():
        members = len(set(meeting.attendees).difference(absent))
        if members + meeting.other_attendees < least or (is_by_each and members == 0):
            escalated.append(member)
    if escalated:
        raise Escalated(escalated=escalated, minimum_members=least)


def _scores_of_recused(one: Proposed, recused: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((f"/scores/{one.member_id}/by/{scorer}", "recused") for scorer in one.by if scorer in recused)


def _absent(one: Proposed, meeting: Meeting, recused: Sequence[str], is_by_each: bool) -> Iterator[tuple[str, str]]:
    place = f"/scores/{one.member_id}"
    for number, member in enumerate(one.recused):
        if member not in meeting.attendees:
            yield f"{place}/recused/{number}", "does not attend"
    for scorer in one.by:
        if scorer not in meeting.attendees:
            yield f"{place}/by/{escaped(scorer)}", "does not attend"
    for attendee in meeting.attendees if is_by_each else ():
        if attendee not in one.by and attendee not in recused:
            yield f"{place}/by/{attendee}", "attends, and neither scores nor is recused"


def _require_reasons(review: Review, meeting: Meeting, proposed: Sequence[Proposed], references: Mapping[str, Fraction | None]) -> None:
    limit = review.rules.committee.deviation_limit
    unreasoned = [
        one.member_id
        for one in proposed
        if one.reason is None and (meeting.is_town or needs_reason(exact(one.score, one.by), references[one.member_id], limit))
    ]
    _refuse(ReasonMissing, ((f"/scores/{member}/reason", "a reason is required") for member in unreasoned))
