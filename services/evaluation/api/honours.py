"""Honours by REST (spec, section 7): the list of recommendations, and the rotating flags with the chain of their holders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel

from services.evaluation.api.annual_shapes import Grade, Year
from services.evaluation.api.places import UnknownMember, UnknownOrganization, places_of
from services.evaluation.commands import honours
from services.evaluation.domain.honours import (
    FlagHeldAlready,
    FlagOfFuture,
    FlagTakenOver,
    Holder,
    HolderMissing,
    HolderOutside,
    require_holder,
)
from services.evaluation.domain.recommendations import Recommended, recommend
from services.evaluation.domain.scoring import shown
from services.evaluation.projections.annual import flags_page, grades_of
from services.evaluation.projections.standings import last_rated_in, standings_of
from shared.errors import Unavailable
from shared.store import Stored
from shared.web import Body, Cursor, Door, Doorway, Id, Router, answered, json_answer, problems

router = Router(tags=["The year"])


class RecommendationRow(BaseModel):
    """A member's place; ties share one. `name` is null while the roster is away and once it was erased, `grade` before the meeting."""

    place: int
    member_id: str
    name: str | None
    flags: int
    stars: int
    mean_score: float | None
    grade: Grade | None


class RecommendationsAnswer(BaseModel):
    """The branch's list of a year."""

    branch_id: str
    year: int
    items: list[RecommendationRow]


class HolderBody(Body):
    """The member or the branch that gets the flag; one of the two."""

    member_id: Id | None = None
    branch_id: Id | None = None


class FlagBody(Body):
    """An organisation's rotating flag of a year, and who gets it."""

    holder: HolderBody
    year: Year
    organization_id: Id


class FlagMade(BaseModel):
    """The flag that was handed on; `taken_over_from` names the flags of the last holders."""

    id: str
    taken_over_from: list[str]


class HolderAnswer(BaseModel):
    """Who got it."""

    kind: Literal["member", "branch"]
    member_id: str | None
    branch_id: str | None


class FlagAnswer(FlagMade):
    """A link of the chain of holders; `is_held` until the next year's flag is handed on."""

    organization_id: str
    year: int
    holder: HolderAnswer
    is_held: bool
    handed_on_at: datetime


class FlagList(BaseModel):
    """A page of flags, in the order in which they were handed on."""

    items: list[FlagAnswer]
    next: str | None


@router.get(
    "/branches/{branch_id}/recommendations",
    response_model=RecommendationsAnswer,
    responses=problems(UnknownOrganization, Unavailable),
)
async def get_recommendations(branch_id: Id, door: Door, year: Annotated[Year, Query()]) -> Response:
    """The members whose newest confirmed half-year of `year` is this branch's, by flags, stars and mean score of that year.

    All half-years of the year count, those in another branch too.
    """
    await door.require(organization=(await door.places.ancestry(branch_id))[0])
    snapshot = await door.snapshot()
    standings = await standings_of(snapshot, await last_rated_in(snapshot, branch_id, year))
    listed = recommend(year, ((member, one.periods) for member, one in standings.items()))
    names, grades = await _names(door, list(standings)), await grades_of(snapshot, branch_id, year)
    rows = sorted((_row(one, names, grades) for one in listed), key=lambda row: (row["place"], row["name"] or "", row["member_id"]))
    return json_answer({"branch_id": branch_id, "year": year, "items": rows})


def _row(one: Recommended, names: Mapping[str, str], grades: Mapping[str, str]) -> dict[str, Any]:
    return {
        "place": one.place,
        "member_id": one.member_id,
        "name": names.get(one.member_id),
        "flags": one.flags,
        "stars": one.stars,
        "mean_score": None if one.mean is None else shown(one.mean),
        "grade": grades.get(one.member_id),
    }


async def _names(door: Doorway, member_ids: list[str]) -> Mapping[str, str]:
    try:
        return await places_of(door).roster.names(member_ids)
    except Unavailable:
        return {}


@router.post(
    "/rotating-flags",
    status_code=201,
    response_model=FlagMade,
    responses=problems(
        UnknownOrganization, UnknownMember, HolderMissing, HolderOutside, FlagOfFuture, FlagTakenOver, FlagHeldAlready, Unavailable
    ),
)
async def post_rotating_flag(body: FlagBody, door: Door) -> Response:
    """Hand an organisation's flag to a member or a branch within it; it is shown on the board, and held until the next year's."""
    await door.places.ancestry(body.organization_id)
    await door.require(organization=body.organization_id)
    holder = Holder(body.holder.member_id, body.holder.branch_id)
    ancestry = await _ancestry_of(door, holder)
    require_holder(holder, body.organization_id, ancestry, door.log.today().year, body.year)
    stored = await honours.hand_on_flag(
        door.log, body.organization_id, body.year, holder, by=door.caller.person, reply=door.reply(201, _handed_on)
    )
    return answered(stored)


async def _ancestry_of(door: Doorway, holder: Holder) -> tuple[str, ...]:
    """The branch of the holder, and what lies above it. Raises HolderMissing, HolderOutside for what is no branch."""
    if (holder.member_id is None) == (holder.branch_id is None):
        raise HolderMissing(errors=[("/holder", HolderMissing.sentence)])
    if holder.member_id is not None:
        return await door.places.ancestry(await door.places.branch_of(holder.member_id))
    branch_id = holder.branch_id or ""
    ancestry = await door.places.ancestry(branch_id)
    if (await places_of(door).organization(branch_id)).kind != "branch":
        raise HolderOutside(errors=[("/holder/branch_id", "is no branch")])
    return ancestry


def _handed_on(stored: Stored) -> dict[str, Any]:
    event: Any = stored.recorded[0].event
    return {"id": event.award_id, "taken_over_from": event.taken_over_from}


@router.get("/rotating-flags", response_model=FlagList, responses=problems(UnknownOrganization, Unavailable))
async def get_rotating_flags(
    door: Door,
    page: Cursor,
    organization_id: Annotated[Id | None, Query()] = None,
    year: Annotated[Year | None, Query()] = None,
) -> Response:
    """The chain of holders of an organisation's flags (left out: of all that the caller may see), the first holder first."""
    rows = await flags_page(
        await door.snapshot(), await _organizations(door, organization_id), year, after=page.after, limit=page.limit + 1
    )
    return page.page(rows, place=lambda row: (row["award_id"],), show=_flag)


async def _organizations(door: Doorway, organization_id: str | None) -> set[str] | None:
    if organization_id is not None:
        await door.places.ancestry(organization_id)
        await door.require(organization=organization_id)
        return {organization_id}
    scopes = await door.scopes()
    if scopes is None:
        return None
    return {one.organization_id for top in scopes for one in places_of(door).mirror.organizations_under(top)}


def _flag(row: dict[str, Any]) -> dict[str, Any]:
    kind = "member" if row["member_id"] else "branch"
    return {
        "id": row["award_id"],
        "taken_over_from": row["taken_over_from"],
        "organization_id": row["organization_id"],
        "year": row["year"],
        "holder": {"kind": kind, "member_id": row["member_id"], "branch_id": row["branch_id"]},
        "is_held": row["is_held"],
        "handed_on_at": row["handed_on_at"],
    }
