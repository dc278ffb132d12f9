"""Corrections of confirmed results by REST (spec, section 6): proposed with their cause, confirmed by a second person."""

from __future__ import annotations

from fastapi import Response

from services.evaluation.api.objection_shapes import CorrectionBody, CorrectionMade
from services.evaluation.api.reviewing import review_at
from services.evaluation.commands import corrections
from services.evaluation.commands.corrections import ToCorrect, load_correction
from services.evaluation.domain.corrections import (
    AlreadyConfirmed,
    CauseDoesNotHold,
    CauseMissing,
    CorrectionInvalid,
    ResultChanged,
    SecondPersonNeeded,
    UnknownCorrection,
)
from services.evaluation.domain.objections import OwnCase
from services.evaluation.domain.proposals import ProposalExpired
from services.evaluation.domain.reviews import UnknownReview, WrongPhase
from services.evaluation.events.corrections import Cause, CorrectionProposed
from services.evaluation.projections.supervision import inspection_of
from shared.store import Stored
from shared.web import Door, Doorway, Id, Router, answered, problems

router = Router(tags=["Objections"])


@router.post(
    "/reviews/{review_id}/corrections",
    status_code=201,
    response_model=CorrectionMade,
    responses=problems(UnknownReview, WrongPhase, CauseMissing, CauseDoesNotHold, CorrectionInvalid),
)
async def post_correction(review_id: Id, body: CorrectionBody, door: Door) -> Response:
    """Propose what a confirmed result should be. Nothing changes until a second person confirms it."""
    await review_at(door, review_id)
    cause = Cause(body.cause.objection_id, body.cause.finding_id)
    stored = await corrections.propose_correction(
        door.log,
        review_id,
        ToCorrect(body.member_id, body.score, cause, body.reason),
        inspection_id=await _inspection(door, cause),
        by=door.caller.person,
        reply=door.reply(201, _made),
    )
    return answered(stored)


@router.post(
    "/corrections/{correction_id}/confirmation",
    response_model=CorrectionMade,
    responses=problems(
        UnknownCorrection, SecondPersonNeeded, OwnCase, AlreadyConfirmed, ProposalExpired, CauseDoesNotHold, ResultChanged, WrongPhase
    ),
)
async def post_confirmation(correction_id: Id, door: Door) -> Response:
    """Confirm a correction as a second person: the result, its stars and flags are others from now on."""
    fact = (await load_correction(door.log, correction_id)).state.fact
    await door.require(organization=fact.branch_id)
    stored = await corrections.confirm_correction(
        door.log,
        correction_id,
        inspection_id=await _inspection(door, fact.cause),
        by=door.caller.person,
        reply=door.reply(200, lambda _: {"id": correction_id, "state": "confirmed"}),
    )
    return answered(stored)


async def _inspection(door: Doorway, cause: Cause) -> str | None:
    if cause.finding_id is None:
        return None
    return await inspection_of(await door.snapshot(is_current=True), cause.finding_id)


def _made(stored: Stored) -> dict[str, object]:
    event = stored.recorded[0].event
    if not isinstance(event, CorrectionProposed):
        raise TypeError(f"{type(event).__name__} proposes no correction")
    return {"id": event.correction_id, "state": "unconfirmed"}
