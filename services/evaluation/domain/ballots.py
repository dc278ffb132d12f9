"""The ballot box of the peer review (spec, section 6): a ballot is whole or refused, the newest counts, closing counts them all.

A ballot's scores travel as a sheet: for every eligible member of the opening, in its order, one cell a dimension, in hundredths of a
point (two bytes), or UNSCORED for whom this rater does not score. So every sheet of a review has the same length, and the sealed
sheets tell nothing by theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from struct import Struct

from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.rulebooks import share
from services.evaluation.domain.scoring import peer_score
from services.evaluation.domain.sheets import Errors, ScoreInvalid, escaped, hundredths, invalid_scores, missing_or_unknown
from services.evaluation.events.ballots import BallotCast
from services.evaluation.events.reviews import CountedBallot, PeerReviewClosed, PeerScore
from shared.errors import Conflict, Invalid, NotAllowed, Unknown
from shared.events import Recorded, TextRef

UNSCORED = 0xFFFF


class MayNotVote(NotAllowed):
    """Only who is rated rates: members of the electorate who are not excused, and have somebody to score."""

    code = "may_not_vote"
    sentence = "This member has no vote in this review: it is not of its electorate, is excused, or has nobody to score."


class OwnScore(Invalid):
    """Nobody scores itself."""

    code = "own_score"
    sentence = "A ballot never scores its own voter; leave yourself out."


class ScoreOfStranger(Invalid):
    """A ballot scores those whom its voter is to score, nobody else."""

    code = "score_of_stranger"
    sentence = "The ballot scores people whom this voter does not score; the errors name them."


class ScoreOfExcused(Invalid):
    """Who is excused is not rated."""

    code = "score_of_excused"
    sentence = "The ballot scores members who are excused from this review; the errors name them."


class BallotNotWhole(Invalid):
    """A ballot is whole or refused."""

    code = "ballot_not_whole"
    sentence = "A ballot scores everybody in every dimension; the errors say what is missing."


class QuorumNotReached(Conflict):
    """Too few have voted for the peer review to close."""

    code = "quorum_not_reached"
    sentence = "Too few have voted: the phase stays open, unless the town closes it without a quorum and says why."


class NoBallot(Unknown):
    """The rater has cast no ballot, or not this one."""

    code = "no_ballot"
    sentence = "There is no such ballot of yours in this review."


@dataclass(frozen=True)
class Ballot:
    """A rater's newest ballot, still sealed; number 0: none was cast."""

    number: int = 0
    sheet: bytes = b""
    on_paper: bool = False


def evolve(_: Ballot, recorded: Recorded) -> Ballot:
    """The rater's newest ballot after one more event of `ballot/<review>/<rater>`."""
    match recorded.event:
        case BallotCast() as e:
            return Ballot(e.number, e.sheet, e.on_paper)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a ballot")


def seal_binding(review_id: str, rater_id: str, number: int) -> bytes:
    """What a sheet is sealed to: it opens for this review, rater and number alone."""
    return f"{review_id}/{rater_id}/{number}".encode()


def seal_name(review_id: str) -> str:
    """The name of the key that seals a review's ballots."""
    return f"review/{review_id}"


# Casting


def cast_ballot(review: Review, rater_id: str, scores: Mapping[str, Mapping[str, object]]) -> bytes:
    """The sheet of a whole ballot, ready to be sealed. `scores`: rated member -> dimension -> points, as the JSON numbers that came.

    Raises:
        WrongPhase, MayNotVote.
        OwnScore, ScoreOfStranger, ScoreOfExcused, BallotNotWhole, sheets.ScoreInvalid: with the place of each error.
    """
    review.require_phase(Phase.PEER_REVIEW)
    ratees = review.ratees_of(rater_id)
    if not ratees:
        raise MayNotVote
    if scores.keys() != set(ratees):
        raise _not_those_to_score(review, rater_id, scores, ratees)
    dimensions = [(dimension.code, dimension.max) for dimension in review.rules.dimensions]
    cells: list[int] = []
    for member in review.opening.eligible:
        given = scores.get(member.member_id)
        if given is None:
            cells += [UNSCORED] * len(dimensions)
        elif len(given) != len(dimensions) or None in (row := [hundredths(given.get(code), most) for code, most in dimensions]):
            raise _not_as_the_rules_say(review, scores)
        else:
            cells += row  # type: ignore[arg-type]  # None was refused in the line above
    return Struct(f">{len(cells)}H").pack(*cells)


