"""Objections in a branch: listed, keyed in from paper, answered by somebody who is not concerned."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from services.evaluation.pages.branches import at, at_branch
from services.evaluation.pages.visits import Visit
from shared.web import Door, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)


@router.get("/branch/{branch_id}/objections", response_model=None)
async def get_branch_objections(branch_id: Id, door: Door) -> Response:
    """All objections of the branch, the open ones first; and the form for one that came on paper."""
    visit = await at_branch(door, branch_id)
    return await _list(visit, branch_id, Fields([]))


@router.post("/branch/{branch_id}/objections", response_model=None)
async def post_branch_objection(branch_id: Id, door: Door) -> Response:
    """Key in an objection that came on paper."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    about = {"kind": "result", "id": said.get("review_id")} | said.without_nothing("member_id")
    try:
        body: dict[str, Any] = {"about": about, "text": said.get("text"), "on_paper": True}
        told = await visit.own.send("POST", "/objections", body, once=said.text("once"))
    except Refused as refused:
        return await _list(visit, branch_id, said, refused)
    return visit.go(f"/branch/{branch_id}/objections/{told.body['id']}", "objection")


@router.get("/branch/{branch_id}/objections/{objection_id}", response_model=None)
async def get_branch_objection(branch_id: Id, objection_id: Id, door: Door) -> Response:
    """One objection with its answer, or the form of the answer."""
    visit = await at_branch(door, branch_id)
    return await _show(visit, branch_id, objection_id, Fields([]))


@router.post("/branch/{branch_id}/objections/{objection_id}", response_model=None)
async def post_branch_decision(branch_id: Id, objection_id: Id, door: Door) -> Response:
    """Answer it."""
    visit, said = await at_branch(door, branch_id), await fields_of(door)
    body: dict[str, Any] = {"decision": said.get("decision"), "reason": said.get("reason")} | said.without_nothing("member_id")
    if (score := said.number("score")) is not None:
        body["score"] = score
    try:
        await visit.own.send("POST", f"/objections/{objection_id}/decision", body, once=said.text("once"))
    except Refused as refused:
        return await _show(visit, branch_id, objection_id, said, refused)
    return visit.go(f"/branch/{branch_id}/objections/{objection_id}", "decided")


async def _list(visit: Visit, branch_id: str, said: Fields, refused: Refused | None = None) -> Response:
    objections = await visit.own.every("/objections", organization_id=branch_id)
    objections.sort(key=lambda one: (one["state"] != "open", one["raised_at"]))
    reviews = [one for one in await visit.own.every("/reviews", branch_id=branch_id) if one["phase"] in {"publicity", "confirmed"}]
    members = await _members(visit, reviews[-1]["id"]) if reviews else []
    await visit.know([*members, *(one["about"]["member_id"] for one in objections)])
    context = {
        **at(visit, branch_id, "objections"), "objections": objections, "reviews": reviews[::-1], "members": visit.by_name(members),
        "said": said, "may_key": await visit.door.holds("branch_secretary", branch_id),
    }  # fmt: skip
    if refused is None:
        return visit.draw("branch_objections.html", wrong={}, **context)
    return visit.refuse("branch_objections.html", refused, **context)


async def _show(visit: Visit, branch_id: str, objection_id: str, said: Fields, refused: Refused | None = None) -> Response:
    objection: dict[str, Any] = await visit.own.get(f"/objections/{objection_id}")
    await visit.door.require(organization=objection["organization_id"])
    about, decided = objection["about"], objection["decided"]
    is_whole_result = about["kind"] == "result" and about["member_id"] is None
    members = await _members(visit, about["id"]) if is_whole_result else []
    await visit.know([*members, about["member_id"], objection["raised_by"], decided["decided_by"] if decided else None])
    phase = (await visit.own.get(f"/reviews/{about['id']}"))["phase"] if about["kind"] == "result" else None
    context = {
        **at(visit, branch_id, "objections"), "objection": objection, "said": said, "members": visit.by_name(members),
        "takes_score": phase == "publicity",
    }  # fmt: skip
    if refused is None:
        return visit.draw("branch_objection.html", wrong={}, **context)
    return visit.refuse("branch_objection.html", refused, **context)


async def _members(visit: Visit, review_id: str) -> list[str]:
    review = await visit.own.get(f"/reviews/{review_id}")
    return [one["member_id"] for one in review["members"] if not one["excused"]]
