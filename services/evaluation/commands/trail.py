"""The trail of one member and half-year (spec, section 8): every event of the log that made, or could have made, its stars.

It is read from the streams themselves, never from a view. Scores that peers gave stay sealed: of ballots only the member's own appear,
as the fact that it was cast. Corrections of other members' results are no part of it, although they put the whole list on the board anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from services.evaluation.commands.reviews import load_review
from services.evaluation.events.committee import CommitteeScored
from services.evaluation.events.corrections import ResultsCorrected
from services.evaluation.events.objections import ObjectionDecided
from services.evaluation.events.reviews import MemberExcused, MemberListed
from shared.calendar import HalfYear
from shared.events import Recorded
from shared.store import Log


class Happening(NamedTuple):
    """An event with the rules it was decided under; None where no rulebook has a say."""

    recorded: Recorded
    rulebook_id: str | None
    version: int | None


async def trail_of(log: Log, member_id: str, period: HalfYear, pledge_ids: Iterable[str]) -> Sequence[Happening]:
    """All that was recorded about the member's half-year, in the order of the log. `pledge_ids`: the member's pledges of it."""
    found = [_by_itself(one) for one in await log.history(f"ledger/{member_id}/{period}")]
    for pledge_id in pledge_ids:
        found += [_by_itself(one) for one in await log.history(f"pledge/{pledge_id}")]
    ratings = await log.history(f"rating/{member_id}/{period}")
    for review_id in dict.fromkeys(one.event.review_id for one in ratings if isinstance(one.event, MemberListed)):
        found += await _of_review(log, review_id, member_id)
    return sorted(found, key=lambda one: one.recorded.position)


async def held_of(log: Log, member_id: str, since: date, pledge_ids: Iterable[str]) -> Sequence[Recorded]:
    """Every event about the member, in the order of the log: its trails of all half-years from the day `since`, and all its pledges."""
    found = [one for pledge_id in pledge_ids for one in await log.history(f"pledge/{pledge_id}")]
    period, last = HalfYear.of(since), HalfYear.of(log.today())
    while period <= last:
        found += [one.recorded for one in await trail_of(log, member_id, period, ())]
        period = period.next()
    return sorted(found, key=lambda one: one.position)


async def trail_of_review(log: Log, review_id: str) -> Sequence[Recorded]:
    """What was recorded of the review as a whole and of the committee's scores, in the order of the log; no ballot is among it."""
    found = [*await log.history(f"phase/{review_id}"), *await log.history(f"committee/{review_id}")]
    return sorted(found, key=lambda one: one.position)


async def _of_review(log: Log, review_id: str, member_id: str) -> list[Happening]:
    review = (await load_review(log, review_id)).state
    opening = review.opening
    recorded = [one for one in await log.history(f"phase/{review_id}") if _concerns(one, member_id)]
    recorded += [one for one in await log.history(f"committee/{review_id}") if _concerns(one, member_id)]
    recorded += await log.history(f"self-review/{review_id}/{member_id}")
    recorded += await log.history(f"ballot/{review_id}/{member_id}")
    for one in review.corrections:
        if one.fact.member_id == member_id:
            recorded += await _behind(log, one.fact)
    return [Happening(one, opening.rulebook_id, opening.version) for one in recorded]


async def _behind(log: Log, corrected: ResultsCorrected) -> list[Recorded]:
    """What led to the correction: the answer to the objection that caused it, and its way from one person to a second.

    Who raised the objection is no part of the trail.
    """
    found: list[Recorded] = []
    if corrected.cause.objection_id is not None:
        history = await log.history(f"objection/{corrected.cause.objection_id}")
        found += [one for one in history if isinstance(one.event, ObjectionDecided)]
    if corrected.correction_id is not None:
        found += await log.history(f"correction/{corrected.correction_id}")
    return found


def _concerns(recorded: Recorded, member_id: str) -> bool:
    match recorded.event:
        case MemberExcused() | ResultsCorrected() as e:
            return e.member_id == member_id
        case CommitteeScored() as e:
            return any(one.member_id == member_id for one in e.scores)
        case _:
            return True


def _by_itself(recorded: Recorded) -> Happening:
    return Happening(recorded, getattr(recorded.event, "rulebook_id", None), getattr(recorded.event, "version", None))
