"""What the routers of reviews share: the review that the path names, and whether the caller may do this there."""

from __future__ import annotations

from services.evaluation.commands.reviews import load_review
from services.evaluation.domain.reviews import Review
from shared.web import Doorway


async def review_at(door: Doorway, review_id: str, *, member: str | None = None) -> Review:
    """The review, once the caller may use this route on its branch (and on `member`). Raises UnknownReview, NotAllowed."""
    review = (await load_review(door.log, review_id)).state
    await door.require(organization=review.opening.branch_id, member=member)
    return review
