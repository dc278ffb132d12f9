"""Paper ballots and voting from afar by REST (spec, section 6).

The first keying is shown to nobody; a difference names the cells alone. A code is told once, in the answer to who hands it over.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response
from pydantic import BaseModel, Field

from services.evaluation.api.ballots import CastAnswer, PaperAnswer
from services.evaluation.api.reviewing import review_at
from services.evaluation.commands import paper_ballots
from services.evaluation.commands.ballots import just_taken
from services.evaluation.commands.papers import load_waiting
from services.evaluation.domain.ballots import BallotNotWhole, MayNotVote, OwnScore, ScoreOfExcused, ScoreOfStranger
from services.evaluation.domain.paper_ballots import (
    CodeNotValid,
    CodeUsed,
    OwnBallotExists,
    PaperDone,
    SecondKeyingByOther,
    SheetsDiffer,
    UnknownPaperBallot,
)
from services.evaluation.domain.reviews import UnknownReview, WrongPhase
from services.evaluation.domain.sheets import ScoreInvalid
from services.evaluation.events.paper_ballots import PaperBallotEntered
from shared.store import Stored
from shared.web import Body, Door, Id, Router, Score, ShortText, answered, json_answer, problems

MOST_SCORED, MOST_DIMENSIONS, LONGEST_CODE = 1000, 50, 100
BAD_BALLOTS = (MayNotVote, OwnScore, ScoreOfStranger, ScoreOfExcused, BallotNotWhole, ScoreInvalid, WrongPhase)
Row = Annotated[dict[str, Score], Field(max_length=MOST_DIMENSIONS)]
Scored = Annotated[dict[Id, Row], Field(max_length=MOST_SCORED)]
router = Router(tags=["Ballots"])


class PaperBody(Body):
    """A sheet keyed in for the first time. `sheet`: what tells it from others, such as the number on it."""

    rater_id: Id
    sheet: ShortText
    scores: Scored


class SecondBody(Body):
    """The same sheet keyed in again, from the paper."""

    scores: Scored


class PaperMade(BaseModel):
    """A sheet that waits for its second keying."""

    id: str
    state: str


class WaitingSheet(BaseModel):
    """A sheet that waits for its second keying. `sheet` is null once its text was erased."""

    id: str
    rater_id: str
    sheet: str | None
    entered_by: str


class WaitingSheets(BaseModel):
    """All sheets of a review that wait."""

    items: list[WaitingSheet]


class CodeBody(Body):
    """The member who is to vote from afar."""

    member_id: Id


class CodeAnswer(BaseModel):
    """The one-time code, told here and never again."""

    code: str


class WithCodeBody(Body):
    """A code, to see whom one scores."""

    code: Annotated[str, Field(min_length=1, max_length=LONGEST_CODE)]


class RemoteBallotBody(WithCodeBody):
    """A whole ballot, cast with a code."""

    scores: Scored


@router.post(
    "/reviews/{review_id}/paper-ballots",
    status_code=201,
    response_model=PaperMade,
    responses=problems(UnknownReview, OwnBallotExists, *BAD_BALLOTS),
)
async def post_paper_ballot(review_id: Id, body: PaperBody, door: Door) -> Response:
    """Key in a sheet. It counts nothing until a second person has keyed in the same; a newer one of the member takes its place."""
    await review_at(door, review_id)
    stored = await paper_ballots.enter_paper_ballot(
        door.log, review_id, body.rater_id, body.scores, sheet=body.sheet, by=door.caller.person, reply=door.reply(201, _entered)
    )
    return answered(stored)


@router.get("/reviews/{review_id}/paper-ballots", response_model=WaitingSheets, responses=problems(UnknownReview))
async def get_paper_ballots(review_id: Id, door: Door) -> Response:
    """Which sheets wait for their second keying; never what stands on them."""
    await review_at(door, review_id)
    waiting = (await load_waiting(door.log, review_id)).state
    facts = [(await paper_ballots.load_paper(door.log, paper_id)).state.fact for paper_id in waiting.values()]
    texts = await door.log.texts.read(fact.sheet.id for fact in facts)
    items = [
        {"id": fact.paper_id, "rater_id": fact.rater_id, "sheet": texts.get(fact.sheet.id), "entered_by": fact.recorded_by}
        for fact in facts
    ]
    return json_answer({"items": items})


def _entered(stored: Stored) -> dict[str, object]:
    event = stored.recorded[0].event
    if not isinstance(event, PaperBallotEntered):
        raise TypeError(f"{type(event).__name__} enters no sheet")
    return {"id": event.paper_id, "state": "unconfirmed"}


@router.post(
    "/paper-ballots/{paper_id}/confirmation",
    response_model=CastAnswer,
    responses=problems(UnknownPaperBallot, SecondKeyingByOther, PaperDone, SheetsDiffer, OwnBallotExists, *BAD_BALLOTS),
)
async def post_paper_confirmation(paper_id: Id, body: SecondBody, door: Door) -> Response:
    """Key in the sheet again as a second person. Where the two differ the cells are named, and nothing counts."""
    fact = (await paper_ballots.load_paper(door.log, paper_id)).state.fact
    await review_at(door, fact.review_id)
    reply = door.reply(200, lambda stored: _cast(stored, len(body.scores)))
    return answered(await paper_ballots.confirm_paper_ballot(door.log, paper_id, body.scores, by=door.caller.person, reply=reply))


def _cast(stored: Stored, scores: int) -> dict[str, Any]:
    ballot = just_taken(stored)
    return {"scores": scores, "number": ballot.number, "receipt": str(ballot.receipt)}


@router.post(
    "/reviews/{review_id}/remote-codes",
    status_code=201,
    response_model=CodeAnswer,
    responses=problems(UnknownReview, WrongPhase, MayNotVote),
)
async def post_remote_code(review_id: Id, body: CodeBody, door: Door) -> Response:
    """Make a one-time code by which this member casts one ballot in this review; an earlier code of it is void.

    The code is kept nowhere, so the same Idempotency-Key makes another one: an answer that was lost is made good by asking again.
    """
    await review_at(door, review_id)
    made = await paper_ballots.issue_code(door.log, review_id, body.member_id, by=door.caller.person)
    headers = {"Cache-Control": "no-store", "Event-Position": str(made.stored.position)}
    return json_answer({"code": made.code}, status=201, headers=headers)


@router.post(
    "/reviews/{review_id}/remote-papers/{rater_id}",
    response_model=PaperAnswer,
    responses=problems(UnknownReview, CodeNotValid, CodeUsed, WrongPhase),
)
async def post_remote_paper(review_id: Id, rater_id: Id, body: WithCodeBody, door: Door) -> Response:
    """Whom the member with this code scores, and in what. A POST, since codes never stand in a URL; it uses nothing up."""
    review = await paper_ballots.paper_for_code(door.log, review_id, rater_id, body.code)
    shown = {"ratees": review.ratees_of(rater_id), "dimensions": review.rules.dimensions}
    return json_answer(shown, headers={"Cache-Control": "no-store"})


@router.post(
    "/reviews/{review_id}/remote-ballots/{rater_id}",
    response_model=CastAnswer,
    responses=problems(UnknownReview, CodeNotValid, CodeUsed, *BAD_BALLOTS),
)
async def post_remote_ballot(review_id: Id, rater_id: Id, body: RemoteBallotBody, door: Door) -> Response:
    """Cast a whole ballot with a code, once. What is refused leaves the code as it was."""
    reply = door.reply(200, lambda stored: _cast(stored, len(body.scores)))
    return answered(await paper_ballots.cast_from_afar(door.log, review_id, rater_id, body.code, body.scores, reply=reply))
