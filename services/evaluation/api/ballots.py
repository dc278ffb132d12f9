"""The ballot box by REST (spec, section 6; design: trust.md): whom one scores, casting, one's own ballot, one's receipts.

A ballot's body is decoded by msgspec, not by pydantic: it is the largest body that everybody sends, and every score in it is
checked by the rule anyway (`domain/sheets.py`).
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from fastapi import Path, Response
from pydantic import BaseModel

from services.evaluation.api.reviewing import review_at
from services.evaluation.commands import ballots
from services.evaluation.commands.ballots import Taken, just_taken
from services.evaluation.domain.ballots import BallotNotWhole, MayNotVote, NoBallot, OwnScore, ScoreOfExcused, ScoreOfStranger
from services.evaluation.domain.reviews import Review, UnknownReview, WrongPhase
from services.evaluation.domain.sheets import ScoreInvalid
from shared.errors import Invalid
from shared.store import KeyGone, Stored
from shared.transparency.notes import Checkpoint
from shared.web import Door, Id, Router, answered, json_answer, problems
from shared.web.refusing import MalformedJson

router = Router(tags=["Ballots"])
BODY_SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "Every member whom the rater scores, with points in every dimension of the rulebook.",
                    "additionalProperties": False,
                    "required": ["scores"],
                    "properties": {
                        "scores": {
                            "type": "object",
                            "description": "member id -> dimension -> points",
                            "additionalProperties": {
                                "type": "object",
                                "additionalProperties": {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.01},
                            },
                        }
                    },
                }
            }
        },
    }
}


class _BallotBody(msgspec.Struct, forbid_unknown_fields=True):
    scores: dict[str, dict[str, Any]]


_decode = msgspec.json.Decoder(_BallotBody, float_hook=Decimal).decode


class CastAnswer(BaseModel):
    """A ballot that was taken: how many members it scores, its number, and where it stands in the log."""

    scores: int
    number: int
    receipt: str


class OwnBallotAnswer(BaseModel):
    """One's own newest ballot."""

    scores: dict[str, dict[str, float]]
    number: int
    receipt: str
    cast_at: datetime
    on_paper: bool


class DimensionAnswer(BaseModel):
    """What is scored, and up to how many points."""

    code: str
    title: str
    max: float


class PaperAnswer(BaseModel):
    """What a rater fills in: whom it scores, and in what."""

    ratees: list[str]
    dimensions: list[DimensionAnswer]


class ProofAnswer(BaseModel):
    """The audit path of RFC 6962 from leaf `index` to `root` in the tree of `size` leaves; hashes in hex, from the leaf upwards."""

    origin: str
    index: int
    size: int
    root: str
    hashes: list[str]


class ReceiptAnswer(BaseModel):
    """Where the ballot stands in the log, its number, and whether that number was counted (null until the peer review is closed).

    `proof` leads from the receipt's hash to the root of the newest checkpoint; null for the second in which none covers it yet.
    """

    position: int
    number: int
    cast_at: datetime
    counted: bool | None
    proof: ProofAnswer | None = None


@router.get("/reviews/{review_id}/ballot-papers/{rater_id}", response_model=PaperAnswer, responses=problems(UnknownReview, MayNotVote))
async def get_ballot_paper(review_id: Id, rater_id: Id, door: Door) -> Response:
    """Whom this rater scores, and in which dimensions."""
    review = await review_at(door, review_id, member=rater_id)
    ratees = review.ratees_of(rater_id)
    if not ratees:
        raise MayNotVote
    return json_answer({"ratees": ratees, "dimensions": review.rules.dimensions})


@router.put(
    "/reviews/{review_id}/ballots/{rater_id}",
    response_model=CastAnswer,
    responses=problems(
        UnknownReview, WrongPhase, MayNotVote, OwnScore, ScoreOfStranger, ScoreOfExcused, BallotNotWhole, ScoreInvalid, MalformedJson
    ),
    openapi_extra=BODY_SCHEMA,
)
async def put_ballot(review_id: Id, rater_id: Id, door: Door) -> Response:
    """Cast a whole ballot, in place of an earlier one, until the phase closes. Only by the rater itself."""
    await review_at(door, review_id, member=rater_id)
    scores = _scores(await door.request.body())
    reply = door.reply(200, lambda stored: _cast(stored, len(scores)))
    return answered(await ballots.cast_ballot(door.log, review_id, rater_id, scores, by=door.caller.person, reply=reply))


def _scores(body: bytes) -> dict[str, dict[str, Any]]:
    try:
        scores = _decode(body).scores
    except msgspec.ValidationError as error:
        raise Invalid(
            errors=[("/scores", "An object of the members scored, each an object of dimensions, and nothing beside it.")]
        ) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise MalformedJson from error
    return {ratee.lower(): given for ratee, given in scores.items()}


def _cast(stored: Stored, scores: int) -> dict[str, Any]:
    ballot = just_taken(stored)
    return {"scores": scores, "number": ballot.number, "receipt": str(ballot.receipt)}


@router.get("/reviews/{review_id}/ballots/{rater_id}", response_model=OwnBallotAnswer, responses=problems(UnknownReview, NoBallot, KeyGone))
async def get_ballot(review_id: Id, rater_id: Id, door: Door) -> Response:
    """One's own newest ballot; nobody else's, whoever asks."""
    review = await review_at(door, review_id, member=rater_id)
    ballot, scores = await ballots.own_ballot(door.log, review, rater_id)
    shown = {"number": ballot.number, "receipt": str(ballot.receipt), "cast_at": ballot.cast_at, "on_paper": ballot.on_paper}
    return json_answer({"scores": scores, **shown}, headers={"Cache-Control": "no-store"})


@router.get("/reviews/{review_id}/receipts/{receipt}", response_model=ReceiptAnswer, responses=problems(UnknownReview, NoBallot))
async def get_receipt(review_id: Id, receipt: Annotated[str, Path(max_length=100)], door: Door) -> Response:
    """Whether the ballot of this receipt stands in the log, and whether it was counted; for its voter."""
    voter = door.caller.member_id
    review = await review_at(door, review_id, member=voter)
    if voter is None:
        raise NoBallot
    ballot = await ballots.find_receipt(door.log, review, voter, receipt)
    position, counted = ballot.receipt.position, _is_counted(review, voter, ballot)
    proof = _proof(await asyncio.to_thread(door.state.publisher.published.inclusion, position), position)
    return json_answer({"position": position, "number": ballot.number, "cast_at": ballot.cast_at, "counted": counted, "proof": proof})


def _proof(found: tuple[Checkpoint, list[bytes]] | None, position: int) -> dict[str, Any] | None:
    if found is None:
        return None
    signed, hashes = found
    tree = {"origin": signed.origin, "index": position - 1, "size": signed.size, "root": signed.root.hex()}
    return tree | {"hashes": [each.hex() for each in hashes]}


def _is_counted(review: Review, voter: str, ballot: Taken) -> bool | None:
    if review.peer is None:
        return None
    return any((one.rater_id, one.number) == (voter, ballot.number) for one in review.peer.counted)
