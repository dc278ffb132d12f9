"""Who stands in no review of a half-year, by REST (spec, section 6): for the town, and for each branch its own."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel

from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.commands.unrated import unrated_of
from services.evaluation.domain.electorate import HalfYearNotBegun, electorate_day
from shared.calendar import HalfYear
from shared.errors import Unavailable
from shared.web import Door, HalfYearText, Id, Router, json_answer, problems

router = Router(tags=["Reviews"])


class UnratedMember(BaseModel):
    """A member with a vote that no review of the half-year rates or lists. `review_id`: that of its branch, null where there is none."""

    member_id: str
    branch_id: str
    review_id: str | None


class UnratedAnswer(BaseModel):
    """All of them, by branch. `electorate_on`: as of the end of which day they are members of their branch."""

    period: str
    electorate_on: date
    items: list[UnratedMember]


@router.get("/unrated", response_model=UnratedAnswer, responses=problems(UnknownOrganization, HalfYearNotBegun, Unavailable))
async def get_unrated(
    door: Door, organization_id: Annotated[Id, Query()], period: Annotated[HalfYearText | None, Query()] = None
) -> Response:
    """Members of an organisation's branches who stand in no review of a half-year (left out: the present one). Always current."""
    places = places_of(door)
    await places.ancestry(organization_id)
    await door.require(organization=organization_id)
    today = door.log.today()
    half_year = HalfYear.parse(period) if period else HalfYear.of(today)
    day = electorate_day(half_year, today if today < half_year.last_day else None, today)
    await places.catch_up_with_roster()
    items: list[dict[str, str | None]] = []
    for one in places.mirror.organizations_under(organization_id):
        if one.kind == "branch":
            electorate = await places.roster.electorate(one.organization_id, day)
            found = await unrated_of(door.log, one.organization_id, (each.member_id for each in electorate.members), half_year)
            of_branch = {"branch_id": one.organization_id, "review_id": found.review_id}
            items += [{"member_id": member_id, **of_branch} for member_id in found.member_ids]
    return json_answer({"period": str(half_year), "electorate_on": day, "items": items})
