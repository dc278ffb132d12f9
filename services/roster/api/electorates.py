"""Who votes in a branch, and who is of its committee, as of a day."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel

from services.roster.api.members import asked_day
from services.roster.api.shapes import Status
from services.roster.commands.organizations import check_place
from services.roster.domain.members import InTheFuture
from services.roster.domain.organizations import NotABranch, UnknownOrganization
from services.roster.projections.members import committee_of, electorate_of
from shared.web import Day, Door, Id, Router, json_answer, problems

router = Router(tags=["Electorates"])


class Elector(BaseModel):
    """A member with a vote."""

    member_id: str
    group_id: str | None
    status: Status
    floating: bool


class ElectorateAnswer(BaseModel):
    """The electorate by id, and the committee by id."""

    members: list[Elector]
    committee: list[str]


@router.get(
    "/branches/{branch_id}/electorate",
    response_model=ElectorateAnswer,
    responses=problems(UnknownOrganization, NotABranch, InTheFuture),
)
async def get_electorate(branch_id: Id, door: Door, on: Annotated[Day | None, Query()] = None) -> Response:
    """The electorate at the end of the day `on` (without it: today), always current: it waits for the view to know all that is stored.

    With `as_of=` what had been recorded by that instant. Full and probationary members, floating ones too.
    """
    ancestry = await door.places.ancestry(branch_id)
    await door.require(organization=ancestry[0])
    await check_place(door.log, branch_id, None)
    day = asked_day(door, on)
    snapshot = await door.snapshot(is_current=True)
    members = [
        {"member_id": one.member_id, "group_id": one.group_id, "status": one.status, "floating": one.is_floating}
        for one in await electorate_of(snapshot, branch_id, day)
    ]
    return json_answer({"members": members, "committee": await committee_of(snapshot, branch_id, day)})
