"""Erasing a profile: one person proposes, another confirms within 30 days; what waits for a second person is listed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast

from fastapi import Query, Response
from pydantic import BaseModel

from services.roster.api.shapes import created_id
from services.roster.commands import erasures
from services.roster.commands.accounts import Desk, close_if_open
from services.roster.domain.erasures import ErasureExpired, SamePersonErases, UnknownErasure, expires_at
from services.roster.domain.members import UnknownMember
from services.roster.domain.profiles import ProfileIsErased
from services.roster.issuer import account_of
from services.roster.projections.erasures import erasures_in_order
from services.roster.projections.organizations import branches_below
from shared.projections import Values
from shared.web import Cursor, Door, Id, Router, answered, problems

router = Router(tags=["Profiles"])
State = Literal["proposed", "expired", "erased"]


class ErasureAnswer(BaseModel):
    """An erasure: proposed by one person, done when another confirms."""

    id: str
    state: Literal["proposed", "erased"]


class ErasureLine(BaseModel):
    """An erasure among others; it can be confirmed until `expires_at`. `branch_id` is the member's branch of today."""

    id: str
    member_id: str
    branch_id: str
    state: State
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime


class ErasureList(BaseModel):
    """A page of erasures, in the order in which they were proposed."""

    items: list[ErasureLine]
    next: str | None


@router.delete(
    "/members/{member_id}/profile",
    status_code=202,
    response_model=ErasureAnswer,
    responses=problems(UnknownMember, ProfileIsErased),
)
async def delete_profile(member_id: Id, door: Door) -> Response:
    """Propose that the profile be erased for good; a second person confirms within 30 days."""
    await door.require(organization=await door.places.branch_of(member_id), member=member_id)
    reply = door.reply(202, lambda stored: {"id": created_id(stored), "state": "proposed"})
    return answered(await erasures.propose_erasure(door.log, member_id, by=door.caller.person, reply=reply))


@router.post(
    "/erasures/{erasure_id}/confirmation",
    response_model=ErasureAnswer,
    responses=problems(UnknownErasure, ProfileIsErased, SamePersonErases, ErasureExpired),
)
async def post_confirmation(erasure_id: Id, door: Door) -> Response:
    """A second officer confirms: profile, kin, account and every text about the member are gone for good; the log stays whole."""
    erasure = await erasures.erasure_of(door.log, erasure_id)
    await door.require(organization=await door.places.branch_of(erasure.member_id))
    reply = door.reply(200, lambda _: {"id": erasure_id, "state": "erased"})
    stored = await erasures.confirm_erasure(door.log, erasure_id, by=door.caller.person, reply=reply)
    await close_if_open(cast(Desk, door.state.desk), account_of(erasure.member_id), by=door.caller.person)
    return answered(stored)


@router.get("/erasures", response_model=ErasureList)
async def get_erasures(door: Door, page: Cursor, state: Annotated[State, Query()] = "proposed") -> Response:
    """The erasures of members whom the caller keeps: those that wait for a second person, or that expired, or that are done."""
    scopes = await door.scopes()
    snapshot = await door.snapshot()
    kept = frozenset(await branches_below(snapshot, scopes))
    now, after = door.log.now(), page.after[0] if page.after else ""
    lines = [
        {**_line(row, now), "branch_id": branch}
        for row in await erasures_in_order(snapshot)
        if row["erasure_id"] > after and (branch := await door.places.branch_of(row["member_id"])) in kept
    ]
    wanted = [line for line in lines if line["state"] == state]
    return page.page(wanted[: page.limit + 1], place=lambda line: (str(line["id"]),), show=lambda line: line)


def _line(row: Values, now: datetime) -> dict[str, object]:
    last = expires_at(row["proposed_at"])
    state: State = "erased" if row["erased_at"] else "expired" if now > last else "proposed"
    return {
        "id": row["erasure_id"],
        "member_id": row["member_id"],
        "state": state,
        "proposed_by": row["proposed_by"],
        "proposed_at": row["proposed_at"],
        "expires_at": last,
    }
