"""The list of reviews: of which branch and half-year, in which phase, since when (spec, section 6). One by its id comes from the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from services.evaluation.domain.reviews import PHASE_AFTER, Phase
from services.evaluation.events.results import ResultsPublished, ReviewConfirmed
from services.evaluation.events.reviews import (
    MemberExcused,
    PeerReviewClosed,
    PeerReviewOpened,
    ReviewAnnulled,
    ReviewOpened,
)
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table, Values

REVIEWS = Table(
    "reviews",
    key=("review_id",),
    columns={
        "review_id": str,
        "branch_id": str,
        "period": str,
        "phase": str,
        "rated": int,
        "opened_at": datetime,
        "phase_since": datetime,
        "electorate_on": date,
        "rulebook_id": str,
        "version": int,
        "excused": dict,
    },
    indexes=[("branch_id", "period"), ("period",)],
    history=True,
)
"""`excused`: member -> cause. `rated` counts whom it rates."""


class Reviews(Projection):
    """Follows every review's phases."""

    name = "reviews"
    tables: ClassVar[tuple[Table, ...]] = (REVIEWS,)

    def project(self, page: Page, recorded: Recorded) -> None:
        """A review is put, moved on, or one fewer is rated."""
        match recorded.event:
            case ReviewOpened() as e:
                page.put(REVIEWS, **_opened(e, recorded))
            case MemberExcused() as e:
                row = review_row(page, e.review_id)
                page.put(REVIEWS, **row | {"rated": row["rated"] - 1, "excused": row["excused"] | {e.member_id: "stated"}})
            case PeerReviewOpened() | PeerReviewClosed() | ResultsPublished() | ReviewConfirmed() | ReviewAnnulled() as e:
                moved = {"phase": PHASE_AFTER[type(e)].value, "phase_since": recorded.recorded_at}
                page.put(REVIEWS, **review_row(page, e.review_id) | moved)
            case _:
                return


def review_row(page: Page, review_id: str) -> Values:
    """The row of a review that was opened earlier in the log."""
    row = page.get(REVIEWS, review_id)
    if row is None:
        raise LookupError(f"the review {review_id} was never opened")
    return row


def _opened(e: ReviewOpened, recorded: Recorded) -> Values:
    return {
        "review_id": e.review_id,
        "branch_id": e.branch_id,
        "period": e.period,
        "phase": Phase.SELF_REVIEW.value,
        "rated": len(e.eligible) - len(e.excused),
        "opened_at": recorded.recorded_at,
        "phase_since": recorded.recorded_at,
        "electorate_on": e.electorate_on,
        "rulebook_id": e.rulebook_id,
        "version": e.version,
        "excused": {one.member_id: one.cause for one in e.excused},
    }


async def reviews_page(
    snapshot: Snapshot,
    *,
    branches: Collection[str] | None,
    after: tuple[Any, ...] | None,
    limit: int,
    **equal: str | None,
) -> Sequence[Values]:
    """Reviews of these branches (None: of all) whose columns equal these (None: whatever), in the order of their opening."""
    wanted = {column: value for column, value in equal.items() if value is not None}
    if branches is None:
        return await snapshot.rows(REVIEWS, after=after, limit=limit, **wanted)
    found: list[Values] = []
    for branch_id in sorted(branches):
        found += await snapshot.rows(REVIEWS, after=after, limit=limit, branch_id=branch_id, **wanted)
    return sorted(found, key=lambda row: str(row["review_id"]))[:limit]
