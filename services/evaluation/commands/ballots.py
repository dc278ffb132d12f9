"""Commands on the ballot box (spec, section 6; design: trust.md): cast a ballot, read one's own, close the peer review.

A ballot is one sealed event, and its append guards the review's phase; closing guards every rater's stream, also those without a
ballot yet. So a ballot that was acknowledged is counted, and one that comes too late is refused: nothing lies between the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.evaluation.commands import ballot_box
from services.evaluation.commands.papers import load_waiting
from services.evaluation.commands.reviews import load_review
from services.evaluation.domain import ballots
from services.evaluation.domain.ballots import Ballot, NoBallot, OpenedBallot, seal_binding, seal_name
from services.evaluation.domain.paper_ballots import require_all_confirmed
from services.evaluation.domain.reviews import Review
from services.evaluation.events.ballots import BallotCast
from shared.store import Loaded, Log, Recorded, Reply, Stored, again_when_stale

Scores = Mapping[str, Mapping[str, object]]


class Receipt(NamedTuple):
    """Where a ballot stands in the log: its position, and the hash of its leaf, in hex. Written `<position>-<leaf hash>`."""

    position: int
    leaf_hash: str

    def __str__(self) -> str:
        return f"{self.position}-{self.leaf_hash}"


class Taken(NamedTuple):
    """A ballot that stands in the log: its number, and its receipt."""

    number: int
    receipt: Receipt
    cast_at: datetime
    on_paper: bool


def taken(recorded: Recorded, leaf_hash: str) -> Taken:
    """What a recorded `BallotCast` says in the clear."""
    match recorded.event:
        case BallotCast() as e:
            return Taken(e.number, Receipt(recorded.position, leaf_hash), recorded.recorded_at, e.on_paper)
        case other:
            raise TypeError(f"{type(other).__name__} is no ballot")


def just_taken(stored: Stored) -> Taken:
    """The ballot that was just stored."""
    recorded = stored.recorded[0]
    return taken(recorded, recorded.leaf_hash)


async def load_ballot(log: Log, review_id: str, rater_id: str) -> Loaded[Ballot]:
    """A rater's newest ballot, sealed."""
    return await log.load(f"ballot/{review_id}/{rater_id}", Ballot(), ballots.evolve)


async def who_voted(log: Log, review: Review) -> list[str]:
    """Who has cast a ballot so far, in the order of the electorate: turnout, and nothing of what was cast."""
    members = [member.member_id for member in review.opening.eligible]
    return [member for member in members if await log.version(f"ballot/{review.id}/{member}")]


async def cast_ballot(log: Log, review_id: str, rater_id: str, scores: Scores, *, by: str, reply: Reply | None = None) -> Stored:
    """Take a whole ballot in place of the rater's earlier one; the stored event is a `BallotCast`.

    Raises UnknownReview, WrongPhase, MayNotVote, OwnScore, ScoreOfStranger, ScoreOfExcused, BallotNotWhole, ScoreInvalid.
    """
    async with ballot_box.casting(review_id):
        return await _cast(log, review_id, rater_id, scores, by=by, reply=reply)


@again_when_stale
async def _cast(log: Log, review_id: str, rater_id: str, scores: Scores, *, by: str, reply: Reply | None) -> Stored:
    review = await load_review(log, review_id)
    sheet = ballots.cast_ballot(review.state, rater_id, scores)
    earlier = await load_ballot(log, review_id, rater_id)
    number = earlier.state.number + 1
    cast = BallotCast(
        review_id=review_id,
        rater_id=rater_id,
        number=number,
        on_paper=False,
        sheet=log.keys.seal(seal_name(review_id), sheet, seal_binding(review_id, rater_id, number)),
        recorded_by=by,
    )
    return await log.append([earlier.then(cast)], guards=[review.guard], reply=reply)


async def close_peer_review(log: Log, review_id: str, *, without_quorum: str | None, by: str, reply: Reply | None = None) -> Stored:
    """Count the ballots and close: a `PeerReviewClosed`. `without_quorum`: the town's reason to close without one.

    Raises UnknownReview, WrongPhase, PaperBallotsUnconfirmed, QuorumNotReached.
    """
    async with ballot_box.closing(review_id):
        return await _close(log, review_id, without_quorum, by=by, reply=reply)


@again_when_stale
async def _close(log: Log, review_id: str, without_quorum: str | None, *, by: str, reply: Reply | None) -> Stored:
    review = await load_review(log, review_id)
    sealed = {member.member_id: await load_ballot(log, review_id, member.member_id) for member in review.state.opening.eligible}
    waiting = await load_waiting(log, review_id)
    require_all_confirmed(review.state, waiting.state, {rater: ballot.state for rater, ballot in sealed.items()})
    text = log.texts.seal(review.state.opening.branch_id, without_quorum) if without_quorum else None
    opened = _opened(log, review_id, {rater: ballot.state for rater, ballot in sealed.items()})
    closed = ballots.close_peer_review(review.state, opened, text.ref if text else None, by)
    is_reason_kept = closed.without_quorum is not None
    return await log.append(
        [review.then(closed)],
        guards=[waiting.guard, *(ballot.guard for ballot in sealed.values())],
        texts=[text] if text and is_reason_kept else [],
        reply=reply,
    )


def _opened(log: Log, review_id: str, sealed: Mapping[str, Ballot]) -> Sequence[OpenedBallot]:
    return [
        OpenedBallot(rater, ballot.number, _open(log, review_id, rater, ballot.number, ballot.sheet))
        for rater, ballot in sealed.items()
        if ballot.number
    ]


def _open(log: Log, review_id: str, rater_id: str, number: int, sheet: bytes) -> bytes:
    return log.keys.open(seal_name(review_id), sheet, seal_binding(review_id, rater_id, number))


# What the voter alone may read


async def own_ballot(log: Log, review: Review, rater_id: str) -> tuple[Taken, Scores]:
    """The rater's newest ballot and what it gave, for the rater. Raises NoBallot, and KeyGone once the review's key is destroyed."""
    history = await log.history(f"ballot/{review.id}/{rater_id}")
    if not history:
        raise NoBallot
    newest = history[-1]
    ballot = ballots.evolve(Ballot(), newest)
    sheet = _open(log, review.id, rater_id, ballot.number, ballot.sheet)
    return taken(newest, _leaf_hash(log, newest.position)), ballots.scores_on(review, sheet)


async def find_receipt(log: Log, review: Review, rater_id: str, receipt: str) -> Taken:
    """The rater's ballot that this receipt was given for. Raises NoBallot."""
    for recorded in await log.history(f"ballot/{review.id}/{rater_id}"):
        found = taken(recorded, _leaf_hash(log, recorded.position))
        if receipt == str(found.receipt):
            return found
    raise NoBallot


def _leaf_hash(log: Log, position: int) -> str:
    row = log.row(position)
    if row is None:
        raise NoBallot
    return row.leaf_hash()
