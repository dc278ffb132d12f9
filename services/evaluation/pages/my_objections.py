"""The member's own objections: to a result, a pledge or a finding; written here, answered by somebody who is not concerned."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Response

from services.evaluation.pages.visits import Visit
from shared.web import Door, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
AboutKind = Literal["result", "pledge", "finding"]


@router.get("/my/objections/new", response_model=None)
async def get_new_objection(door: Door, about: Annotated[AboutKind, Query()], about_id: Annotated[Id, Query(alias="id")]) -> Response:
    """The form of an objection."""
    visit = Visit(door)
    await door.require(member=visit.member_id)
    return await _draw(visit, about, about_id, Fields([]))


@router.post("/my/objections/new", response_model=None)
async def post_new_objection(door: Door) -> Response:
    """Raise it."""
    visit, said = Visit(door), await fields_of(door)
    await door.require(member=visit.member_id)
    about: dict[str, object] = {"kind": said.get("about"), "id": said.get("id")}
    if whose := said.text("member_id"):
        about["member_id"] = whose
    try:
        told = await visit.own.send("POST", "/objections", {"about": about, "text": said.get("text")}, once=said.text("once"))
    except Refused as refused:
        return await _draw(visit, said.get("about"), said.get("id"), said, refused)
    return visit.go(f"/my/objections/{told.body['id']}", "objection")


@router.get("/my/objections/{objection_id}", response_model=None)
async def get_my_objection(objection_id: Id, door: Door) -> Response:
    """One's own objection, and its answer."""
    visit = Visit(door)
    await door.require(member=visit.member_id)
    objection = await visit.own.get(f"/objections/{objection_id}")
    decided = objection["decided"]
    await visit.know([objection["about"]["member_id"], objection["raised_by"], decided["decided_by"] if decided else None])
    return visit.draw("objection.html", objection=objection, organization=visit.organization(objection["organization_id"]))


async def _draw(visit: Visit, about: str, about_id: str, said: Fields, refused: Refused | None = None) -> Response:
    members: list[dict[str, Any]] = []
    if about == "result":
        review = await visit.own.get(f"/reviews/{about_id}")
        members = [one for one in review["members"] if not one["excused"]]
        await visit.know([one["member_id"] for one in members])
    choices = [(one, visit.name(one)) for one in visit.by_name(one["member_id"] for one in members)]
    context: dict[str, Any] = {"about": about, "about_id": about_id, "choices": choices, "said": said}
    if refused is None:
        return visit.draw("objection_form.html", wrong={}, **context)
    return visit.refuse("objection_form.html", refused, **context)
