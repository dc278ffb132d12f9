"""Pledges: writing, reviewing, announcing, reporting, evaluating, reading."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from services.evaluation.api import evidence
from services.evaluation.api.places import UnknownMember, UnknownOrganization, require_for_member
from services.evaluation.api.pledge_portraits import pledge_line, pledge_portrait
from services.evaluation.api.pledge_shapes import (
    AnnouncementBody,
    AnnouncementMade,
    EvaluationBody,
    NoBody,
    PledgeAnswer,
    PledgeBody,
    PledgeList,
    PledgeMade,
    ProgressBody,
    ReviewBody,
    State,
)
from services.evaluation.api.scopes import branches_to_list
from services.evaluation.commands import pledges
from services.evaluation.commands.pledges import PromiseToWrite
from services.evaluation.domain.pledges import (
    AnnouncedInFuture,
    DueBeforePeriod,
    NotToBeAnnounced,
    OtherMember,
    Pledge,
    ReturnReasonMissing,
    UnknownPledge,
    WrongPledgeState,
)
from services.evaluation.events.pledges import PledgesAnnounced
from services.evaluation.projections.pledges import pledges_page
from shared.calendar import HalfYear
from shared.errors import TooLarge
from shared.store import Reply, Stored
from shared.web import Cursor, Door, Doorway, HalfYearText, Id, Router, answered, json_answer, problems

router = Router(tags=["Pledges"])


@router.post("/pledges", status_code=201, response_model=PledgeMade, responses=problems(UnknownMember, DueBeforePeriod, TooLarge))
async def post_pledge(body: PledgeBody, door: Door) -> Response:
    """Write a pledge down and, unless it is a draft, hand it in."""
    member = await require_for_member(door, body.member_id)
    is_draft = body.draft is True
    stored = await pledges.make_pledge(
        door.log,
        body.member_id,
        member.branch_id,
        _promise(body),
        is_draft=is_draft,
        by=door.caller.person,
        reply=_reply(door, "drafted" if is_draft else "submitted", 201),
    )
    return answered(stored)


@router.put(
    "/pledges/{pledge_id}",
    response_model=PledgeMade,
    responses=problems(UnknownPledge, OtherMember, WrongPledgeState, DueBeforePeriod, TooLarge),
)
async def put_pledge(pledge_id: Id, body: PledgeBody, door: Door) -> Response:
    """Write a draft, or a returned pledge, anew."""
    pledge = await _allowed(door, pledge_id)
    if body.member_id != pledge.member_id:
        raise OtherMember(errors=[("/member_id", OtherMember.sentence)])
    and_submit = body.draft is False
    stored = await pledges.change_pledge(
        door.log,
        pledge_id,
        _promise(body),
        and_submit=and_submit,
        by=door.caller.person,
        reply=_reply(door, "submitted" if and_submit else pledge.state),
    )
    return answered(stored)


@router.post("/pledges/{pledge_id}/submission", response_model=PledgeMade, responses=problems(UnknownPledge, WrongPledgeState))
async def post_submission(pledge_id: Id, door: Door, body: NoBody | None = None) -> Response:
    """Hand a draft in, or a returned pledge again."""
    del body
    await _allowed(door, pledge_id)
    return answered(await pledges.submit_pledge(door.log, pledge_id, by=door.caller.person, reply=_reply(door, "submitted")))


@router.post(
    "/pledges/{pledge_id}/review",
    response_model=PledgeMade,
    responses=problems(UnknownPledge, WrongPledgeState, ReturnReasonMissing, TooLarge),
)
async def post_review(pledge_id: Id, body: ReviewBody, door: Door) -> Response:
    """The branch approves a submitted pledge, or returns it with a reason."""
    await _allowed(door, pledge_id)
    stored = await pledges.review_pledge(
        door.log,
        pledge_id,
        decision=body.decision,
        reason=body.reason,
        by=door.caller.person,
        reply=_reply(door, body.decision),
    )
    return answered(stored)


@router.post(
    "/announcements",
    status_code=201,
    response_model=AnnouncementMade,
    responses=problems(UnknownOrganization, UnknownPledge, AnnouncedInFuture, NotToBeAnnounced, TooLarge),
)
async def post_announcement(body: AnnouncementBody, door: Door) -> Response:
    """Approved pledges were read out at a members' meeting: all of these, or nothing is stored."""
    await door.require(organization=body.branch_id)
    stored = await pledges.announce_pledges(
        door.log, body.branch_id, body.on, body.pledge_ids, by=door.caller.person, reply=door.reply(201, _announced)
    )
    return answered(stored)


