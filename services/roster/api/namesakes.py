"""Names that somebody wrote into a list, for services: whom of a branch they mean. Names come and go in bodies alone, never in a URL."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from services.roster.api.shapes import RawName
from services.roster.commands.organizations import check_place, organization_of
from services.roster.commands.profiles import profiles_of
from services.roster.domain.namesakes import Candidate, meant_by
from services.roster.domain.organizations import NotABranch, UnknownOrganization
from services.roster.projections.members import members_of
from services.roster.projections.organizations import subtree
from shared.web import Body, Door, Doorway, Id, Router, json_answer, problems

MOST_PEOPLE = 500
router = Router(tags=["Profiles"])


class PersonBody(Body):
    """A name, and where it may stand for several: `beside` it the group (code or name) or the identity number's last four."""

    name: RawName
    beside: RawName | None = None


class PeopleBody(Body):
    """Whose ids are wanted."""

    people: Annotated[list[PersonBody], Field(max_length=MOST_PEOPLE)]


class PersonMeant(BaseModel):
    """How many members of the branch have the name (`namesakes`), and whom of them it can mean: one, none or several."""

    namesakes: int
    member_ids: list[str]


class PeopleAnswer(BaseModel):
    """The people in the order in which they were asked for."""

    people: list[PersonMeant]


@router.post("/branches/{branch_id}/members/resolve", response_model=PeopleAnswer, responses=problems(UnknownOrganization, NotABranch))
async def post_people(branch_id: Id, body: PeopleBody, door: Door) -> Response:
    """Whom names in a list mean among today's members of the branch, for services. Identity numbers are compared here and never leave."""
    await organization_of(door.log, branch_id)
    await door.require(organization=branch_id)
    await check_place(door.log, branch_id, None)
    candidates = await _candidates(door, branch_id)
    found = [meant_by(candidates, one.name, one.beside) for one in body.people]
    return json_answer({"people": [{"namesakes": one.namesakes, "member_ids": one.member_ids} for one in found]})


async def _candidates(door: Doorway, branch_id: str) -> list[Candidate]:
    snapshot = await door.snapshot(is_current=True)
    members = await members_of(snapshot, [branch_id], door.log.today())
    units = {row["organization_id"]: row for row in await subtree(snapshot, branch_id)}
    profiles = await profiles_of(door.log, [one.member_id for one in members])
    found: list[Candidate] = []
    for one in members:
        if profile := profiles.get(one.member_id):
            group = units[one.group_id] if one.group_id else {"code": "", "name": ""}
            found.append(Candidate(one.member_id, profile.name, group["code"], group["name"], profile.identity_number))
    return found
