"""A member's half-year on the supervisor's desk: why the stars are what they are, what the views said on an earlier day, and the trail.

Every reader of the member's branch sees the way to the stars; the trail, with the place of each event in the log, is for the county's
supervisor.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NamedTuple

from fastapi import Query, Response

from services.evaluation.pages.desk_visits import Desk, at_desk
from services.evaluation.pages.says import TRAIL
from shared.web import Day, Door, HalfYearText, Id, Router
from shared.web.languages import message

router = Router(tags=["Pages"], include_in_schema=False)
END_OF_DAY = "T23:59:59+08:00"
PARTS = (("base", message("基础积分")), ("bonus", message("正向加分")), ("deductions", message("反向扣分")), ("total", message("积分")))


class Compared(NamedTuple):
    """A figure as the views told it on the day that is asked for, and as they tell it now."""

    what: str
    then: Any
    now: Any

    @property
    def is_changed(self) -> bool:
        """Whether both differ."""
        return bool(self.then != self.now)


@router.get("/desk/members/{member_id}", response_model=None)
async def get_desk_member(
    member_id: Id, door: Door, period: Annotated[HalfYearText | None, Query()] = None, on: Annotated[Day | None, Query()] = None
) -> Response:
    """The way from entries, ballots and scores to the stars; with `on`, what the views said at the end of that day, beside today."""
    desk = await at_desk(door, period)
    visit = desk.visit
    explained: dict[str, Any] = await visit.own.get(f"/members/{member_id}/explanation", period=desk.period)
    trail = await visit.own.every("/audits/trail", member_id=member_id, period=desk.period, limit=None) if desk.is_county else []
    await visit.know([member_id, *people_in(explained), *(one["recorded_by"] for one in trail)])
    return visit.draw(
        "desk_member.html",
        **desk.common("county"),
        explained=explained,
        peer=explained["peer"],
        committee=explained["committee"],
        branch_id=explained["branch_id"] or await door.places.branch_of(member_id),
        on=on,
        compared=await _compared(desk, member_id, on) if on else [],
        trail=trail,
        trail_words=TRAIL,
    )


def people_in(explained: dict[str, Any]) -> list[str]:
    """Whom an explanation names."""
    people = [*(one["recorded_by"] for one in explained["points"]["entries"]), *(step["by"] for step in explained["steps"])]
    if committee := explained["committee"]:
        people += [*committee["attendees"], *committee["recused"], committee["recorded_by"]]
    return people + [who for one in explained["corrections"] for who in (one["proposed_by"], one["recorded_by"]) if who]


async def _compared(desk: Desk, member_id: str, on: date) -> list[Compared]:
    """The member's points and standing at the end of the day, beside those of now."""
    then, now = [await _seen(desk, member_id, as_of) for as_of in (f"{on.isoformat()}{END_OF_DAY}", None)]
    return [Compared(desk.visit.say(title), then[field], now[field]) for field, title in _FIGURES]


_FIGURES = (
    *PARTS,
    ("score", message("已确认的得分")),
    ("stars", message("已确认的红星")),
    ("all_stars", message("全部红星")),
    ("flags", message("红旗")),
)


async def _seen(desk: Desk, member_id: str, as_of: str | None) -> dict[str, Any]:
    own = desk.visit.own
    points: dict[str, Any] = await own.get(f"/members/{member_id}/points", period=desk.period, as_of=as_of)
    standing: dict[str, Any] = await own.get(f"/members/{member_id}/standing", as_of=as_of)
    half = next((one for one in standing["periods"] if one["period"] == desk.period), {"score": None, "stars": None})
    seen = {name: points[name] for name, _ in PARTS}
    return seen | {"score": half["score"], "stars": half["stars"], "all_stars": standing["stars"], "flags": standing["flags"]}
