"""What evaluation holds about a member, and who read it (spec, section 11); the roster says the same of what it holds.

The roster can't ask evaluation, which rests on it: so each service answers for itself, under the same addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel

from services.evaluation.api.places import UnknownMember, require_for_member
from services.evaluation.commands.trail import held_of
from services.evaluation.projections.objections import OBJECTIONS
from services.evaluation.projections.pledges import PLEDGES
from services.evaluation.projections.unsealings import unsealed_of
from shared.errors import Unavailable
from shared.projections import Values
from shared.reads import LAST
from shared.web import Cursor, Door, Doorway, Id, Router, json_answer, problems

router = Router(tags=["People"])
What = Literal["explanation", "points", "entry", "entries", "self_review", "committee_sheet", "trail", "ballot", "held"]


class HeldFact(BaseModel):
    """An event about the member: which, when, by whom. What a ballot gave is not told here: its voter reads it at the ballot itself."""

    position: int
    recorded_at: datetime
    type: str
    recorded_by: str | None


class UnsealedAnswer(BaseModel):
    """A ballot of the member that two officers have opened: who they are, why, and until when they may read it."""

    id: str
    review_id: str
    period: str
    number: int
    reason: str | None
    proposed_by: str
    decided_by: str
    decided_at: datetime
    readable_until: datetime


class HeldAnswer(BaseModel):
    """What evaluation holds about a member. `texts`: how many texts are sealed with its key; `objections`: those it raised."""

    member_id: str
    facts: list[HeldFact]
    objections: list[str]
    texts: int
    unsealings: list[UnsealedAnswer]


class ReadAnswer(BaseModel):
    """Who saw what of the member, and when."""

    read_by: str
    what: What
    read_at: datetime


class ReadsAnswer(BaseModel):
    """A page of reads, the newest first."""

    items: list[ReadAnswer]
    next: str | None


def record_read(door: Doorway, member_ids: Iterable[str], what: What) -> None:
    """Keep that an officer saw these members' data; what a member sees of itself, and what services fetch, is not kept."""
    if not door.has("service"):
        door.state.reads.record(member_ids, read_by=door.caller.person, what=what, read_at=door.log.now())


@router.get("/members/{member_id}/held", response_model=HeldAnswer, responses=problems(UnknownMember, Unavailable))
async def get_held(member_id: Id, door: Door) -> Response:
    """All that evaluation holds about a member, and whether a ballot of it was unsealed. The roster's `/held` says what that holds."""
    facts = await require_for_member(door, member_id)
    record_read(door, [member_id], "held")
    snapshot = await door.snapshot(is_current=True)
    pledges = [row["pledge_id"] for row in await snapshot.rows(PLEDGES, member_id=member_id)]
    held = await held_of(door.log, member_id, facts.joined_on, pledges)
    return json_answer({
        "member_id": member_id,
        "facts": [
            {
                "position": one.position,
                "recorded_at": one.recorded_at,
                "type": one.event.topic,
                "recorded_by": getattr(one.event, "recorded_by", None),
            }
            for one in held
        ],
        "objections": [row["objection_id"] for row in await snapshot.rows(OBJECTIONS, raised_by=member_id)],
        "texts": door.log.texts.count(member_id),
        "unsealings": await _unsealings(door, await unsealed_of(snapshot, member_id)),
    })  # fmt: skip


@router.get("/members/{member_id}/reads", response_model=ReadsAnswer, responses=problems(UnknownMember))
async def get_reads(member_id: Id, door: Door, page: Cursor) -> Response:
    """Which officers saw the member's data here, the newest first. `read_by` is the officer's member id, or else its account."""
    await require_for_member(door, member_id)
    before = page.after[0] if page.after else LAST
    return page.page(
        door.state.reads.of(member_id, before=before, limit=page.limit + 1),
        place=lambda read: (read.read_id,),
        show=lambda read: {"read_by": read.read_by, "what": read.what, "read_at": read.read_at},
    )


async def _unsealings(door: Doorway, rows: list[Values]) -> list[dict[str, Any]]:
    texts = await door.log.texts.read(row["reason"] for row in rows)
    names = ("review_id", "period", "number", "proposed_by", "decided_by", "decided_at", "readable_until")
    return [{"id": row["unsealing_id"], "reason": texts.get(row["reason"])} | {name: row[name] for name in names} for row in rows]
