"""Supervision by REST (spec, section 8): inspections, findings, the branch's answer, circulars."""

from __future__ import annotations

from fastapi import Response

from services.evaluation.api import evidence
from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.api.supervision_portraits import inspection_portrait
from services.evaluation.api.supervision_shapes import (
    CircularBody,
    FindingBody,
    FindingMade,
    FindingReversedAnswer,
    InspectionAnswer,
    InspectionBody,
    Made,
    ReversalBody,
    TextBody,
)
from services.evaluation.commands import supervision
from services.evaluation.commands.supervision import FindingToRecord
from services.evaluation.domain.circulars import CircularTextMissing, NoCircularToCorrect
from services.evaluation.domain.lead_life import WrongLeadState
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.domain.supervision import (
    DeductionOutOfRange,
    FindingInCircular,
    FindingIsReversed,
    InspectedBeforeYear,
    InspectedInFuture,
    Inspection,
    NotAbove,
    NotABranch,
    NothingToAnswer,
    UnknownFinding,
    UnknownInspection,
)
from services.evaluation.events.supervision import (
    CircularCorrected,
    CircularIssued,
    CircularWithdrawn,
    FindingRecorded,
    InspectionOpened,
    ResponseGiven,
)
from services.evaluation.projections.supervision import inspection_of
from shared.errors import TooLarge
from shared.store import Stored
from shared.web import Door, Doorway, Id, Router, answered, json_answer, problems

INSPECTORS = ("county_supervisor", "town_officer")
router = Router(tags=["Supervision"])


@router.post(
    "/inspections",
    status_code=201,
    response_model=Made,
    responses=problems(UnknownOrganization, NotABranch, NotAbove, InspectedInFuture, InspectedBeforeYear),
)
async def post_inspection(body: InspectionBody, door: Door) -> Response:
    """A branch was inspected, by the caller's organisation above it."""
    ancestry = await door.places.ancestry(body.branch_id)
    await door.require(organization=body.branch_id)
    if (await places_of(door).organization(body.branch_id)).kind != "branch":
        raise NotABranch(errors=[("/branch_id", NotABranch.sentence)])
    granted = {grant.organization_id for grant in door.caller.grants if grant.role in INSPECTORS}
    inspector = next((above for above in reversed(ancestry[1:]) if above in granted), None)
    if inspector is None:
        raise NotAbove
    stored = await supervision.open_inspection(
        door.log,
        ancestry,
        organization_id=inspector,
        year=body.year,
        on=body.on,
        by=door.caller.person,
        reply=door.reply(201, _made),
    )
    return answered(stored)


@router.get("/inspections/{inspection_id}", response_model=InspectionAnswer, responses=problems(UnknownInspection))
async def get_inspection(inspection_id: Id, door: Door) -> Response:
    """An inspection with its findings, answers and circulars, from the log."""
    inspection = (await supervision.load_inspection(door.log, inspection_id)).state
    branch_id = inspection.fact.branch_id
    await door.require(organization=branch_id)
    with_leads = await door.holds("county_supervisor", branch_id)
    return json_answer(await inspection_portrait(door.log, inspection, with_leads=with_leads))


@router.post(
    "/inspections/{inspection_id}/findings",
    status_code=201,
    response_model=FindingMade,
    responses=problems(UnknownInspection, NoRulesInForce, DeductionOutOfRange, WrongLeadState, TooLarge),
)
async def post_finding(inspection_id: Id, body: FindingBody, door: Door) -> Response:
    """Record a finding with its evidence. It deducts nothing until a circular names it."""
    inspection = await _inspected(door, inspection_id)
    found = FindingToRecord(body.kind, body.text, evidence.pieces(body.evidence), body.lead_id, body.deduction)
    ancestry = await door.places.ancestry(inspection.fact.branch_id)
    stored = await supervision.record_finding(door.log, inspection_id, ancestry, found, by=door.caller.person, reply=door.reply(201, _made))
    return answered(stored)


@router.post(
    "/findings/{finding_id}/reversal",
    status_code=201,
    response_model=FindingReversedAnswer,
    responses=problems(UnknownFinding, FindingIsReversed, CircularTextMissing, NoCircularToCorrect, TooLarge),
)
async def post_finding_reversal(finding_id: Id, body: ReversalBody, door: Door) -> Response:
    """Reverse a finding that does not stand: it deducts nothing from now on, and stays visible.

    A circular that names it is corrected on the board where other findings of it stand, else withdrawn.
    """
    inspection_id = await _inspection_of(door, finding_id)
    await _inspected(door, inspection_id)
    stored = await supervision.reverse_finding(
        door.log,
        inspection_id,
        finding_id,
        reason=body.reason,
        circular_text=body.circular_text,
        by=door.caller.person,
        reply=door.reply(201, lambda stored: {"id": finding_id, "state": "reversed", "circular": _circular_after(stored)}),
    )
    return answered(stored)


@router.post(
    "/inspections/{inspection_id}/response",
    status_code=201,
    response_model=Made,
    responses=problems(UnknownInspection, NothingToAnswer, TooLarge),
)
async def post_response(inspection_id: Id, body: TextBody, door: Door) -> Response:
    """The branch answers to what was found."""
    inspection = (await supervision.load_inspection(door.log, inspection_id)).state
    await door.require(organization=inspection.fact.branch_id)
    stored = await supervision.give_response(door.log, inspection_id, text=body.text, by=door.caller.person, reply=door.reply(201, _made))
    return answered(stored)


@router.post(
    "/inspections/{inspection_id}/circular",
    status_code=201,
    response_model=Made,
    responses=problems(UnknownInspection, UnknownFinding, FindingIsReversed, FindingInCircular, TooLarge),
)
async def post_circular(inspection_id: Id, body: CircularBody, door: Door) -> Response:
    """Issue a circular about findings: a notice on the branch's board. Their deductions count from now on."""
    await _inspected(door, inspection_id)
    stored = await supervision.issue_circular(
        door.log,
        inspection_id,
        finding_ids=body.finding_ids,
        text=body.text,
        by=door.caller.person,
        reply=door.reply(201, _made),
    )
    return answered(stored)


async def _inspected(door: Doorway, inspection_id: str) -> Inspection:
    """The inspection, on which the caller may act as its inspector or from above it. Raises UnknownInspection, NotAllowed."""
    inspection = (await supervision.load_inspection(door.log, inspection_id)).state
    await door.require(organization=inspection.fact.organization_id)
    return inspection


async def _inspection_of(door: Doorway, finding_id: str) -> str:
    """Where the finding stands: that never changes, so that a view's lag can only hide the newest, for which we wait."""
    found = await inspection_of(await door.snapshot(), finding_id) or await inspection_of(await door.snapshot(is_current=True), finding_id)
    if found is None:
        raise UnknownFinding
    return found


def _circular_after(stored: Stored) -> dict[str, object] | None:
    """What became of the circular that named the finding; None where none did."""
    match stored.recorded[-1].event:
        case CircularCorrected() as e:
            return {"id": e.circular_id, "state": "corrected"}
        case CircularWithdrawn() as e:
            return {"id": e.circular_id, "state": "withdrawn"}
        case _:
            return None


def _made(stored: Stored) -> dict[str, object]:
    match stored.recorded[0].event:
        case InspectionOpened() as e:
            return {"id": e.inspection_id}
        case FindingRecorded() as e:
            return {"id": e.finding_id, "deduction": e.deduction}
        case ResponseGiven() as e:
            return {"id": e.response_id}
        case CircularIssued() as e:
            return {"id": e.circular_id}
        case other:
            raise TypeError(f"{type(other).__name__} is made by no route here")
