"""The branch's own page: where the half-year stands, what is missing, what is late, and the next step as one button."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import Query, Response

from services.evaluation.pages.visits import Visit
from shared.calendar import HalfYear
from shared.web import Door, Doorway, HalfYearText, Id, Router
from shared.web.forms import fields_of
from shared.web.languages import message
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
MOST_HALF_YEARS = 6
STEPS_WITH_DATES = frozenset({"review_opened", "peer_review_closed", "committee_review_held", "results_published", "review_confirmed"})
OFFICERS = ("admin", "county_supervisor", "town_officer", "branch_secretary")
"""Who sees more of a branch than its committee does: entries, objections, why a result is what it is."""


class Step(NamedTuple):
    """The next step of a review: to which phase, what its button says, and what comes of it."""

    to: str
    button: str
    after: str


STEPS = {
    "self_review": Step("peer_review", message("结束自评，开始互评"), message("下一步：党员互相打分；自评不能再改。")),
    "peer_review": Step("committee_review", message("结束互评，进入商评"), message("下一步：选票拆封计分，班子商评；不能再投票。")),
    "committee_review": Step("publicity", message("公布结果，开始公示"), message("下一步：结果上公开栏，公示期内谁都可以提异议。")),
    "publicity": Step("confirmed", message("确认结果"), message("下一步：红星和红旗从确认起计入；以后只能更正。")),
}


@router.get("/branch/{branch_id}", response_model=None)
async def get_branch(branch_id: Id, door: Door, period: Annotated[HalfYearText | None, Query()] = None) -> Response:
    """Where the branch's half-year stands."""
    visit = await at_branch(door, branch_id)
    return await _draw(visit, branch_id, period)


@router.post("/branch/{branch_id}", response_model=None)
async def post_branch(branch_id: Id, door: Door) -> Response:
    """Take the review's next step. A refusal is said in plain words on the same page."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    path, is_annulment = f"/reviews/{said.get('review_id')}", said.text("step") == "annul"
    body = {"reason": said.get("reason")} if is_annulment else {"to": said.get("to"), **said.without_nothing("without_quorum")}
    try:
        await visit.own.send("POST", f"{path}/{'annulment' if is_annulment else 'phase'}", body, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, branch_id, said.text("period"), refused)
    return visit.go(f"/branch/{branch_id}", "annulled" if is_annulment else "moved", period=said.get("period"))


async def at_branch(door: Doorway, branch_id: str) -> Visit:
    """A visit of this branch's pages by somebody who may. Raises UnknownOrganization, NotAllowed."""
    await door.places.ancestry(branch_id)
    await door.require(organization=branch_id)
    visit = Visit(door)
    await visit.know_organization(branch_id)
    return visit


async def review_in(visit: Visit, branch_id: str, period: str | None) -> tuple[str, dict[str, Any] | None]:
    """The half-year that is looked at and its review: the one asked for, else the newest open one, else that of the last half-year."""
    listed = [one for one in await visit.own.every("/reviews", branch_id=branch_id) if one["phase"] != "annulled"]
    if period is None:
        running = [one["period"] for one in listed if one["phase"] != "confirmed"]
        period = max(running, default=_last_ended(visit))
    for one in listed:
        if one["period"] == period:
            return period, await visit.own.get(f"/reviews/{one['id']}")
    return period, None


def half_years(visit: Visit) -> list[str]:
    """The half-years that one can choose, the present one first."""
    found = [HalfYear.parse(visit.now_period)]
    while len(found) < MOST_HALF_YEARS:
        found.append(_before(found[-1]))
    return [str(one) for one in found]


def _last_ended(visit: Visit) -> str:
    return str(_before(HalfYear.parse(visit.now_period)))


def _before(period: HalfYear) -> HalfYear:
    return HalfYear(period.year, 1) if period.half == 2 else HalfYear(period.year - 1, 2)  # noqa: PLR2004 - there are two halves


async def _draw(visit: Visit, branch_id: str, period: str | None, refused: Refused | None = None) -> Response:
    period, review = await review_in(visit, branch_id, period)
    waiting: list[dict[str, Any]] = []
    if review is not None:
        waiting = (await visit.own.find(f"/reviews/{review['id']}/paper-ballots") or {"items": []})["items"]
        await visit.know(one["member_id"] for one in review["members"])
    obligations = [one for one in await visit.own.seen("/obligations", organization_id=branch_id) if _is_pressing(one)]
    pledges = await visit.own.every("/pledges", branch_id=branch_id, state="submitted")
    approved = await visit.own.every("/pledges", branch_id=branch_id, state="approved")
    objections = await visit.own.seen("/objections", organization_id=branch_id, state="open")
    is_secretary, is_town = [await visit.door.holds(role, branch_id) for role in ("branch_secretary", "town_officer")]
    context: dict[str, Any] = {
        **at(visit, branch_id, "review"), "period": period, "periods": half_years(visit), "review": review, "waiting": waiting,
        "step": STEPS.get(review["phase"]) if review else None, "obligations": obligations, "to_review": pledges, "to_announce": approved,
        "objections": objections, "is_secretary": is_secretary, "is_town": is_town, "not_voted": not_voted(review),
    }  # fmt: skip
    if refused is None:
        return visit.draw("branch.html", **context)
    missing = [*refused.problem.get("missing", []), *refused.problem.get("reason_missing", [])]
    return visit.refuse("branch.html", refused, **(context | {"missing": missing}))


def _is_pressing(one: dict[str, Any]) -> bool:
    """What is late; and what is due but is no step of the review, whose dates stand beside its course."""
    return one["state"] == "overdue" or (one["state"] == "open" and one["kind"] not in STEPS_WITH_DATES)


def at(visit: Visit, branch_id: str, tab: str) -> dict[str, Any]:
    """What the head of each page of a branch needs."""
    is_officer = any(visit.door.has(role) for role in OFFICERS)
    return {"branch_id": branch_id, "branch": visit.organization(branch_id), "tab": tab, "missing": [], "is_officer": is_officer}


def not_voted(review: dict[str, Any] | None) -> list[str]:
    """Who may vote and has not; empty where the caller may not know."""
    if review is None or review["turnout"]["voted"] is None:
        return []
    voted = set(review["turnout"]["voted"])
    return [one["member_id"] for one in review["members"] if not one["excused"] and one["member_id"] not in voted]
