"""Organisations: founding them, and the tree with its counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import BaseModel, Field

from services.roster.api.shapes import Created, RawName, created_id
from services.roster.commands import organizations
from services.roster.domain.names import BadName
from services.roster.domain.organizations import CodeTaken, UnknownOrganization, WrongParent
from services.roster.projections.members import count_members
from services.roster.projections.organizations import subtree
from shared.web import Body, Door, Id, Router, answered, json_answer, problems

CODE = r"^[0-9A-Za-z\u4e00-\u9fff]+(-[0-9A-Za-z\u4e00-\u9fff]+)*$"
Kind = Literal["county", "town", "branch", "group"]

router = Router(tags=["Organisations"])


class OrganizationBody(Body):
    """An organisation to be founded; without a `code` it gets its parent's with a number behind it."""

    kind: Kind
    name: RawName
    parent_id: Id | None = None
    code: Annotated[str, Field(min_length=1, max_length=20, pattern=CODE)] | None = None


class OrganizationAnswer(BaseModel):
    """One organisation."""

    id: str
    kind: Kind
    parent_id: str | None
    code: str
    name: str


class Counts(BaseModel):
    """How many branches, groups, members and floating members stand below (itself included), today."""

    branches: int
    groups: int
    members: int
    floating: int


class TreeAnswer(OrganizationAnswer):
    """An organisation with all below it."""

    counts: Counts
    children: list[TreeAnswer]


@router.post(
    "/organizations",
    status_code=201,
    response_model=Created,
    responses=problems(UnknownOrganization, WrongParent, CodeTaken, BadName),
)
async def post_organization(body: OrganizationBody, door: Door) -> Response:
    """Found an organisation: a county under nothing, a town under a county, a branch under a town, a group under a branch."""
    if body.parent_id is not None:
        await organizations.organization_of(door.log, body.parent_id)
    await door.require(organization=body.parent_id)
    stored = await organizations.found_organization(
        door.log,
        kind=body.kind,
        name=body.name,
        parent_id=body.parent_id,
        code=body.code,
        by=door.caller.person,
        reply=door.reply(201, lambda stored: {"id": created_id(stored)}),
    )
    return answered(stored)


@router.get("/organizations/{organization_id}", response_model=OrganizationAnswer, responses=problems(UnknownOrganization))
async def get_organization(organization_id: Id, door: Door) -> Response:
    """One organisation."""
    organization = await organizations.organization_of(door.log, organization_id)
    await door.require(organization=organization_id)
    return json_answer(
        {
            "id": organization.id,
            "kind": organization.kind,
            "parent_id": organization.parent_id,
            "code": organization.code,
            "name": organization.name,
        }
    )


@router.get("/organizations/{organization_id}/tree", response_model=TreeAnswer, responses=problems(UnknownOrganization))
async def get_tree(organization_id: Id, door: Door) -> Response:
    """The organisation and all below it, siblings by code, with how many members belong there today."""
    await organizations.organization_of(door.log, organization_id)
    await door.require(organization=organization_id)
    snapshot = await door.snapshot(is_current=True)
    rows = await subtree(snapshot, organization_id)
    members = await count_members(snapshot, door.log.today())
    nodes: dict[str, dict[str, Any]] = {row["organization_id"]: _node(row) for row in rows}
    for organization, node in nodes.items():
        _count(node, members.get(organization, (0, 0)))
    for node in reversed(nodes.values()):
        if node["parent_id"] in nodes:
            _put_under(nodes[node["parent_id"]], node)
    return json_answer(nodes[organization_id])


def _node(row: dict[str, Any]) -> dict[str, Any]:
    counts = {"branches": 0, "groups": 0, "members": 0, "floating": 0}
    shown = {name: row[name] for name in ("kind", "parent_id", "code", "name")}
    return {"id": row["organization_id"], **shown, "counts": counts, "children": []}


def _count(node: dict[str, Any], members: tuple[int, int]) -> None:
    match node["kind"]:
        case "branch":
            node["counts"] = {"branches": 1, "groups": 0, "members": members[0], "floating": members[1]}
        case "group":
            node["counts"] = {"branches": 0, "groups": 1, "members": members[0], "floating": members[1]}


def _put_under(parent: dict[str, Any], node: dict[str, Any]) -> None:
    """Whoever belongs to a group belongs to its branch, and is counted there already."""
    parent["children"].insert(0, node)
    for name in ["groups"] if node["kind"] == "group" else list(node["counts"]):
        parent["counts"][name] += node["counts"][name]
