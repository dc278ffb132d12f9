"""How results were corrected, by REST (spec, section 6): the original stays visible beside what took its place, with cause and persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel

from services.evaluation.api.reviewing import review_at
from services.evaluation.commands.corrections import load_correction
from services.evaluation.domain.corrections import Correction, UnknownCorrection
from services.evaluation.domain.reviews import Corrected, UnknownReview
from services.evaluation.events.results import Result
from services.evaluation.projections.corrections import corrections_of
from shared.store import Log
from shared.web import Door, Id, Router, json_answer, problems
from shared.web.paging import page_of

router = Router(tags=["Objections"])


class ScoreAndStars(BaseModel):
    """A result; both null where there was none."""

    result: float | None
    stars: int | None


class CauseAnswer(BaseModel):
    """The upheld objection, or the finding; one of the two."""

    objection_id: str | None
    finding_id: str | None


class CorrectionAnswer(BaseModel):
    """A correction: what stood (`was`) and what takes its place. `stars` of `becomes` are null while nobody has confirmed it.

    `id` and `proposed_by` are null for what an objection upheld during publicity corrected; `reason` is null once it was erased.
    """

    id: str | None
    review_id: str
    member_id: str
    state: Literal["unconfirmed", "confirmed"]
    was: ScoreAndStars
    becomes: ScoreAndStars
    cause: CauseAnswer
    reason: str | None
    proposed_by: str | None
    proposed_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None


class CorrectionList(BaseModel):
    """The corrections of a review: those that took effect in their order, then those that wait for a second person."""

    items: list[CorrectionAnswer]
    next: None


@router.get("/reviews/{review_id}/corrections", response_model=CorrectionList, responses=problems(UnknownReview))
async def get_corrections(review_id: Id, door: Door) -> Response:
    """Every correction of the review's results, during publicity and after confirmation. Always current; unpaged."""
    review = await review_at(door, review_id)
    rows = await corrections_of(await door.snapshot(is_current=True), [review.opening.branch_id], "unconfirmed")
    waiting = [(await load_correction(door.log, row["correction_id"])).state for row in rows if row["review_id"] == review_id]
    proposed = {one.fact.correction_id: await _proposal(door.log, one) for one in review.corrections if one.fact.correction_id}
    done = [_took_effect(one, proposed.get(one.fact.correction_id or "")) for one in review.corrections]
    return page_of(await _with_reasons(door.log, done + [_as_proposed(one) for one in waiting if not one.is_confirmed]))


@router.get("/corrections/{correction_id}", response_model=CorrectionAnswer, responses=problems(UnknownCorrection))
async def get_correction(correction_id: Id, door: Door) -> Response:
    """One correction of a confirmed result, proposed or confirmed."""
    correction = (await load_correction(door.log, correction_id)).state
    review = await review_at(door, correction.fact.review_id)
    effect = next((one for one in review.corrections if one.fact.correction_id == correction_id), None)
    shown = _took_effect(effect, correction) if effect else _as_proposed(correction)
    return json_answer((await _with_reasons(door.log, [shown]))[0])


async def _proposal(log: Log, one: Corrected) -> Correction:
    return (await load_correction(log, one.fact.correction_id or "")).state


def _took_effect(one: Corrected, proposed: Correction | None) -> dict[str, Any]:
    fact = one.fact
    (becomes,) = [result for result in fact.results if result.member_id == fact.member_id]
    return {
        "id": fact.correction_id,
        "review_id": fact.review_id,
        "member_id": fact.member_id,
        "state": "confirmed",
        "was": _shown(fact.was),
        "becomes": _shown(becomes),
        "cause": fact.cause,
        "reason": fact.reason.id,
        "proposed_by": fact.proposed_by,
        "proposed_at": proposed.proposed_at if proposed else None,
        "confirmed_by": fact.recorded_by,
        "confirmed_at": one.at,
    }


def _as_proposed(correction: Correction) -> dict[str, Any]:
    fact = correction.fact
    return {
        "id": fact.correction_id,
        "review_id": fact.review_id,
        "member_id": fact.member_id,
        "state": "unconfirmed",
        "was": _shown(fact.was),
        "becomes": {"result": fact.score, "stars": None},
        "cause": fact.cause,
        "reason": fact.reason.id,
        "proposed_by": fact.recorded_by,
        "proposed_at": correction.proposed_at,
        "confirmed_by": None,
        "confirmed_at": None,
    }


def _shown(result: Result) -> dict[str, Any]:
    return {"result": result.result, "stars": result.stars}


async def _with_reasons(log: Log, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    texts = await log.texts.read(one["reason"] for one in items)
    return [{**one, "reason": texts.get(one["reason"])} for one in items]
