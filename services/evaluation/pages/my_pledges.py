"""The member's own pledges: written, handed in, changed after a return, reported on."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from services.evaluation.pages.visits import Visit
from shared.web import Door, Id, Router
from shared.web.forms import Fields, fields_of
from shared.web.own_routes import Refused

router = Router(tags=["Pages"], include_in_schema=False)
OPEN_TO_CHANGE = {"drafted", "returned"}


@router.get("/my/pledges/new", response_model=None)
async def get_new_pledge(door: Door) -> Response:
    """The form of a new pledge."""
    visit = Visit(door)
    await door.require(member=visit.member_id)
    return visit.draw("pledge_form.html", said=Fields([]), wrong={}, pledge=None)


@router.post("/my/pledges/new", response_model=None)
async def post_new_pledge(door: Door) -> Response:
    """Write the pledge down, and hand it in unless it is to stay a draft."""
    visit, said = Visit(door), await fields_of(door)
    await door.require(member=visit.member_id)
    try:
        await visit.own.send("POST", "/pledges", _body(visit, said), once=said.text("once"))
    except Refused as refused:
        return visit.refuse("pledge_form.html", refused, said=said, pledge=None)
    return visit.go("/my", "draft" if said.text("step") == "draft" else "pledge")


@router.get("/my/pledges/{pledge_id}", response_model=None)
async def get_my_pledge(pledge_id: Id, door: Door) -> Response:
    """One pledge with its history, and what can be done with it now."""
    visit = Visit(door)
    await door.require(member=visit.member_id)
    return await _show(visit, await _own_pledge(visit, pledge_id), Fields([]))


@router.post("/my/pledges/{pledge_id}", response_model=None)
async def post_my_pledge(pledge_id: Id, door: Door) -> Response:
    """Change a draft or a returned pledge, or report how far an announced one has come."""
    visit, said = Visit(door), await fields_of(door)
    await door.require(member=visit.member_id)
    pledge = await _own_pledge(visit, pledge_id)
    try:
        if said.text("step") == "progress":
            body = {"note": said.get("note"), "evidence": evidence_in(said)}
            await visit.own.send("POST", f"/pledges/{pledge_id}/progress", body, once=said.text("once"))
            return visit.go(f"/my/pledges/{pledge_id}", "progress")
        await visit.own.send("PUT", f"/pledges/{pledge_id}", _body(visit, said), once=said.text("once"))
    except Refused as refused:
        return await _show(visit, pledge, said, refused)
    return visit.go("/my", "draft" if said.text("step") == "draft" else "pledge")


def evidence_in(said: Fields) -> list[dict[str, str]]:
    """The evidence of a form: a text and a link, each as far as there is one."""
    pieces = [("text", said.text("evidence")), ("link", said.text("link"))]
    return [{"kind": kind, "value": value} for kind, value in pieces if value]


async def _own_pledge(visit: Visit, pledge_id: str) -> dict[str, Any]:
    pledge: dict[str, Any] = await visit.own.get(f"/pledges/{pledge_id}")
    await visit.door.require(member=pledge["member_id"])
    return pledge


def _body(visit: Visit, said: Fields) -> dict[str, object]:
    texts = {name: said.get(name) for name in ("theme", "action", "target", "due_on")}
    return {"member_id": visit.member_id, "period": said.get("period"), **texts, "draft": said.text("step") == "draft"}


async def _show(visit: Visit, pledge: dict[str, Any], said: Fields, refused: Refused | None = None) -> Response:
    await visit.know([pledge["member_id"], *(step["recorded_by"] for step in pledge["history"])])
    if not said.text("action"):
        written = [(name, str(pledge[name] or "")) for name in ("period", "theme", "action", "target", "due_on")]
        said = Fields([*written, ("note", said.get("note"))])
    template = "pledge_form.html" if pledge["state"] in OPEN_TO_CHANGE else "pledge.html"
    if refused is not None:
        return visit.refuse(template, refused, pledge=pledge, said=said)
    return visit.draw(template, pledge=pledge, said=said, wrong={})
