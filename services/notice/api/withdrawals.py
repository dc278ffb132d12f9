"""Taking a notice down and putting it back: its days stop, and go on."""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel

from services.notice.commands.notices import notice_of, return_notice, withdraw_notice
from services.notice.domain.notices import CURRENT, IS_WITHDRAWN, NoticeDown, NoticeOnTheBoard, UnknownNotice
from shared.web import Body, Door, Doorway, Id, Router, Text, answered, problems

router = Router(tags=["Notices"])


class WithdrawalBody(Body):
    """Why the notice is taken down."""

    reason: Text


class ReturnBody(Body):
    """Why the notice is put back, where there is something to say."""

    reason: Text | None = None


class StateAnswer(BaseModel):
    """The notice's state from now on."""

    id: str
    state: str


@router.post("/notices/{notice_id}/withdrawal", response_model=StateAnswer, responses=problems(UnknownNotice, NoticeDown))
async def post_withdrawal(notice_id: Id, body: WithdrawalBody, door: Door) -> Response:
    """Take the notice down; nobody can read it, so its days stop."""
    await _require(door, notice_id)
    reply = door.reply(200, lambda _: {"id": notice_id, "state": IS_WITHDRAWN})
    return answered(await withdraw_notice(door.log, notice_id, reason=body.reason, by=door.caller.person, reply=reply))


@router.post("/notices/{notice_id}/return", response_model=StateAnswer, responses=problems(UnknownNotice, NoticeOnTheBoard, NoticeDown))
async def post_return(notice_id: Id, body: ReturnBody, door: Door) -> Response:
    """Put the withdrawn notice back; its days go on."""
    await _require(door, notice_id)
    reply = door.reply(200, lambda _: {"id": notice_id, "state": CURRENT})
    return answered(await return_notice(door.log, notice_id, reason=body.reason, by=door.caller.person, reply=reply))


async def _require(door: Doorway, notice_id: str) -> None:
    notice = await notice_of(door.log, notice_id)
    await door.require(organization=notice.published.organization_id)
