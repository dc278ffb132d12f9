"""The steps of a review from phase to phase (spec, section 6). Each is a command of its own; one route takes them all."""

from __future__ import annotations

from typing import cast

from fastapi import Response

from services.evaluation.api.reviewing import review_at
from services.evaluation.api.reviews import MovedAnswer
from services.evaluation.commands.ballots import close_peer_review
from services.evaluation.commands.results import confirm_review, publish_results
from services.evaluation.commands.reviews import open_peer_review
from services.evaluation.domain.ballots import QuorumNotReached
from services.evaluation.domain.objections import ObjectionOpen
from services.evaluation.domain.paper_ballots import PaperBallotsUnconfirmed
from services.evaluation.domain.results import CertificateOfOtherResults, ScoresMissing, needs_certificate
from services.evaluation.domain.reviews import Phase, Review, UnknownReview, WrongPhase
from services.evaluation.events.results import Certificate
from services.evaluation.notice_client import NoticeClient, ResultsNotShownYet
from shared.errors import Conflict, Invalid, NotAllowed, Unavailable
from shared.store import Stored
from shared.web import Body, Door, Doorway, Id, Router, Text, answered, problems

router = Router(tags=["Reviews"])


class ReasonWithoutUse(Invalid):
    """Only closing the peer review can do without a quorum."""

    code = "reason_without_use"
    sentence = "`without_quorum` goes with `to: committee_review` alone."


class TownClosesWithoutQuorum(NotAllowed):
    """Closing without a quorum is the town's."""

    code = "town_only"
    sentence = "Only an officer of the town closes a peer review without a quorum."


class SecretaryMoves(NotAllowed):
    """The branch's secretary moves its review."""

    code = "secretary_only"
    sentence = "The secretary of the branch takes this step; the town only closes without a quorum."


class NoticeWithdrawn(Conflict):
    """Passed on from notice."""

    code = "notice_withdrawn"
    sentence = "The notice of the results was withdrawn; it has to return and lie open for the whole period."


class PublicityRunning(Conflict):
    """Passed on from notice."""

    code = "publicity_running"
    sentence = "The publicity period has not run to its end yet."


class PhaseBody(Body):
    """The phase that is to begin. `without_quorum`: the town's reason to close the peer review without one."""

    to: Phase
    without_quorum: Text | None = None


@router.post(
    "/reviews/{review_id}/phase",
    response_model=MovedAnswer,
    responses=problems(
        UnknownReview, WrongPhase, QuorumNotReached, PaperBallotsUnconfirmed, ScoresMissing, NoticeWithdrawn, PublicityRunning,
        ObjectionOpen, CertificateOfOtherResults, ReasonWithoutUse, TownClosesWithoutQuorum, SecretaryMoves, ResultsNotShownYet,
        Unavailable,
    ),
)  # fmt: skip
async def post_phase(review_id: Id, body: PhaseBody, door: Door) -> Response:
    """Take the review's next step. Closing, publishing and confirming ask for what the spec's section 6 says of them."""
    review = await review_at(door, review_id)
    await _require_mover(door, review, body)
    return answered(await _step(door, review, body))


async def _require_mover(door: Doorway, review: Review, body: PhaseBody) -> None:
    branch_id = review.opening.branch_id
    if body.without_quorum is not None:
        if body.to != Phase.COMMITTEE_REVIEW:
            raise ReasonWithoutUse(errors=[("/without_quorum", ReasonWithoutUse.sentence)])
        if not await door.holds("town_officer", branch_id):
            raise TownClosesWithoutQuorum
    elif not await door.holds("branch_secretary", branch_id):
        raise SecretaryMoves


async def _step(door: Doorway, review: Review, body: PhaseBody) -> Stored:
    by, reply = door.caller.person, door.reply(200, lambda _: {"id": review.id, "phase": body.to.value})
    match body.to:
        case Phase.PEER_REVIEW:
            return await open_peer_review(door.log, review.id, by=by, reply=reply)
        case Phase.COMMITTEE_REVIEW:
            return await close_peer_review(door.log, review.id, without_quorum=body.without_quorum, by=by, reply=reply)
        case Phase.PUBLICITY:
            return await publish_results(door.log, review.id, by=by, reply=reply)
        case Phase.CONFIRMED:
            position = review.results_position
            certificate = await _certificate(door, review)
            return await confirm_review(door.log, review.id, certificate, of_position=position, by=by, reply=reply)
        case Phase.SELF_REVIEW | Phase.ANNULLED:
            raise WrongPhase(f"No step leads to {body.to}; a review begins with its opening and is annulled by the town.")


async def _certificate(door: Doorway, review: Review) -> Certificate | None:
    if not needs_certificate(review):
        return None
    notice = cast(NoticeClient, door.request.app.state.notice)
    return await notice.certificate(review.id, review.results_position)
