"""The publicity period of a notice, and its certificate (spec, section 6)."""

from __future__ import annotations

from fastapi import Response

from services.notice.commands import publicity
from services.notice.commands.notices import notice_of
from services.notice.domain.certificates import NoPublicityPeriod, ObjectionOpen, PublicityRunning
from services.notice.domain.notices import NoticeDown, UnknownNotice
from shared.web import Door, Doorway, Id, Router, json_answer, problems

router = Router(tags=["Publicity"])


@router.get("/notices/{notice_id}/publicity", response_model=None, responses=problems(UnknownNotice, NoPublicityPeriod))
async def get_publicity(notice_id: Id, door: Door) -> Response:
    """Which working days were counted and which were not, and when the period ends."""
    await door.snapshot()
    notice = await notice_of(door.log, notice_id)
    return json_answer((await publicity.standing_of(door.log, notice)).facts)


@router.get(
    "/notices/{notice_id}/certificate",
    response_model=None,
    responses=problems(UnknownNotice, NoPublicityPeriod, NoticeDown, PublicityRunning, ObjectionOpen),
)
async def get_certificate(notice_id: Id, door: Door) -> Response:
    """The publication certificate; it is issued when it is first asked for, and stays the same."""
    await door.snapshot()
    issued = await publicity.certificate_of(door.log, notice_id)
    return json_answer(
        {
            "number": issued.number,
            "notice_id": issued.notice_id,
            "from": issued.first_day,
            "to": issued.last_day,
            "counted": issued.counted,
            "not_counted": issued.not_counted,
            "content_hash": issued.content_hash,
            "checkpoint": _checkpoint(door),
        }
    )


def _checkpoint(door: Doorway) -> str | None:
    """The newest signed note of this log, as /log/checkpoint serves it; None where nothing has been signed yet."""
    note = door.state.publisher.published.note()
    return None if note is None else str(note)
