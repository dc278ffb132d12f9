"""Commands on results (spec, section 6): publish them for the publicity period, confirm the review when it has run."""

from __future__ import annotations

from services.evaluation.commands.committee import load_scores, points_now
from services.evaluation.commands.objections import load_open
from services.evaluation.commands.reviews import load_review
from services.evaluation.domain import results
from services.evaluation.domain.objections import ObjectionOpen
from services.evaluation.events.results import Certificate
from shared.store import Guard, Log, Reply, Stored, again_when_stale


@again_when_stale
async def publish_results(log: Log, review_id: str, *, by: str, reply: Reply | None = None) -> Stored:
    """End the committee review and put the results on the board: `CommitteeReviewClosed`, `ResultsPublished`.

    Points are frozen as the ledgers stand: each is guarded, so that no entry or reversal slips in between. Raises UnknownReview,
    WrongPhase, ScoresMissing.
    """
    review = await load_review(log, review_id)
    scores = await load_scores(log, review_id)
    points = {member: await points_now(log, review.state, member) for member in review.state.rated}
    closed, published = results.publish_results(review.state, scores.state, points, by)
    ledgers = [Guard(f"ledger/{member}/{review.state.period}", frozen.ledger_version) for member, frozen in points.items()]
    return await log.append([review.then(closed, published)], guards=[scores.guard, *ledgers], reply=reply)


@again_when_stale
async def confirm_review(
    log: Log, review_id: str, certificate: Certificate | None, *, of_position: int, by: str, reply: Reply | None = None
) -> Stored:
    """The results stand and their stars count: a `ReviewConfirmed` with the certificate that notice gave for just these results.

    No objection may be open, and none comes in between. Raises UnknownReview, WrongPhase, CertificateOfOtherResults, ObjectionOpen.
    """
    review = await load_review(log, review_id)
    confirmed = results.confirm_review(review.state, certificate, of_position, by)
    still_open = await load_open(log, review_id)
    if still_open.state:
        raise ObjectionOpen(open_objections=len(still_open.state))
    return await log.append([review.then(confirmed)], guards=[still_open.guard], reply=reply)
