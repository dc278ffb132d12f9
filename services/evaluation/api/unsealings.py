"""Unsealing ballots by REST (design: trust.md): proposed by one officer, decided by a second, read by the two for a bounded time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import BaseModel, Field

from services.evaluation.api.member_reads import record_read
from services.evaluation.api.places import places_of
from services.evaluation.api.reviewing import review_at
from services.evaluation.commands import unsealings
from services.evaluation.commands.unsealings import ToUnseal, load_unsealing
from services.evaluation.domain.lead_life import UnknownLead
from services.evaluation.domain.objections import OwnCase
from services.evaluation.domain.proposals import ProposalExpired, expires_at
from services.evaluation.domain.reviews import UnknownReview, WrongPhase
from services.evaluation.domain.unsealings import (
    CountyNeeded,
    NobodyToUnseal,
    NotUnsealed,
    Office,
    SameOrganizationUnseals,
    SamePersonUnseals,
    UnknownUnsealing,
    Unsealing,
    UnsealingDone,
)
from services.evaluation.events.unsealings import UnsealingProposed
from services.evaluation.projections.unsealings import unsealings_of
from shared.errors import Invalid, NotAllowed, TooLarge
from shared.store import KeyGone, Log, Stored
from shared.web import Body, Door, Doorway, Id, Router, Text, answered, json_answer, problems
from shared.web.paging import page_of

MOST_RATERS = 100
OFFICERS = ("county_supervisor", "town_officer")
State = Literal["proposed", "expired", "approved", "over", "rejected"]
router = Router(tags=["Ballots"])


class RejectionReasonMissing(Invalid):
    """Who does not agree says why."""

    code = "rejection_reason_missing"
    sentence = "Say in `reason` why the ballots stay sealed."


class UnsealingBody(Body):
    """Whose ballots are to be read, or the lead that is about them; and why. Each voter will read the reason."""

    reason: Text
    rater_ids: Annotated[tuple[Id, ...], Field(max_length=MOST_RATERS)] = ()
    lead_id: Id | None = None


class UnsealingDecision(Body):
    """What the second officer decides; `reason` is needed for a rejection."""

    decision: Literal["approved", "rejected"]
    reason: Text | None = None


class UnsealingMade(BaseModel):
    """An unsealing; it can be decided until `expires_at`."""

    id: str
    state: State
    expires_at: datetime


class UnsealingDecided(BaseModel):
    """How it was decided."""

    id: str
    state: Literal["approved", "rejected"]


class OpenedBallotLine(BaseModel):
    """A ballot that was opened."""

    rater_id: str
    number: int


class UnsealingAnswer(BaseModel):
    """An unsealing. `ballots` is empty before the approval; texts are null once erased."""

    id: str
    review_id: str
    state: State
    reason: str | None
    lead_id: str | None
    rater_ids: list[str]
    proposed_by: str
    proposed_at: datetime
    proposed_for: str
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decided_for: str | None
    rejection: str | None
    ballots: list[OpenedBallotLine]
    readable_until: datetime | None


class UnsealingList(BaseModel):
    """The unsealings of a review, in the order of their proposal."""

    items: list[UnsealingAnswer]
    next: None


class UnsealedBallot(BaseModel):
    """A ballot that two officers have agreed to read."""

    rater_id: str
    number: int
    cast_at: datetime
    on_paper: bool
    scores: dict[str, dict[str, float]]


@router.post(
    "/reviews/{review_id}/unsealings",
    status_code=201,
    response_model=UnsealingMade,
    responses=problems(UnknownReview, WrongPhase, NobodyToUnseal, OwnCase, UnknownLead, KeyGone, TooLarge),
)
async def post_unsealing(review_id: Id, body: UnsealingBody, door: Door) -> Response:
    """Propose that single ballots of a closed peer review be read. Nothing is opened until an officer of another organisation agrees."""
    review = await review_at(door, review_id)
    office = (await _offices(door, review.opening.branch_id))[0]
    if body.lead_id is not None and not await door.holds("county_supervisor", review.opening.branch_id):
        raise UnknownLead  # below the county nobody knows that there is one
    wanted = ToUnseal(body.rater_ids, body.lead_id, body.reason)
    reply = door.reply(201, _made)
    return answered(await unsealings.propose_unsealing(door.log, review_id, wanted, office, by=door.caller.person, reply=reply))


@router.get("/reviews/{review_id}/unsealings", response_model=UnsealingList, responses=problems(UnknownReview))
async def get_unsealings(review_id: Id, door: Door) -> Response:
    """Every unsealing of the review's ballots. Always current; unpaged."""
    await review_at(door, review_id)
    rows = await unsealings_of(await door.snapshot(is_current=True), review_id)
    found = [(await load_unsealing(door.log, row["unsealing_id"])).state for row in rows]
    return page_of([await _portrait(door.log, one) for one in found])


