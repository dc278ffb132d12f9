"""The committee review by REST (spec, section 6): what lies before the team, and the scores it (or the town) puts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from services.evaluation.api.member_reads import record_read
from services.evaluation.api.places import places_of
from services.evaluation.api.reviewing import review_at
from services.evaluation.api.sheet import SheetAnswer, committee_sheet
from services.evaluation.commands import committee
from services.evaluation.commands.committee import ProposedScore
from services.evaluation.domain.committee import (
    Escalated,
    Meeting,
    NotAttending,
    NotOfCommittee,
    NotRated,
    OwnCase,
    ReasonMissing,
    RecusedScores,
    WrongMode,
)
from services.evaluation.domain.reviews import Phase, UnknownReview, WrongPhase
from services.evaluation.domain.sheets import ScoreInvalid
from shared.errors import Unavailable, Unknown
from shared.web import Body, Door, Doorway, Id, Router, Score, Text, answered, json_answer, problems

MOST_ATTENDEES, MOST_SCORES = 100, 1000
router = Router(tags=["Committee review"])


class ScoreBody(Body):
    """One member's score: `score` under mode `agreed` or by the town, `by` under `mean`; `recused` names more than the rules do."""

    score: Score | None = None
    by: Annotated[dict[Id, Score], Field(max_length=MOST_ATTENDEES, default_factory=dict)]
    reason: Text | None = None
    recused: Annotated[tuple[Id, ...], Field(max_length=MOST_ATTENDEES)] = ()


class ScoresBody(Body):
    """A meeting's scores. `other_attendees`: people who are no members, counted and not recorded."""

    attendees: Annotated[list[Id], Field(max_length=MOST_ATTENDEES)]
    other_attendees: Annotated[int, Field(ge=0, le=MOST_ATTENDEES)] = 0
    scores: Annotated[dict[Id, ScoreBody], Field(min_length=1, max_length=MOST_SCORES)]


class ScoresAnswer(BaseModel):
    """Whose scores were put."""

    scored: list[str]


@router.get("/reviews/{review_id}/committee-sheet", response_model=SheetAnswer, responses=problems(UnknownReview, WrongPhase))
async def get_committee_sheet(review_id: Id, door: Door) -> Response:
    """For each rated member points, peer score, reference, pledges, self review, and the score put so far."""
    review = await review_at(door, review_id)
    review.require_phase(Phase.COMMITTEE_REVIEW)
    record_read(door, review.rated, "committee_sheet")
    try:
        kin = await kin_on(door, review.opening.committee, door.log.today())
    except Unavailable:
        kin = None
    return json_answer(await committee_sheet(door, review, kin), headers={"Cache-Control": "no-store"})


@router.put(
    "/reviews/{review_id}/committee-scores",
    response_model=ScoresAnswer,
    responses=problems(
        UnknownReview, WrongPhase, NotOfCommittee, NotRated, WrongMode, ScoreInvalid, NotAttending, RecusedScores, ReasonMissing, Escalated,
        OwnCase, Unavailable,
    ),
)  # fmt: skip
async def put_committee_scores(review_id: Id, body: ScoresBody, door: Door) -> Response:
    """Put the scores of those named, in place of earlier ones, until the phase ends. All of them or none.

    Whoever calls as an officer of the town puts the town's scores: without a minimum of members, each with a reason.
    """
    review = await review_at(door, review_id)
    attendees = tuple(dict.fromkeys(body.attendees))
    is_town = await _is_town(door, review.opening.branch_id, attendees)
    asked = (*attendees, *review.opening.committee) if is_town else attendees
    meeting = Meeting(
        attendees=attendees,
        other_attendees=body.other_attendees,
        kin=await kin_on(door, dict.fromkeys(asked), door.log.today()),
        is_town=is_town,
    )
    proposed = [ProposedScore(member_id, one.score, one.by, one.recused, one.reason) for member_id, one in body.scores.items()]
    reply = door.reply(200, lambda _: {"scored": list(body.scores)})
    stored = await committee.give_scores(door.log, review_id, meeting, proposed, by=door.caller.person, reply=reply)
    return answered(stored)


async def _is_town(door: Doorway, branch_id: str, attendees: tuple[str, ...]) -> bool:
    """Who is of the town and of the team too acts for the team when the team attends."""
    is_of_town = await door.holds("town_officer", branch_id)
    return is_of_town and not (attendees and await door.holds("committee_member", branch_id))


async def kin_on(door: Doorway, member_ids: Iterable[str], day: date) -> dict[str, frozenset[str]]:
    """Whom each of these members has named as spouse or kin for `day`; a member whom the roster does not know names nobody."""
    asked = list(member_ids)
    return dict(zip(asked, await asyncio.gather(*(_kin(door, member_id, day) for member_id in asked)), strict=True))


async def _kin(door: Doorway, member_id: str, day: date) -> frozenset[str]:
    try:
        named = await places_of(door).roster.kin(member_id)
    except Unknown:
        return frozenset()
    return frozenset(one.member_id for one in named if one.start <= day and (one.end is None or day <= one.end))
