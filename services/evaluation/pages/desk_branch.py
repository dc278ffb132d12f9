"""A branch's half-year on the supervisor's desk: was it in time, do committee and peers agree, who stands close to a line, where to look.

What is shown of the peers' scores (trust.md): of each member the aggregate, as every officer of the branch sees it, from the least number
of scores on; and to the county's supervisor the middle half of its sorted scores, from 10 scores on (`commands/spread.py` says why no
more). Never a ballot, never a row of one, never the lowest or the highest score: who scores everybody but itself is named by what is
missing. The few scores behind a lead are shown with the lead alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query, Response

from services.evaluation.commands.reviews import load_review
from services.evaluation.commands.spread import Spread, spread_of
from services.evaluation.domain.reviews import Review
from services.evaluation.pages.branches import review_in
from services.evaluation.pages.desk_county import lines_of, steps_by_branch
from services.evaluation.pages.desk_course import happenings, picture
from services.evaluation.pages.desk_late import lines_late
from services.evaluation.pages.desk_members import Rated, against_peers, member_sheet, rated_members
from services.evaluation.pages.desk_tables import Kind, file_of
from services.evaluation.pages.desk_visits import Desk, at_desk
from services.evaluation.projections.roster import OrganizationFacts
from shared.calendar import HalfYear
from shared.web import Door, HalfYearText, Id, Router

router = Router(tags=["Pages"], include_in_schema=False)
Period = Annotated[HalfYearText | None, Query()]


@router.get("/desk/branches/{branch_id}", response_model=None)
async def get_desk_branch(branch_id: Id, door: Door, period: Period = None) -> Response:
    """The branch's half-year: its people by name, committee against peers, its course, what it owes, what it answers for, its leads."""
    desk = await at_desk(door, period)
    branch = desk.branch(branch_id)
    review, rated = await _looked_at(desk, branch)
    owed = [one for one in await desk.obligations() if one["about"]["branch_id"] == branch_id]
    steps = steps_by_branch(desk, owed).get(branch_id, [])
    course = await happenings(desk, branch_id, review)
    await desk.visit.know([*(one.by for one in course)])
    return desk.visit.draw(
        "desk_branch.html",
        **desk.common("county"),
        branch=branch,
        town=desk.towns.get(desk.town_of(branch)),
        review=await desk.visit.own.get(f"/reviews/{review.id}") if review else None,
        rated=rated,
        against=against_peers(desk, rated, review) if review else None,
        sheet=member_sheet(desk, branch_id, rated),
        course=course,
        course_picture=picture(desk, steps, course),
        owed=lines_late(desk, [one for one in owed if one["state"] != "met"]),
        leads=[one for one in await desk.leads(levels=("look", "formal", "note")) if one["branch_id"] == branch_id],
        responsibility=await desk.visit.own.find(f"/branches/{branch_id}/responsibility", year=HalfYear.parse(desk.period).year),
    )


@router.get("/desk/branches/{branch_id}/members.{kind}", response_model=None)
async def get_desk_branch_file(branch_id: Id, kind: Kind, door: Door, period: Period = None) -> Response:
    """The branch's members and their scores, as the page shows them."""
    desk = await at_desk(door, period)
    _, rated = await _looked_at(desk, desk.branch(branch_id))
    return file_of(desk.visit, member_sheet(desk, branch_id, rated), kind)


async def _looked_at(desk: Desk, branch: OrganizationFacts) -> tuple[Review | None, list[Rated]]:
    """The branch's review of the half-year, and its members by name."""
    _, found = await review_in(desk.visit, branch.organization_id, desk.period)
    if found is None:
        return None, []
    review = (await load_review(desk.visit.door.log, found["id"])).state
    results = await desk.visit.own.find(f"/reviews/{review.id}/results")
    await desk.visit.know(one.member_id for one in review.opening.eligible)
    spread: Mapping[str, Spread] = await spread_of(desk.visit.door.log, review) if desk.is_county else {}
    rows: dict[str, dict[str, Any]] = {row["member_id"]: row for row in results["items"]} if results else {}
    return review, rated_members(desk, review, rows, spread, await lines_of(desk, branch.organization_id))
