"""Trying out rules on a past half-year (spec, section 3): every review of it computed anew from the log, with no view involved."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.evaluation.commands.committee import load_scores
from services.evaluation.commands.explanation import ledger_of_result
from services.evaluation.commands.recomputation import counted_ballots
from services.evaluation.commands.reviews import load_review
from services.evaluation.domain.lint import require_sound
from services.evaluation.domain.reviews import Review, listed_branch
from services.evaluation.domain.simulation import Changed, notes_of, require_past, simulate
from services.evaluation.events.rulebooks import Rules
from shared.calendar import HalfYear
from shared.store import Log

_UNLISTED: str | None = None


class Simulated(NamedTuple):
    """What the draft would change. `reviews` and `members` were computed anew; `untouched` reviews follow rules further down.

    `unpublished`: reviews without results yet. `notes`: what could not be tried out, by review.
    """

    changes: Sequence[Changed]
    reviews: int
    members: int
    untouched: int
    unpublished: int
    notes: dict[str, list[str]]


async def simulate_rules(log: Log, organization_id: str, branches: Iterable[Sequence[str]], period: HalfYear, draft: Rules) -> Simulated:
    """Whose stars of `period` would change under `draft`, if it were the rulebook of the organisation.

    `branches`: the ancestry of each branch below it, the branch itself first. Raises RulesNotSound, HalfYearNotPast.
    """
    require_sound(draft)
    require_past(period, HalfYear.of(log.today()))
    changes: list[Changed] = []
    notes: dict[str, list[str]] = {}
    members = reviews = untouched = unpublished = 0
    for ancestry in branches:
        review = await _review_of(log, ancestry[0], period)
        if review is None:
            continue
        if review.opening.rulebook_id in ancestry[: ancestry.index(organization_id)]:
            untouched += 1
        elif not review.results:
            unpublished += 1
        else:
            found, said = await _tried_out(log, review, draft)
            changes += found
            notes |= {review.id: said} if said else {}
            reviews, members = reviews + 1, members + len(review.results)
            await asyncio.sleep(0)  # others get their turn between two reviews
    return Simulated(changes, reviews, members, untouched, unpublished, notes)


async def _review_of(log: Log, branch_id: str, period: HalfYear) -> Review | None:
    listed = (await log.load(f"review-of/{branch_id}/{period}", _UNLISTED, listed_branch)).state
    return None if listed is None else (await load_review(log, listed)).state


async def _tried_out(log: Log, review: Review, draft: Rules) -> tuple[list[Changed], list[str]]:
    ballots = await counted_ballots(log, review)
    scores = (await load_scores(log, review.id)).state
    ledgers = {member: await ledger_of_result(log, review, member) for member in review.results}
    return list(simulate(review, ledgers, scores, ballots, draft)), notes_of(review, ballots, draft)
