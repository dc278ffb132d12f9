"""Who stands in no review of a half-year (spec, section 6): shown to the town, so that nobody is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from services.evaluation.commands.reviews import load_rating, load_review
from services.evaluation.domain.reviews import listed_branch
from shared.calendar import HalfYear
from shared.store import Log

_UNLISTED: str | None = None


class Unrated(NamedTuple):
    """Members that stand in no review, and the review that their branch has for the half-year, None where it has none."""

    review_id: str | None
    member_ids: tuple[str, ...]


async def unrated_of(log: Log, branch_id: str, electorate: Iterable[str], period: HalfYear) -> Unrated:
    """Of the branch's `electorate` those who stand neither in its review of `period` nor in that of another branch.

    Who is excused in its branch's review stands in it: there the reason is written. An annulled review is none.
    """
    review_id = (await log.load(f"review-of/{branch_id}/{period}", _UNLISTED, listed_branch)).state
    standing = set() if review_id is None else {one.member_id for one in (await load_review(log, review_id)).state.opening.eligible}
    absent = [member_id for member_id in electorate if member_id not in standing]
    ratings = {member_id: (await load_rating(log, member_id, period)).state for member_id in absent}
    return Unrated(review_id, tuple(member_id for member_id, rating in ratings.items() if rating is None))
