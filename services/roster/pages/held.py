"""What the roster holds about a member, and which officers looked at it: for the member alone."""

from __future__ import annotations

from typing import Any, cast

from fastapi import Response
from starlette.responses import RedirectResponse

from services.roster.pages.words import organization_names, person_name
from shared.errors import Unknown
from shared.web import Door, Doorway, Router
from shared.web.languages import message
from shared.web.own_routes import OwnRoutes
from shared.web.pages import Pages

router = Router(tags=["Pages"], include_in_schema=False)
NEWEST = 200
FIELDS = {
    "name": message("姓名"),
    "phone": message("电话"),
    "identity_number": message("身份证号"),
    "gender": message("性别"),
    "birth_date": message("出生日期"),
    "ethnicity": message("民族"),
    "education": message("学历"),
    "occupation": message("职业"),
    "address": message("住址"),
}
GENDERS = {"male": message("男"), "female": message("女")}
STATUSES = {
    "full": message("正式党员"),
    "probationary": message("预备党员"),
    "suspended": message("停止党籍"),
    "left": message("已离党"),
    "deceased": message("已去世"),
}
READS = {"member": message("查看个人资料"), "list": message("名单"), "search": message("查找"), "held": message("查看全部记录")}
FACTS = {
    "members.member-joined": message("录入名册"),
    "members.member-transferred": message("转支部或调小组"),
    "members.member-floating": message("外出流动"),
    "members.member-returned": message("外出返回"),
    "members.status-changed": message("状态改变"),
    "members.post-assigned": message("任职"),
    "members.profile-corrected": message("资料更正"),
    "members.kin-declared": message("申报亲属"),
    "members.identity-claimed": message("登记身份证号"),
    "members.identity-released": message("注销身份证号"),
    "members.erasure-proposed": message("提出注销资料"),
    "members.profile-erased": message("资料已注销"),
}


@router.get("/my/held", response_model=None)
async def get_held_page(door: Door) -> Response:
    """All that is held about who is signed in, and who read it."""
    member_id = door.caller.member_id
    if member_id is None:
        raise Unknown
    await door.require(member=member_id)
    own = OwnRoutes(door)
    held: dict[str, Any] = await own.get(f"/members/{member_id}/held")
    reads: list[dict[str, Any]] = (await own.get(f"/members/{member_id}/reads", limit=NEWEST))["items"]
    member = held["member"]
    organizations = await organization_names(await door.snapshot(is_current=True), [member["branch_id"], member["group_id"]])
    people = {person: await person_name(door, person) for person in {one["read_by"] for one in reads}}
    pages = cast(Pages, door.state.pages)
    return pages.render(
        door.request,
        "held.html",
        headers={"Cache-Control": "no-store"},
        member=member,
        kin=[one | {"name": await person_name(door, one["member_id"])} for one in held["kin"]],
        facts=[one | {"word": word_of(one["type"])} for one in held["facts"]],
        reads=reads,
        people=people,
        organizations=organizations,
        words={"fields": FIELDS, "genders": GENDERS, "statuses": STATUSES, "reads": READS},
    )


@router.get("/my", response_model=None)
async def get_my(door: Door) -> Response:
    """The member's own page, which is evaluation's."""
    return await _to_evaluation(door, "/my")


@router.get("/my/evaluation", response_model=None)
async def get_held_in_evaluation(door: Door) -> Response:
    """Evaluation's page of what is held about the member and who read it."""
    return await _to_evaluation(door, "/my/held")


async def _to_evaluation(door: Doorway, path: str) -> Response:
    await door.require(member=door.caller.member_id)
    return RedirectResponse(f"{door.settings.browser_url_of('evaluation').rstrip('/')}{path}", 303, headers={"Cache-Control": "no-store"})


def word_of(topic: str) -> str:
    """What a fact of this topic is called; the topic itself where we have no word for it."""
    return FACTS.get(topic.rpartition(".v")[0], topic)
