"""Where a member names its spouse and kin, and from when to when: it is recused from their cases (spec, section 6)."""

from __future__ import annotations

from typing import Any, cast

from fastapi import Response
from starlette.responses import RedirectResponse

from services.roster.commands.members import member_of
from services.roster.domain.posts import COMMITTEE_POSTS, held_posts
from services.roster.pages.words import person_name
from services.roster.projections.members import members_of
from shared.errors import Unknown
from shared.web import Door, Doorway, Router
from shared.web.forms import Fields, fields_of
from shared.web.languages import message
from shared.web.own_routes import OwnRoutes, Refused
from shared.web.pages import Pages

router = Router(tags=["Pages"], include_in_schema=False)
MOST_KIN, SPARE_ROWS = 50, 3
COLUMNS = {"who": "member_id", "from": "from", "to": "to"}
SAVED = message("已保存。从现在起，遇到他们的事由系统安排您回避。")
CODES = {
    "invalid": message("有些地方填得不对，已在下面标出。"),
    "dates_out_of_order": message("结束的日子早于开始的日子，已在下面标出。"),
    "own_kin": message("不用写您自己：本人的事总是回避的。"),
    "unknown_member": message("名册里没有这个人，请重新选。"),
    "profile_erased": message("您的资料已经注销，不能再申报。"),
}
OTHER = message("没有保存，请看一下现在的情况再试。")
WRONG = {
    "who": message("请选是谁；这一行不要了，就把日期也清空。"),
    "from": message("请填从哪一天起。"),
    "to": message("请填到哪一天为止，不能早于开始的日子；还是亲属的空着。"),
}


@router.get("/my/kin", response_model=None)
async def get_kin_page(door: Door) -> Response:
    """Whom the member has named, to be changed."""
    member_id = await _member_here(door)
    named = (await OwnRoutes(door).get(f"/members/{member_id}/kin"))["kin"]
    rows = [{column: one[field] or "" for column, field in COLUMNS.items()} for one in named]
    said = SAVED if door.request.query_params.get("done") else None
    return await _draw(door, member_id, rows, said=said)


@router.post("/my/kin", response_model=None)
async def post_kin_page(door: Door) -> Response:
    """Put what stands in the form in the place of what was named."""
    member_id, said = await _member_here(door), await fields_of(door)
    rows = _rows_in(said)
    try:
        await OwnRoutes(door).send("PUT", f"/members/{member_id}/kin", {"kin": [_sent(row) for row in rows]})
    except Refused as refused:
        places = {str(one.get("pointer", "")) for one in refused.errors}
        wrong = {
            (number, column): text
            for column, text in WRONG.items()
            for number in range(len(rows))
            if f"/kin/{number}/{COLUMNS[column]}" in places
        }
        return await _draw(door, member_id, rows, status=refused.status, error=CODES.get(refused.code, OTHER), wrong=wrong)
    return RedirectResponse("/my/kin?done=saved", 303, headers={"Cache-Control": "no-store"})


async def _member_here(door: Doorway) -> str:
    if door.caller.member_id is None:
        raise Unknown
    await door.require(member=door.caller.member_id)
    return door.caller.member_id


def _rows_in(said: Fields) -> list[dict[str, str]]:
    """The rows in which something stands, in their order."""
    rows = [{column: said.get(f"{column}.{number}") for column in COLUMNS} for number in range(MOST_KIN + SPARE_ROWS)]
    return [row for row in rows if any(row.values())]


def _sent(row: dict[str, str]) -> dict[str, str]:
    """A row as the contract wants it; what is missing is named by the refusal."""
    return {"member_id": row["who"]} | {column: row[column] for column in ("from", "to") if row[column]}


async def _draw(door: Doorway, member_id: str, rows: list[dict[str, str]], *, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - what the template is given
    choices = await _choices(door, member_id)
    known = {"", *(one for one, _ in choices)}
    others = [one for one in dict.fromkeys(row["who"] for row in rows) if one not in known]
    spare = max(0, min(SPARE_ROWS, MOST_KIN - len(rows)))
    return cast(Pages, door.state.pages).render(
        door.request,
        "kin.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        rows=[*rows, *(dict.fromkeys(COLUMNS, "") for _ in range(spare))],
        choices=choices,
        others=[(one, await person_name(door, one)) for one in others],
        **({"said": None, "error": None, "wrong": {}} | context),
    )


async def _choices(door: Doorway, member_id: str) -> list[tuple[str, str]]:
    """Whom it can name: the members of its branch and of those on whose committee it is, by name; they know each other by name."""
    today, member, names = door.log.today(), await member_of(door.log, member_id), cast(Any, door.state.names)
    posts = [one for one in held_posts(member) if one.post in COMMITTEE_POSTS and (one.until is None or one.until > today)]
    branches = dict.fromkeys([await door.places.branch_of(member_id), *(one.organization_id for one in posts)])
    found = await members_of(await door.snapshot(is_current=True), branches, today)
    named = await names.of(one.member_id for one in found if one.member_id != member_id)
    return sorted(((one, name.text) for one, name in named.items()), key=lambda one: (named[one[0]].syllables, one[1], one[0]))
