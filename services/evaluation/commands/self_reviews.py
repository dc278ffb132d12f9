"""The command on self reviews (spec, section 6): a member writes on itself, anew if it likes, until the peer review opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from services.evaluation.commands.evidence import Sealing
from services.evaluation.commands.reviews import load_review
from services.evaluation.domain import pledges, self_reviews
from services.evaluation.domain.pledges import Pledge
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.self_reviews import NoSelfReview, NotUnderReview, Written
from services.evaluation.events.reviews import PledgeNote, SelfReviewWritten
from shared.store import Loaded, Log, Reply, Stored, again_when_stale

_NOTHING: SelfReviewWritten | None = None


class PledgeWord(NamedTuple):
    """What a member says of one of its pledges: `outcome` is `fulfilled`, `partly` or `unfulfilled`."""

    pledge_id: str
    outcome: str
    note: str | None = None


class SelfReviewText(NamedTuple):
    """A self review as it was written."""

    achievements: str
    shortcomings: str
    pledges: Sequence[PledgeWord]
    scores: Mapping[str, Decimal]
    on_paper: bool = False


async def load_self_review(log: Log, review_id: str, member_id: str) -> Loaded[SelfReviewWritten | None]:
    """What the member wrote on itself; None where it wrote nothing."""
    return await log.load(f"self-review/{review_id}/{member_id}", _NOTHING, self_reviews.evolve)


@again_when_stale
async def write_self_review(
    log: Log, review_id: str, member_id: str, written: SelfReviewText, *, by: str, reply: Reply | None = None
) -> Stored:
    """Store a self review in place of an earlier one: a `SelfReviewWritten`.

    Raises UnknownReview, WrongPhase, NotUnderReview, OwnSelfReviewExists, NotOwnPledge, SheetNotWhole, ScoreInvalid.
    """
    review = await load_review(log, review_id)
    _require_member(review.state, member_id)
    earlier = await load_self_review(log, review_id, member_id)
    sealing = Sealing(log, member_id)
    sealed = Written(
        achievements=sealing.text(written.achievements),
        shortcomings=sealing.text(written.shortcomings),
        pledges=[PledgeNote(one.pledge_id, one.outcome, sealing.optional(one.note)) for one in written.pledges],
        scores=written.scores,
        on_paper=written.on_paper,
    )
    own = [one.pledge_id for one in written.pledges if await _is_own(log, one.pledge_id, member_id)]
    event = self_reviews.write_self_review(review.state, member_id, earlier.state, sealed, own_pledges=own, by=by)
    return await log.append([earlier.then(event)], guards=[review.guard], texts=sealing.texts, reply=reply)


def _require_member(review: Review, member_id: str) -> None:
    if member_id not in review.rated:
        raise NotUnderReview


async def _is_own(log: Log, pledge_id: str, member_id: str) -> bool:
    pledge = await log.load(f"pledge/{pledge_id}", Pledge(), pledges.evolve)
    return pledge.state.member_id == member_id


async def read_self_review(log: Log, review_id: str, member_id: str) -> dict[str, object]:
    """A self review with its texts (None where a text was erased). Raises NoSelfReview."""
    found = (await load_self_review(log, review_id, member_id)).state
    if found is None:
        raise NoSelfReview
    notes = [note.note for note in found.pledges if note.note]
    texts = await log.texts.read([found.achievements.id, found.shortcomings.id, *(note.id for note in notes)])
    return {
        "member_id": member_id,
        "achievements": texts.get(found.achievements.id),
        "shortcomings": texts.get(found.shortcomings.id),
        "pledges": [
            {"pledge_id": one.pledge_id, "outcome": one.outcome, "note": texts.get(one.note.id) if one.note else None}
            for one in found.pledges
        ],
        "scores": found.scores,
        "on_paper": found.on_paper,
    }
