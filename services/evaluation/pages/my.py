"""The member's own page: what is to do now and until when, the own standing, the own pledges and objections."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, NamedTuple

from fastapi import Query, Response

from services.evaluation.pages.unsealed import unsealed_ballots
from services.evaluation.pages.visits import Visit, to_roster
from shared.calendar import HalfYear
from shared.web import Door, HalfYearText, Router
from shared.web.languages import message

router = Router(tags=["Pages"], include_in_schema=False)
CLOSED = {"annulled"}


class Task(NamedTuple):
    """Something that is to do: what, by when, and where one does it."""

    what: str
    address: str
    button: str
    due_on: date | None = None
    is_done: bool = False


@router.get("/my", response_model=None)
async def get_my(door: Door) -> Response:
    """What is to do now, and how one stands."""
    visit = Visit(door)
    member = visit.member_id
    await door.require(member=member)
    review = await review_of(visit)
    pledges = await visit.own.every("/pledges", member_id=member)
    await visit.know([member])
    return visit.draw(
        "my.html",
        review=review,
        tasks=[*_pledge_tasks(visit, pledges), *(await _review_tasks(visit, review) if review else [])],
        pledges=pledges,
        standing=await visit.own.get(f"/members/{member}/standing"),
        points=await visit.own.get(f"/members/{member}/points", period=visit.now_period),
        objections=[one for one in await visit.own.every("/objections") if one["raised_by"] == member],
        branch_id=await door.places.branch_of(member),
        unsealings=await unsealed_ballots(visit, member),
    )


@router.get("/my/why", response_model=None)
async def get_my_why(door: Door, period: Annotated[HalfYearText | None, Query()] = None) -> Response:
    """Why the own result of a half-year is what it is: every entry, score and rule."""
    visit = Visit(door)
    await door.require(member=visit.member_id)
    return await why(visit, visit.member_id, period or visit.now_period, back="/my")


@router.get("/my/profile", response_model=None)
async def get_my_profile(door: Door) -> Response:
    """The roster's page of what is held about the member and who read it."""
    await door.require(member=door.caller.member_id)
    return to_roster(door, "/my/held")


@router.get("/my/kin", response_model=None)
async def get_my_kin(door: Door) -> Response:
    """The roster's page on which the member names its spouse and kin."""
    await door.require(member=door.caller.member_id)
    return to_roster(door, "/my/kin")


async def why(visit: Visit, member_id: str, period: str, back: str) -> Response:
    """The explanation of a member's result as a page. Raises Refused."""
    explained: dict[str, Any] = await visit.own.get(f"/members/{member_id}/explanation", period=period)
    committee, peer = explained["committee"], explained["peer"]
    people = [member_id, *(one["recorded_by"] for one in explained["points"]["entries"]), *(step["by"] for step in explained["steps"])]
    if committee:
        people += [*committee["attendees"], *committee["recused"], committee["recorded_by"]]
    people += [who for one in explained["corrections"] for who in (one["proposed_by"], one["recorded_by"])]
    await visit.know(people)
    half = HalfYear.parse(period)
    around: dict[str, Any] = {"before": str(HalfYear.of(half.first_day - timedelta(days=1))), "after": str(half.next())}
    return visit.draw("why.html", explained=explained, peer=peer, committee=committee, period=period, back=back, **around)


async def review_of(visit: Visit) -> dict[str, Any] | None:
    """The newest review of the member's branch that stands, whole; None where there is none."""
    listed = [one for one in await visit.own.every("/reviews") if one["phase"] not in CLOSED]
    if not listed:
        return None
    newest = max(listed, key=lambda one: (one["period"], one["opened_at"]))
    found: dict[str, Any] = await visit.own.get(f"/reviews/{newest['id']}")
    return found


def takes_part(review: dict[str, Any], member_id: str) -> bool:
    """Whether the member is rated and rates in this review."""
    return any(one["member_id"] == member_id and not one["excused"] for one in review["members"])


def _pledge_tasks(visit: Visit, pledges: list[dict[str, Any]]) -> list[Task]:
    now = [one for one in pledges if one["period"] == visit.now_period]
    tasks = []
    if not now:
        tasks.append(Task(visit.say(message("写下这个半年的承诺")), "/my/pledges/new", visit.say(message("写承诺"))))
    for one in pledges:
        address, due = f"/my/pledges/{one['id']}", date.fromisoformat(one["due_on"])
        if one["state"] == "returned":
            tasks.append(Task(visit.say(message("承诺被退回，请修改再交")), address, visit.say(message("修改"))))
        elif one["state"] == "drafted":
            tasks.append(Task(visit.say(message("承诺还是草稿，没有交")), address, visit.say(message("打开"))))
        elif one["state"] == "announced" and not one["reports"]:
            tasks.append(Task(visit.say(message("报告承诺的进展")), address, visit.say(message("报告进展")), due))
    return tasks


async def _review_tasks(visit: Visit, review: dict[str, Any]) -> list[Task]:
    member, path = visit.member_id, f"/my/reviews/{review['id']}"
    if not takes_part(review, member):
        return []
    match review["phase"]:
        case "self_review":
            written = await visit.own.find(f"/reviews/{review['id']}/self-reviews/{member}")
            what = message("自评已写，互评开始前还可以改") if written else message("写自评（不写也可以）")
            button = message("修改自评") if written else message("写自评")
            return [Task(visit.say(what), f"{path}/self", visit.say(button), None, written is not None)]
        case "peer_review":
            cast = await visit.own.find(f"/reviews/{review['id']}/ballots/{member}")
            what = message("已投票，互评结束前还可以改") if cast else message("给本支部的同志打分")
            button = message("看我的选票") if cast else message("去投票")
            return [
                Task(
                    visit.say(what),
                    f"{path}/ballot",
                    visit.say(button),
                    date.fromisoformat(review["deadlines"]["peer_closed"]),
                    cast is not None,
                )
            ]
        case "publicity":
            address = f"/my/objections/new?about=result&id={review['id']}"
            return [Task(visit.say(message("结果正在公示，有意见可以提")), address, visit.say(message("提异议")))]
    return []