@router.get("/unsealings/{unsealing_id}", response_model=UnsealingAnswer, responses=problems(UnknownUnsealing))
async def get_unsealing(unsealing_id: Id, door: Door) -> Response:
    """One unsealing, from the log."""
    return json_answer(await _portrait(door.log, await _unsealing_at(door, unsealing_id)))


@router.post(
    "/unsealings/{unsealing_id}/decision",
    response_model=UnsealingDecided,
    responses=problems(
        UnknownUnsealing, SamePersonUnseals, SameOrganizationUnseals, CountyNeeded, OwnCase, UnsealingDone, ProposalExpired,
        NobodyToUnseal, RejectionReasonMissing, KeyGone, TooLarge,
    ),
)  # fmt: skip
async def post_decision(unsealing_id: Id, body: UnsealingDecision, door: Door) -> Response:
    """Decide as an officer of another organisation than the first; one of the two is the county's."""
    fact = (await _unsealing_at(door, unsealing_id)).fact
    first, offices = await _office(door, fact.office_id), await _offices(door, fact.branch_id)
    reply, by = door.reply(200, lambda stored: {"id": unsealing_id, "state": unsealings.decided(stored)}), door.caller.person
    if body.decision == "approved":
        return answered(await unsealings.approve_unsealing(door.log, unsealing_id, first, offices, by=by, reply=reply))
    if body.reason is None:
        raise RejectionReasonMissing(errors=[("/reason", RejectionReasonMissing.sentence)])
    return answered(await unsealings.reject_unsealing(door.log, unsealing_id, first, offices, reason=body.reason, by=by, reply=reply))


@router.get(
    "/unsealings/{unsealing_id}/ballots/{rater_id}",
    response_model=UnsealedBallot,
    responses=problems(UnknownUnsealing, NotAllowed, NotUnsealed, KeyGone),
)
async def get_unsealed_ballot(unsealing_id: Id, rater_id: Id, door: Door) -> Response:
    """A ballot that was unsealed: for the two officers who agreed, within 14 days. The voter sees each time that it was read."""
    await _unsealing_at(door, unsealing_id)
    ballot = await unsealings.read_ballot(door.log, unsealing_id, rater_id, by=door.caller.person)
    record_read(door, [rater_id], "ballot")
    shown = {"rater_id": rater_id, "number": ballot.number, "cast_at": ballot.recorded.recorded_at, "on_paper": ballot.on_paper}
    return json_answer({**shown, "scores": ballot.scores}, headers={"Cache-Control": "no-store"})


async def _unsealing_at(door: Doorway, unsealing_id: str) -> Unsealing:
    unsealing = (await load_unsealing(door.log, unsealing_id)).state
    await door.require(organization=unsealing.fact.branch_id)
    return unsealing


async def _offices(door: Doorway, branch_id: str) -> list[Office]:
    """The organisations above the branch for which the caller acts as an officer, the county first."""
    above = await door.places.ancestry(branch_id)
    held = {grant.organization_id for grant in door.caller.grants if grant.role in OFFICERS}
    return [await _office(door, one) for one in reversed(above) if one in held]


async def _office(door: Doorway, organization_id: str) -> Office:
    return Office(organization_id, (await places_of(door).organization(organization_id)).kind == "county")


def _made(stored: Stored) -> dict[str, object]:
    recorded = stored.recorded[0]
    if not isinstance(recorded.event, UnsealingProposed):
        raise TypeError(f"{type(recorded.event).__name__} proposes no unsealing")
    return {"id": recorded.event.unsealing_id, "state": "proposed", "expires_at": expires_at(recorded.recorded_at)}


async def _portrait(log: Log, one: Unsealing) -> dict[str, Any]:
    fact, approved, rejected = one.fact, one.approved, one.rejected
    decision = approved or rejected
    texts = await log.texts.read([fact.reason.id, *([rejected.reason.id] if rejected else [])])
    return {
        "id": fact.unsealing_id,
        "review_id": fact.review_id,
        "state": one.state(log.now()),
        "reason": texts.get(fact.reason.id),
        "lead_id": fact.lead_id,
        "rater_ids": fact.rater_ids,
        "proposed_by": fact.recorded_by,
        "proposed_at": one.proposed_at,
        "proposed_for": fact.office_id,
        "expires_at": expires_at(one.proposed_at),
        "decided_by": decision.recorded_by if decision else None,
        "decided_at": one.decided_at,
        "decided_for": decision.office_id if decision else None,
        "rejection": texts.get(rejected.reason.id) if rejected else None,
        "ballots": approved.ballots if approved else (),
        "readable_until": approved.readable_until if approved else None,
    }
