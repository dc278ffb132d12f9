"""Commands on the committee review (spec, section 6): put scores, and what lies before the team when it does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from services.evaluation.commands.points import load_ledger
from services.evaluation.commands.reviews import load_review
from services.evaluation.domain import committee
from services.evaluation.domain.committee import GivenScore, Meeting, Proposed, Scores
from services.evaluation.domain.results import FrozenPoints, reference_of
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.totals import total
from shared.store import Loaded, Log, Reply, SealedText, Stored, again_when_stale

_NO_SCORES: Scores = dict[str, GivenScore]()


class ProposedScore(NamedTuple):
    """A score that somebody wants put for a member: one, or `by` each of the team; `recused` names more than the rules do."""

    member_id: str
    score: Decimal | None = None
    by: Mapping[str, Decimal] = {}
    recused: Collection[str] = ()
    reason: str | None = None


async def load_scores(log: Log, review_id: str) -> Loaded[Scores]:
    """The scores that were put so far, by member."""
    return await log.load(f"committee/{review_id}", _NO_SCORES, committee.evolve)


async def points_now(log: Log, review: Review, member_id: str) -> FrozenPoints:
    """A member's points of the review's half-year as its ledger stands, under the review's rules."""
    ledger = await load_ledger(log, member_id, review.period)
    return FrozenPoints(total(ledger.state, review.rules).total, ledger.version)


@again_when_stale
async def give_scores(
    log: Log, review_id: str, meeting: Meeting, proposed: Sequence[ProposedScore], *, by: str, reply: Reply | None = None
) -> Stored:
    """Put scores of the team, or of the town, in place of earlier ones: a `CommitteeScored`. All of them or none.

    Raises UnknownReview, and what `domain.committee.give_scores` raises.
    """
    review = await load_review(log, review_id)
    scores = await load_scores(log, review_id)
    committee.require_known(review.state, meeting, [one.member_id for one in proposed])
    reasons = {one.member_id: log.texts.seal(one.member_id, one.reason) for one in proposed if one.reason is not None}
    references = {one.member_id: await _reference(log, review.state, one.member_id) for one in proposed}
    put = committee.give_scores(review.state, meeting, [_sealed(one, reasons) for one in proposed], references, by)
    return await log.append([scores.then(put)], guards=[review.guard], texts=reasons.values(), reply=reply)


async def _reference(log: Log, review: Review, member_id: str) -> Fraction | None:
    return reference_of(review, member_id, (await points_now(log, review, member_id)).total)


def _sealed(one: ProposedScore, reasons: Mapping[str, SealedText]) -> Proposed:
    reason = reasons[one.member_id].ref if one.member_id in reasons else None
    return Proposed(member_id=one.member_id, score=one.score, by=one.by, recused=one.recused, reason=reason)