@router.post(
    "/pledges/{pledge_id}/progress",
    status_code=201,
    response_model=PledgeMade,
    responses=problems(UnknownPledge, WrongPledgeState, TooLarge),
)
async def post_progress(pledge_id: Id, body: ProgressBody, door: Door) -> Response:
    """Say what has come of an announced pledge so far, with evidence."""
    await _allowed(door, pledge_id)
    stored = await pledges.report_progress(
        door.log,
        pledge_id,
        note=body.note,
        evidence=evidence.pieces(body.evidence),
        by=door.caller.person,
        reply=_reply(door, "announced", 201),
    )
    return answered(stored)


@router.post(
    "/pledges/{pledge_id}/evaluation",
    status_code=201,
    response_model=PledgeMade,
    responses=problems(UnknownPledge, WrongPledgeState, TooLarge),
)
async def post_evaluation(pledge_id: Id, body: EvaluationBody, door: Door) -> Response:
    """The branch says what came of an announced pledge."""
    await _allowed(door, pledge_id)
    stored = await pledges.evaluate_pledge(
        door.log, pledge_id, outcome=body.outcome, reason=body.reason, by=door.caller.person, reply=_reply(door, "evaluated", 201)
    )
    return answered(stored)


@router.get("/pledges", response_model=PledgeList, responses=problems(UnknownMember, UnknownOrganization))
async def get_pledges(
    door: Door,
    page: Cursor,
    *,
    branch_id: Annotated[Id | None, Query()] = None,
    member_id: Annotated[Id | None, Query()] = None,
    period: Annotated[HalfYearText | None, Query()] = None,
    state: Annotated[State | None, Query()] = None,
) -> Response:
    """The pledges of a branch or a member, in the order of their making."""
    branches = await branches_to_list(door, branch_id, member_id)
    rows = await pledges_page(
        await door.snapshot(),
        branches=branches,
        after=page.after,
        limit=page.limit + 1,
        member_id=member_id,
        period=period,
        state=state,
    )
    texts = await door.log.texts.read(row[name] for row in rows for name in ("action", "target"))
    return page.page(rows, place=lambda row: (row["pledge_id"],), show=lambda row: pledge_line(row, texts))


@router.get("/pledges/{pledge_id}", response_model=PledgeAnswer, responses=problems(UnknownPledge))
async def get_pledge(pledge_id: Id, door: Door) -> Response:
    """One pledge with its history, from the log."""
    await _allowed(door, pledge_id)
    return json_answer(await pledge_portrait(door.log, pledge_id))


async def _allowed(door: Doorway, pledge_id: str) -> Pledge:
    """The pledge, on which the caller may act as its member or in its branch; raises UnknownPledge, NotAllowed."""
    pledge = (await pledges.load_pledge(door.log, pledge_id)).state
    pledge.written()
    await door.require(organization=pledge.branch_id, member=pledge.member_id)
    return pledge


def _promise(body: PledgeBody) -> PromiseToWrite:
    return PromiseToWrite(HalfYear.parse(body.period), body.theme, body.action, body.target, body.due_on)


def _reply(door: Doorway, state: str, status: int = 200) -> Reply:
    return door.reply(status, lambda stored: {"id": stored.recorded[0].stream.partition("/")[2], "state": state})


def _announced(stored: Stored) -> dict[str, object]:
    event = stored.recorded[0].event
    if not isinstance(event, PledgesAnnounced):
        raise TypeError(f"{type(event).__name__} announces nothing")
    return {"id": event.announcement_id, "pledge_ids": [pledge.pledge_id for pledge in event.pledges]}
