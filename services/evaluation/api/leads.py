"""Leads by REST (spec, section 8; trust.md): one with the scores behind it, looked at, asked about, answered, explained, closed.

The county's supervisor sees it whole, with labels in the place of people. Below the county only those who were asked see that there is
one, and of it the sentence with its labels; for everybody else there is no such lead.
"""

from __future__ import annotations

from fastapi import Response

from services.evaluation.api.entry_shapes import ReasonBody
from services.evaluation.api.lead_portraits import asked_portrait, whole_portrait
from services.evaluation.api.lead_shapes import AnswerBody, AnswerMade, ClosingBody, LeadMoved, LeadPortrait, QuestionBody
from services.evaluation.commands import leads
from services.evaluation.domain.lead_life import LeadFile, NobodyAsked, NotAsked, ReasonNeeded, UnknownLead, WrongLeadState
from services.evaluation.events.leads import LeadAnswered, LeadClosed, LeadExplained
from shared.errors import TooLarge
from shared.store import KeyGone, Stored
from shared.web import Door, Doorway, Id, Router, answered, json_answer, problems

SUPERVISOR = "county_supervisor"
router = Router(tags=["Supervision"])


@router.get("/leads/{lead_id}", response_model=LeadPortrait, responses=problems(UnknownLead))
async def get_lead(lead_id: Id, door: Door) -> Response:
    """One lead, from the log: the sentence, the scores behind it, what speaks against it, what was said and done."""
    lead = (await leads.load_lead(door.log, lead_id)).state
    if await door.holds(SUPERVISOR, lead.fact.of_branch):
        await door.require(organization=lead.fact.of_branch)
        return json_answer(await whole_portrait(door.log, lead))
    if await _asked_as(door, lead) is None:
        raise UnknownLead
    return json_answer(asked_portrait(door.log, lead, door.caller.member_id))


@router.post("/leads/{lead_id}/look", status_code=201, response_model=LeadMoved, responses=problems(UnknownLead, WrongLeadState))
async def post_look(lead_id: Id, door: Door) -> Response:
    """The caller has looked at the lead."""
    await _supervised(door, lead_id)
    return answered(await leads.look_at_lead(door.log, lead_id, by=door.caller.person, reply=door.reply(201, _moved)))


@router.post(
    "/leads/{lead_id}/questions", status_code=201, response_model=LeadMoved, responses=problems(UnknownLead, WrongLeadState, NobodyAsked)
)
async def post_question(lead_id: Id, body: QuestionBody, door: Door) -> Response:
    """Ask those concerned: from now on they see the sentence with its labels, and may answer."""
    await _supervised(door, lead_id)
    stored = await leads.ask_about_lead(door.log, lead_id, body.asked, by=door.caller.person, reply=door.reply(201, _moved))
    return answered(stored)


@router.post(
    "/leads/{lead_id}/answers",
    status_code=201,
    response_model=AnswerMade,
    responses=problems(UnknownLead, NotAsked, WrongLeadState, KeyGone, TooLarge),
)
async def post_answer(lead_id: Id, body: AnswerBody, door: Door) -> Response:
    """One of those who were asked says what there is to say: a member about itself, the secretary, somebody of the committee."""
    lead = (await leads.load_lead(door.log, lead_id)).state
    role = await _asked_as(door, lead)
    if role is None:
        raise NotAsked if await door.holds(SUPERVISOR, lead.fact.of_branch) else UnknownLead
    by = door.caller.member_id if role == "member" and door.caller.member_id else door.caller.person
    return answered(await leads.answer_lead(door.log, lead_id, role, body.text, by=by, reply=door.reply(201, _made)))


@router.post(
    "/leads/{lead_id}/explanation", status_code=201, response_model=LeadMoved, responses=problems(UnknownLead, WrongLeadState, TooLarge)
)
async def post_explanation(lead_id: Id, body: ReasonBody, door: Door) -> Response:
    """The lead has an innocent explanation; the reason says which."""
    await _supervised(door, lead_id)
    return answered(await leads.explain_lead(door.log, lead_id, body.reason, by=door.caller.person, reply=door.reply(201, _moved)))


@router.post(
    "/leads/{lead_id}/closing",
    status_code=201,
    response_model=LeadMoved,
    responses=problems(UnknownLead, WrongLeadState, ReasonNeeded, TooLarge),
)
async def post_closing(lead_id: Id, body: ClosingBody, door: Door) -> Response:
    """The lead is done with; it stays, with all that was said."""
    await _supervised(door, lead_id)
    return answered(await leads.close_lead(door.log, lead_id, body.reason, by=door.caller.person, reply=door.reply(201, _moved)))


async def _supervised(door: Doorway, lead_id: str) -> None:
    """Raises UnknownLead, NotAllowed unless the caller supervises the county of the lead's branch."""
    lead = (await leads.load_lead(door.log, lead_id)).state
    await door.require(organization=lead.fact.of_branch)


async def _asked_as(door: Doorway, lead: LeadFile) -> str | None:
    """As what the caller was asked: `member`, `secretary` or `committee`; None where it was not. Raises UnknownLead."""
    branch_id, member_id = lead.fact.of_branch, door.caller.member_id
    details = leads.details_of(door.log, lead) if member_id is not None and "members" in lead.asked else None
    if details is not None and member_id in details.concerned:
        await door.require(member=member_id)
        return "member"
    for role, asked in (("branch_secretary", "secretary"), ("committee_member", "committee")):
        if asked in lead.asked and await door.holds(role, branch_id):
            await door.require(organization=branch_id)
            return asked
    return None


def _moved(stored: Stored) -> dict[str, object]:
    event = stored.recorded[0].event
    states = {LeadExplained: "explained", LeadClosed: "closed"}
    return {"id": getattr(event, "lead_id", ""), "state": states.get(type(event), "looked_at")}


def _made(stored: Stored) -> dict[str, object]:
    match stored.recorded[0].event:
        case LeadAnswered() as e:
            return {"id": e.answer_id}
        case other:
            raise TypeError(f"{type(other).__name__} is made by no route here")
