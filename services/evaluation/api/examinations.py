"""The fairness examination by REST (spec, section 8): begin it, read what it came to, have it repeated."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from services.evaluation.api.lead_shapes import ExaminationAnswer, ExaminationBody, ExaminationStarted, RepetitionAnswer
from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.commands import examinations
from services.evaluation.commands.examinations import Examiner, ToExamine
from services.evaluation.domain.examinations import (
    Examination,
    HalfYearNotBegun,
    HalfYearsReversed,
    NoBranches,
    NotHeld,
    TooManyBranches,
    UnknownExamination,
    earliest_by_default,
    unpacked,
)
from services.evaluation.events.examinations import ExaminationBegun
from shared.errors import Unavailable
from shared.store import KeyGone, Stored
from shared.web import Door, Id, Router, answered, json_answer, problems

router = Router(tags=["Supervision"])
COUNTED = ("from_position", "method", "code", "seed", "reviews", "ballots", "unreadable", "scores", "leads", "notes", "gone", "result")


@router.post(
    "/examinations",
    status_code=202,
    response_model=ExaminationStarted,
    responses=problems(UnknownOrganization, HalfYearsReversed, HalfYearNotBegun, NoBranches, TooManyBranches, Unavailable),
)
async def post_examination(body: ExaminationBody, door: Door) -> Response:
    """Begin an examination of the organisation's branches. It takes seconds, and goes on by itself: GET /examinations/{id}."""
    places = places_of(door)
    await places.ancestry(body.organization_id)
    await door.require(organization=body.organization_id)
    await places.catch_up_with_roster()
    branches = [one.organization_id for one in places.mirror.organizations_under(body.organization_id) if one.kind == "branch"]
    wanted = ToExamine(body.organization_id, branches, body.from_period or earliest_by_default(body.period), body.period)
    stored = await examinations.begin_examination(door.log, wanted, by=door.caller.person, reply=door.reply(202, _begun))
    examiner: Examiner = door.state.examiner
    examiner.take(_begun(stored)["id"])
    return answered(stored)


@router.get("/examinations/{examination_id}", response_model=ExaminationAnswer, responses=problems(UnknownExamination))
async def get_examination(examination_id: Id, door: Door) -> Response:
    """An examination, from the log: over what it was begun, and what it came to."""
    examination = (await examinations.load_examination(door.log, examination_id)).state
    await door.require(organization=examination.fact.organization_id)
    return json_answer(_portrait(examination))


@router.post(
    "/examinations/{examination_id}/repetition",
    response_model=RepetitionAnswer,
    responses=problems(UnknownExamination, NotHeld, KeyGone),
)
async def post_repetition(examination_id: Id, door: Door) -> Response:
    """Examine the same positions of the log again, and say whether it comes to the same; nothing is stored."""
    examination = (await examinations.load_examination(door.log, examination_id)).state
    await door.require(organization=examination.fact.organization_id)
    result, repeated = await examinations.repeat_examination(door.log, examination_id)
    return json_answer({"same": result == repeated, "result": result, "repeated": repeated})


def _begun(stored: Stored) -> dict[str, str]:
    match stored.recorded[0].event:
        case ExaminationBegun() as e:
            return {"id": e.examination_id, "state": "running"}
        case other:
            raise TypeError(f"{type(other).__name__} is made by no route here")


def _portrait(examination: Examination) -> dict[str, Any]:
    begun, held, failed = examination.fact, examination.held, examination.failed
    signed = {"size": held.checkpoint_size, "root": held.checkpoint_root} if held and held.checkpoint_size else None
    return {
        "id": begun.examination_id,
        "organization_id": begun.organization_id,
        "from_period": begun.from_period,
        "period": begun.period,
        "state": examination.state,
        "begun_at": examination.begun_at,
        "begun_by": begun.recorded_by,
        "held_at": examination.ended_at if held else None,
        "branches": len(unpacked(begun.branches)),
        "to_position": begun.to_position,
        "checkpoint": signed,
        "rules": [{"rulebook_id": one.rulebook_id, "version": one.version} for one in held.rules] if held else [],
        **{name: getattr(held, name) if held else None for name in COUNTED},
        "cause": failed.cause if failed else None,
    }
