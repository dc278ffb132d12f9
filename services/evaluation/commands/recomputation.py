"""Going the way from entries and ballots to stars once more, from the log and its keys alone (spec, section 8)."""

from __future__ import annotations

from collections.abc import Sequence

from services.evaluation.commands.committee import load_scores
from services.evaluation.commands.explanation import ledger_of_result
from services.evaluation.commands.points import load_ledger
from services.evaluation.commands.reviews import load_rating, load_review
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.domain.ballots import OpenedBallot, seal_binding, seal_name
from services.evaluation.domain.recomputation import Recomputed, recompute, recompute_points_alone
from services.evaluation.domain.reviews import Review
from services.evaluation.events.ballots import BallotCast
from shared.calendar import HalfYear
from shared.store import KeyGone, Log


async def recompute_member(log: Log, member_id: str, period: HalfYear, ancestry: Sequence[str]) -> Recomputed:
    """The member's half-year, computed anew with no view involved. Where it stands in no review, its points alone.

    `ancestry`: its present branch and what lies above, for the rules where there is no review. Raises NoRulesInForce.
    """
    rated_in = (await load_rating(log, member_id, period)).state
    if rated_in is None:
        ledger = (await load_ledger(log, member_id, period)).state
        return recompute_points_alone(member_id, str(period), ledger, await rules_for(log, ancestry, period))
    review = (await load_review(log, rated_in)).state
    scores = (await load_scores(log, rated_in)).state
    return recompute(review, member_id, await ledger_of_result(log, review, member_id), scores, await counted_ballots(log, review))


async def counted_ballots(log: Log, review: Review) -> list[OpenedBallot] | None:
    """The ballots that were counted when the peer review was closed, opened; none before. None once their key was destroyed."""
    found: list[OpenedBallot] = []
    for counted in review.peer.counted if review.peer else ():
        for recorded in await log.history(f"ballot/{review.id}/{counted.rater_id}"):
            event = recorded.event
            if isinstance(event, BallotCast) and event.number == counted.number:
                try:
                    binding = seal_binding(review.id, counted.rater_id, counted.number)
                    found.append(OpenedBallot(counted.rater_id, counted.number, log.keys.open(seal_name(review.id), event.sheet, binding)))
                except KeyGone:
                    return None
    return found
