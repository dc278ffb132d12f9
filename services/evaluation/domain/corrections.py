"""Corrections (spec, section 6): a published result changes only with its cause, after confirmation only by two persons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from services.evaluation.domain.committee import HIGHEST
from services.evaluation.domain.objections import UPHELD, Objection, OwnCase
from services.evaluation.domain.proposals import require_not_expired
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.scoring import band_of
from services.evaluation.events.corrections import Cause, CorrectionConfirmed, CorrectionProposed, ResultsCorrected
from services.evaluation.events.objections import ObjectionDecided
from services.evaluation.events.results import Result
from shared.errors import Conflict, Invalid, NotAllowed, Unknown
from shared.events import Recorded, TextRef


class UnknownCorrection(Unknown):
    """No correction under this id."""

    code = "unknown_correction"
    sentence = "There is no correction under this id."


class CorrectionInvalid(Invalid):
    """A correction names a rated member and its corrected result."""

    code = "correction_invalid"
    sentence = "A correction names a member with a result in this review, and a score from 0 to 100; the errors say which."


class CauseMissing(Invalid):
    """A correction names its cause: an objection or a finding."""

    code = "cause_missing"
    sentence = "A correction names its cause: either the objection that was upheld, or a finding on this branch."


class CauseDoesNotHold(Conflict):
    """The cause is an upheld objection to this result, or a finding on this branch that was not reversed."""

    code = "cause_does_not_hold"
    sentence = "The cause does not hold: the objection was not upheld or is about another result, or the finding is of another branch."


class SecondPersonNeeded(NotAllowed):
    """Who proposed a correction does not confirm it."""

    code = "same_person"
    sentence = "A second person confirms a correction; you proposed it yourself."


class AlreadyConfirmed(Conflict):
    """A correction is confirmed once."""

    code = "already_confirmed"
    sentence = "This correction has been confirmed already."


class ResultChanged(Conflict):
    """The result is not the one any more that was to be corrected."""

    code = "result_changed"
    sentence = "The result was corrected otherwise since this was proposed; propose it anew."


@dataclass(frozen=True)
class Correction:
    """What was proposed and when, and whether it was confirmed."""

    fact: CorrectionProposed
    proposed_at: datetime
    is_confirmed: bool = False


class FindingFact(NamedTuple):
    """What a finding says that is named as a cause: on which branch, and whether it stands."""

    branch_id: str
    is_reversed: bool


class Proposal(NamedTuple):
    """What somebody wants a confirmed result to be, and why."""

    correction_id: str
    member_id: str
    score: Decimal
    cause: Cause
    reason: TextRef


def evolve(correction: Correction | None, recorded: Recorded) -> Correction | None:
    """The correction after one more event of `correction/<correction>`."""
    match recorded.event:
        case CorrectionProposed() as e:
            return Correction(e, recorded.recorded_at)
        case CorrectionConfirmed() if correction is not None:
            return replace(correction, is_confirmed=True)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a correction")


def known(correction: Correction | None) -> Correction:
    """The correction; raises UnknownCorrection where there is none."""
    if correction is None:
        raise UnknownCorrection
    return correction


def result_of(review: Review, member_id: str, score: Decimal) -> Result:
    """The member's result with this score: its stars are those of its band under the review's rules."""
    return Result(member_id, score, band_of(Fraction(score), review.rules.bands).stars)


def correct_by_objection(review: Review, decided: ObjectionDecided) -> ResultsCorrected | None:
    """What an objection upheld during publicity changes: its score is the result, published anew. None where it changes nothing."""
    if decided.score is None or decided.member_id is None:
        return None
    review.require_phase(Phase.PUBLICITY)
    corrected = result_of(review, decided.member_id, decided.score)
    return _corrected(review, corrected, Cause(objection_id=decided.objection_id), decided.reason, by=decided.recorded_by)


def _corrected(
    review: Review, corrected: Result, cause: Cause, reason: TextRef, *, by: str, proposed: CorrectionProposed | None = None
) -> ResultsCorrected:
    return ResultsCorrected(
        review_id=review.id,
        branch_id=review.opening.branch_id,
        period=review.opening.period,
        working_days=review.rules.publicity.working_days,
        raw_scores=review.rules.board.raw_scores,
        without_peer_quorum=review.is_without_peer_quorum,
        results=tuple(corrected if one.member_id == corrected.member_id else one for one in review.results.values()),
        member_id=corrected.member_id,
        was=review.results[corrected.member_id],
        cause=cause,
        reason=reason,
        correction_id=proposed.correction_id if proposed else None,
        proposed_by=proposed.recorded_by if proposed else None,
        recorded_by=by,
    )


# After confirmation


def require_cause(cause: Cause, review: Review, member_id: str, objection: Objection | None, finding: FindingFact | None) -> None:
    """Return if the cause holds: an upheld objection to this result, or a finding on this branch. Raises CauseMissing, CauseDoesNotHold."""
    if (cause.objection_id is None) == (cause.finding_id is None):
        raise CauseMissing(errors=[("/cause", CauseMissing.sentence)])
    if cause.objection_id is not None:
        fact = objection.decided if objection else None
        holds = fact is not None and fact.decision == UPHELD and fact.about_id == review.id and fact.member_id in {None, member_id}
    else:
        holds = finding is not None and not finding.is_reversed and finding.branch_id == review.opening.branch_id
    if not holds:
        raise CauseDoesNotHold


def propose_correction(review: Review, wanted: Proposal, by: str) -> CorrectionProposed:
    """Somebody proposes a corrected result; nothing changes by that. The cause was checked. Raises WrongPhase, CorrectionInvalid."""
    review.require_phase(Phase.CONFIRMED)
    errors = [] if wanted.member_id in review.results else [("/member_id", "has no result in this review")]
    if not 0 <= wanted.score <= HIGHEST:
        errors.append(("/score", "must be a number from 0 to 100 with at most two decimals"))
    if errors:
        raise CorrectionInvalid(errors=errors)
    return CorrectionProposed(
        review_id=review.id,
        branch_id=review.opening.branch_id,
        period=review.opening.period,
        was=review.results[wanted.member_id],
        recorded_by=by,
        **wanted._asdict(),
    )


def confirm_correction(review: Review, correction: Correction, by: str, now: datetime) -> tuple[CorrectionConfirmed, ResultsCorrected]:
    """A second person confirms: the result, its stars and flags are others from now on; the original stays in the log.

    Raises SecondPersonNeeded, OwnCase, AlreadyConfirmed, ProposalExpired, ResultChanged, WrongPhase.
    """
    fact = correction.fact
    if by == fact.recorded_by:
        raise SecondPersonNeeded
    if by == fact.member_id:
        raise OwnCase
    if correction.is_confirmed:
        raise AlreadyConfirmed
    require_not_expired(correction.proposed_at, now)
    review.require_phase(Phase.CONFIRMED)
    if review.results[fact.member_id] != fact.was:
        raise ResultChanged
    confirmed = CorrectionConfirmed(correction_id=fact.correction_id, review_id=review.id, member_id=fact.member_id, recorded_by=by)
    return confirmed, _corrected(review, result_of(review, fact.member_id, fact.score), fact.cause, fact.reason, by=by, proposed=fact)
