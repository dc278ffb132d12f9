"""Standings by REST (spec, section 6): a member's stars and flags; a branch's, by name. With `as_of=` what they were said to be then."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel

from services.evaluation.api.places import UnknownMember, UnknownOrganization, places_of, require_for_member
from services.evaluation.domain.standings import RatedHalfYear, Standing
from services.evaluation.projections.standings import confirmed_review, rated_in, standing_of, standings_of
from shared.errors import Unavailable
from shared.pinyin import syllables
from shared.web import Door, Doorway, HalfYearText, Id, Router, json_answer, problems

router = Router(tags=["Standings"])


class OriginalAnswer(BaseModel):
    """A result as it was published first; null where there was none."""

    score: float | None
    stars: int | None


class PeriodAnswer(BaseModel):
    """A confirmed half-year; null where there was no result. `original` is there only where the result was corrected."""

    period: str
    score: float | None
    stars: int | None
    original: OriginalAnswer = OriginalAnswer(score=None, stars=None)


class StandingAnswer(BaseModel):
    """A member's confirmed half-years, and what their stars add up to. `flags_by_year`: year -> flags."""

    periods: list[PeriodAnswer]
    stars: int
    flags: int
    flags_by_year: dict[str, int]


class BranchRow(BaseModel):
    """A member of the review. `name` is null while the roster is away and once it was erased; `all_stars` counts every half-year."""

    member_id: str
    name: str | None
    score: float | None
    stars: int | None
    excused: str | None
    all_stars: int
    flags: int


class BranchAnswer(BaseModel):
    """The branch's confirmed review of the half-year; null and empty where there is none."""

    period: str | None
    review_id: str | None
    items: list[BranchRow]


@router.get("/members/{member_id}/standing", response_model=StandingAnswer, responses=problems(UnknownMember, Unavailable))
async def get_standing(member_id: Id, door: Door) -> Response:
    """Stars count from the confirmation of their review, and belong to the year of their half-year."""
    await require_for_member(door, member_id)
    return json_answer(_standing(await standing_of(await door.snapshot(), member_id)))


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "periods": [_period(half) for half in standing.periods],
        "stars": standing.stars,
        "flags": standing.flags,
        "flags_by_year": {str(year): count for year, count in standing.flags_by_year.items()},
    }


def _period(half: RatedHalfYear) -> dict[str, Any]:
    shown = {"period": str(half.period), "score": half.score, "stars": half.stars}
    return shown | ({"original": half.original._asdict()} if half.original else {})


@router.get("/branches/{branch_id}/standings", response_model=BranchAnswer, responses=problems(UnknownOrganization, Unavailable))
async def get_standings(branch_id: Id, door: Door, period: Annotated[HalfYearText | None, Query()] = None) -> Response:
    """One row a member of the branch's confirmed review of `period` (without it: of its newest), in the order of names."""
    await door.require(organization=(await door.places.ancestry(branch_id))[0])
    snapshot = await door.snapshot()
    review = await confirmed_review(snapshot, branch_id, period)
    if review is None:
        return json_answer({"period": period, "review_id": None, "items": []})
    rated = {row["member_id"]: row for row in await rated_in(snapshot, review["review_id"])}
    standings = await standings_of(snapshot, [*rated, *review["excused"]])
    names = await _names(door, list(standings))
    rows = [_row(member, rated.get(member), review["excused"].get(member), standing, names) for member, standing in standings.items()]
    return json_answer({"period": review["period"], "review_id": review["review_id"], "items": sorted(rows, key=_by_name)})


def _row(member_id: str, rated: dict[str, Any] | None, excused: str | None, standing: Standing, names: Mapping[str, str]) -> dict[str, Any]:
    score: Decimal | None = rated["score"] if rated else None
    return {
        "member_id": member_id,
        "name": names.get(member_id),
        "score": score,
        "stars": rated["stars"] if rated else None,
        "excused": excused,
        "all_stars": standing.stars,
        "flags": standing.flags,
    }


async def _names(door: Doorway, member_ids: list[str]) -> Mapping[str, str]:
    try:
        return await places_of(door).roster.names(member_ids)
    except Unavailable:
        return {}


def _by_name(row: dict[str, Any]) -> tuple[bool, list[str], str, str]:
    name = row["name"] or ""
    return not name, syllables(name), name, row["member_id"]
