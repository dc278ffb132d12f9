"""Explaining a result (spec, sections 8 and 11): the way from entries, ballots and scores to stars, from the log alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from services.evaluation.commands.committee import load_scores
from services.evaluation.commands.points import load_ledger
from services.evaluation.commands.reviews import load_rating, load_review
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.domain import points
from services.evaluation.domain.explanation import Explanation, explain, explain_points_alone
from services.evaluation.domain.points import Ledger
from services.evaluation.domain.reviews import Review
from shared.calendar import HalfYear
from shared.store import Log


async def explain_member(log: Log, member_id: str, period: HalfYear, ancestry: Sequence[str]) -> Explanation:
    """Why the member's stars of the half-year are what they are, computed anew from the events, with no view involved.

    Where it stands in no review, its points alone, under the rules of its present branch (`ancestry`). Raises NoRulesInForce.
    """
    rated_in = (await load_rating(log, member_id, period)).state
    if rated_in is None:
        ledger = await load_ledger(log, member_id, period)
        return explain_points_alone(member_id, str(period), ledger.state, await rules_for(log, ancestry, period))
    review = (await load_review(log, rated_in)).state
    scores = (await load_scores(log, rated_in)).state
    return explain(review, member_id, await ledger_of_result(log, review, member_id), scores)


async def ledger_of_result(log: Log, review: Review, member_id: str) -> Ledger:
    """The ledger as far as it was read when the results were published; as it stands before that."""
    history = await log.history(f"ledger/{member_id}/{review.period}")
    basis = review.basis.get(member_id)
    read = history if basis is None else [recorded for recorded in history if recorded.version <= basis.ledger_version]
    return reduce(points.evolve, read, Ledger())