def _not_those_to_score(review: Review, rater_id: str, scores: Iterable[str], ratees: Sequence[str]) -> Invalid:
    given = set(scores)
    if rater_id in given:
        return OwnScore(errors=[(f"/scores/{rater_id}", "the voter itself")])
    wrong = sorted(given.difference(ratees))
    if excused := [member for member in wrong if member in review.excused]:
        return ScoreOfExcused(errors=[(f"/scores/{member}", "excused") for member in excused])
    if wrong:
        return ScoreOfStranger(errors=[(f"/scores/{escaped(member)}", "not to be scored by this voter") for member in wrong[:100]])
    return BallotNotWhole(errors=[(f"/scores/{member}", "missing") for member in ratees if member not in given])


def _not_as_the_rules_say(review: Review, scores: Mapping[str, Mapping[str, object]]) -> Invalid:
    dimensions = review.rules.dimensions
    errors: Errors = [error for ratee, given in scores.items() for error in missing_or_unknown(dimensions, given, f"/scores/{ratee}")]
    if errors:
        return BallotNotWhole(errors=errors)
    return ScoreInvalid(
        errors=[error for ratee, given in scores.items() for error in invalid_scores(dimensions, given, f"/scores/{ratee}")]
    )


def scores_on(review: Review, sheet: bytes) -> dict[str, dict[str, Decimal]]:
    """What a sheet says: rated member -> dimension -> points; for its voter alone."""
    codes = [dimension.code for dimension in review.rules.dimensions]
    return {
        member: {code: Decimal(cell) / 100 for code, cell in zip(codes, cells, strict=True)}
        for member, cells in rows_of(review, sheet)
        if cells[0] != UNSCORED
    }


def rows_of(review: Review, sheet: bytes) -> Iterable[tuple[str, Sequence[int]]]:
    """Each eligible member with its cells on the sheet."""
    width = len(review.rules.dimensions)
    cells = Struct(f">{len(sheet) // 2}H").unpack(sheet)
    for place, member in enumerate(review.opening.eligible):
        yield member.member_id, cells[place * width : (place + 1) * width]


# Closing


@dataclass(frozen=True)
class OpenedBallot:
    """A rater's newest ballot, opened in memory and nowhere else."""

    rater_id: str
    number: int
    sheet: bytes


def has_quorum(cast: int, may_vote: int, quorum: str) -> bool:
    """Whether so many ballots are enough of those who may vote; `quorum` is a share, `"1/2"`."""
    return cast >= share(quorum) * may_vote


def close_peer_review(review: Review, ballots: Sequence[OpenedBallot], without_quorum: TextRef | None, by: str) -> PeerReviewClosed:
    """Count every rater's newest ballot; the aggregates are stored, single scores are not.

    Who was excused after it had voted counts among those who may vote, since its ballot stays. Where there is a quorum, a reason for
    doing without is not needed and not kept. Raises WrongPhase, QuorumNotReached.
    """
    review.require_phase(Phase.PEER_REVIEW)
    may_vote = len({*review.voters, *(ballot.rater_id for ballot in ballots)})
    is_quorate = has_quorum(len(ballots), may_vote, review.rules.peer.quorum)
    if not is_quorate and without_quorum is None:
        raise QuorumNotReached(cast=len(ballots), may_vote=may_vote, quorum=review.rules.peer.quorum)
    return PeerReviewClosed(
        review_id=review.id,
        branch_id=review.opening.branch_id,
        period=review.opening.period,
        may_vote=may_vote,
        counted=tuple(CountedBallot(ballot.rater_id, ballot.number) for ballot in ballots),
        scores=tuple(_peer_score(review, member, sums, is_quorate) for member, sums in sums_by_member(review, ballots).items()),
        without_quorum=None if is_quorate else without_quorum,
        recorded_by=by,
    )


def sums_by_member(review: Review, ballots: Iterable[OpenedBallot]) -> dict[str, list[Fraction]]:
    """For each rated member what each rater gave it: the sum of the dimensions."""
    sums: dict[str, list[Fraction]] = {member: [] for member in review.rated}
    for ballot in ballots:
        for member, cells in rows_of(review, ballot.sheet):
            if member in sums and cells[0] != UNSCORED:
                sums[member].append(Fraction(sum(cells), 100))
    return sums


def _peer_score(review: Review, member_id: str, sums: Sequence[Fraction], is_quorate: bool) -> PeerScore:
    score = peer_score(sums, review.rules.peer) if is_quorate else None
    return PeerScore(member_id, len(sums), None if score is None else str(score))
