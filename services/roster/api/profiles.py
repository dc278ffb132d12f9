"""Profiles: correcting them, kin, names for services; what is held on a member and who read it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import BaseModel, Field

from services.roster.api.members import names_of, record_read
from services.roster.api.portrait import MemberAnswer, portrait
from services.roster.api.profile_fields import ProfileFields
from services.roster.api.shapes import RawName
from services.roster.commands import profiles
from services.roster.commands.history import facts_about
from services.roster.commands.members import member_of
from services.roster.domain.members import DatesOutOfOrder, InTheFuture, UnknownMember
from services.roster.domain.names import BadName
from services.roster.domain.profiles import BadIdentityNumber, IdentityTaken, Kinship, NotItsOwnKin, ProfileIsErased
from services.roster.events.profiles import ProfileCorrected
from shared.reads import LAST
from shared.store import Stored
from shared.web import Body, Cursor, Day, Door, Id, Router, answered, json_answer, problems

MOST_NAMES, MOST_KIN = 1000, 50
router = Router(tags=["Profiles"])


class ProfileBody(ProfileFields):
    """The fields to be corrected; null empties a field, one that is left out stays."""

    name: RawName = ""


class NamesBody(Body):
    """Whose names are wanted."""

    ids: Annotated[list[Id], Field(max_length=MOST_NAMES)]


class KinBody(Body):
    """Spouse or kin, from a day on, to a last day or until further notice."""

    member_id: Id
    from_on: Annotated[Day, Field(alias="from")]
    to_on: Annotated[Day | None, Field(alias="to")] = None


class KinListBody(Body):
    """The whole list, in the place of the last."""

    kin: Annotated[list[KinBody], Field(max_length=MOST_KIN)]


class KinAnswer(BaseModel):
    """Whom the member has named."""

    kin: list[dict[str, Any]]


class Declared(BaseModel):
    """How many the member has named."""

    id: str
    named: int


class Corrected(BaseModel):
    """Which fields have another content now."""

    id: str
    fields: list[str]


class Fact(BaseModel):
    """What was recorded about the member, when and by whom, with the texts that still exist in the place of their references."""

    position: int
    recorded_at: datetime
    type: str
    data: dict[str, Any]


class HeldAnswer(BaseModel):
    """All that the roster holds on a member."""

    member: MemberAnswer
    kin: list[dict[str, Any]]
    facts: list[Fact]


class ReadAnswer(BaseModel):
    """Who saw what of the member, and when."""

    read_by: str
    what: Literal["member", "list", "search", "held"]
    read_at: datetime


class ReadsAnswer(BaseModel):
    """A page of reads, the newest first."""

    items: list[ReadAnswer]
    next: str | None


@router.post("/profiles/names", response_model=dict[str, str])
async def post_names(body: NamesBody, door: Door) -> Response:
    """The names by id, for services; erased and unknown ones are absent. Always current."""
    await door.require()
    names = await names_of(door).of(body.ids)
    return json_answer({member_id: name.text for member_id, name in names.items()})


@router.patch(
    "/members/{member_id}/profile",
    response_model=Corrected,
    responses=problems(UnknownMember, ProfileIsErased, BadName, BadIdentityNumber, IdentityTaken, InTheFuture, DatesOutOfOrder),
)
async def patch_profile(member_id: Id, body: ProfileBody, door: Door) -> Response:
    """Correct the profile. The answer names the fields that changed, not what stands in them: it is kept under the idempotency key."""
    await door.require(organization=await door.places.branch_of(member_id))
    fields = body.profile() | ({"name": body.name} if "name" in body.model_fields_set else {})
    reply = door.reply(200, lambda stored: {"id": member_id, "fields": _corrected_fields(stored)})
    return answered(await profiles.correct_profile(door.log, member_id, fields, by=door.caller.person, reply=reply))


@router.put(
    "/members/{member_id}/kin",
    response_model=Declared,
    responses=problems(UnknownMember, ProfileIsErased, NotItsOwnKin, DatesOutOfOrder),
)
async def put_kin(member_id: Id, body: KinListBody, door: Door) -> Response:
    """The member names its spouse and kin: the whole list, in the place of the last."""
    await member_of(door.log, member_id)
    await door.require(member=member_id)
    kin = [Kinship(one.member_id, one.from_on, one.to_on) for one in body.kin]
    reply = door.reply(200, lambda _: {"id": member_id, "named": len(kin)})
    return answered(await profiles.declare_kin(door.log, member_id, kin, by=door.caller.person, reply=reply))


@router.get("/members/{member_id}/kin", response_model=KinAnswer, responses=problems(UnknownMember))
async def get_kin(member_id: Id, door: Door) -> Response:
    """Whom the member has named as spouse and kin; for the member itself and for services."""
    await member_of(door.log, member_id)
    await door.require(organization=await door.places.branch_of(member_id), member=member_id)
    return json_answer({"kin": await profiles.kin_of(door.log, member_id)})


@router.get("/members/{member_id}/held", response_model=HeldAnswer, responses=problems(UnknownMember))
async def get_held(member_id: Id, door: Door) -> Response:
    """All that the roster holds on a member: the profile, its kin, and every fact with the texts that belong to it."""
    member = await member_of(door.log, member_id)
    await door.require(organization=await door.places.branch_of(member_id), member=member_id)
    record_read(door, [member_id], "held")
    kin = await profiles.kin_of(door.log, member_id) if door.caller.member_id == member_id else ()
    return json_answer({"member": await portrait(door, member), "kin": kin, "facts": await facts_about(door.log, member_id)})


@router.get("/members/{member_id}/reads", response_model=ReadsAnswer, responses=problems(UnknownMember))
async def get_reads(member_id: Id, door: Door, page: Cursor) -> Response:
    """Which officers saw the member's data, the newest first. `read_by` is the officer's member id, or else its account."""
    await member_of(door.log, member_id)
    await door.require(organization=await door.places.branch_of(member_id), member=member_id)
    before = page.after[0] if page.after else LAST
    reads = door.state.reads.of(member_id, before=before, limit=page.limit + 1)
    return page.page(
        reads,
        place=lambda read: (read.read_id,),
        show=lambda read: {"read_by": read.read_by, "what": read.what, "read_at": read.read_at},
    )


def _corrected_fields(stored: Stored) -> list[str]:
    corrected = [recorded.event for recorded in stored.recorded if isinstance(recorded.event, ProfileCorrected)]
    return [field for event in corrected for field in event.fields]
