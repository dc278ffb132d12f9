"""The self review (spec, section 6): what a member writes on itself before the peers do. Asked for, never required."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.domain.sheets import require_sheet
from services.evaluation.events.reviews import PledgeNote, SelfReviewWritten
from shared.errors import Conflict, Invalid, NotAllowed, Unknown
from shared.events import Recorded, TextRef


class NotUnderReview(NotAllowed):
    """Only who is rated reviews itself."""

    code = "not_under_review"
    sentence = "This member is not rated in this review: it is not of its electorate, or excused."


class NoSelfReview(Unknown):
    """The member wrote nothing on itself."""

    code = "no_self_review"
    sentence = "There is no self review of this member in this review."


class NotOwnPledge(Invalid):
    """A self review speaks of the member's own pledges, of each once."""

    code = "not_own_pledge"
    sentence = "Some of these pledges are not this member's own, or named twice; the errors say which."


class OwnSelfReviewExists(Conflict):
    """What is keyed in from paper never replaces what the member wrote itself."""

    code = "own_self_review_exists"
    sentence = "The member has written its self review itself; a sheet on paper does not replace it."


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written, its texts sealed. `scores`: dimension -> points, as the JSON numbers that came."""

    achievements: TextRef
    shortcomings: TextRef
    pledges: Sequence[PledgeNote]
    scores: Mapping[str, Decimal]
    on_paper: bool


def evolve(_: SelfReviewWritten | None, recorded: Recorded) -> SelfReviewWritten | None:
    """The newest self review after one more event of `self-review/<review>/<member>`."""
    match recorded.event:
        case SelfReviewWritten() as e:
            return e
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a self review")


def write_self_review(
    review: Review, member_id: str, earlier: SelfReviewWritten | None, written: Written, *, own_pledges: Sequence[str], by: str
) -> SelfReviewWritten:
    """A rated member reviews itself, anew if it likes, until the peer review opens.

    Raises WrongPhase, NotUnderReview, OwnSelfReviewExists, NotOwnPledge, sheets.SheetNotWhole, sheets.ScoreInvalid.
    """
    review.require_phase(Phase.SELF_REVIEW)
    if member_id not in review.rated:
        raise NotUnderReview
    if written.on_paper and earlier is not None and not earlier.on_paper:
        raise OwnSelfReviewExists
    named = [note.pledge_id for note in written.pledges]
    wrong = [place for place, pledge in enumerate(named) if pledge not in own_pledges or pledge in named[:place]]
    if wrong:
        raise NotOwnPledge(errors=[(f"/pledges/{place}/pledge_id", "not this member's own, or named twice") for place in wrong])
    return SelfReviewWritten(
        review_id=review.id,
        member_id=member_id,
        achievements=written.achievements,
        shortcomings=written.shortcomings,
        pledges=tuple(written.pledges),
        scores=require_sheet(review.rules.dimensions, written.scores, "/scores"),
        on_paper=written.on_paper,
        recorded_by=by,
    )
