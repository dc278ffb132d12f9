"""What changes about a member: transfer, going away and coming back, status, posts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from services.roster.api.shapes import PostName, Status
from services.roster.commands import changes, posts
from services.roster.commands.organizations import organization_of
from services.roster.domain.changes import (
    AlreadyFloating,
    AlreadyThere,
    BeforeComing,
    MemberDeceased,
    MemberLeft,
    NotFloating,
    StatusUnchanged,
)
from services.roster.domain.members import DatesOutOfOrder, InTheFuture, UnknownMember
from services.roster.domain.organizations import GroupElsewhere, NotABranch, UnknownOrganization
from services.roster.domain.posts import NotOfThisOrganization, PostElsewhere, PostHeld
from shared.web import Body, Day, Door, Id, Router, ShortText, Text, answered, problems

router = Router(tags=["Members"])


class TransferBody(Body):
    """To another branch, or to another group of the same one."""

    branch_id: Id
    group_id: Id | None = None
    on: Day
    reason: Text


class FloatingBody(Body):
    """Away working since a day; `host_branch_id` is the branch that looks after the member there, where known."""

    since: Day
    place: ShortText
    host_branch_id: Id | None = None


class ReturnBody(Body):
    """Back from a day on."""

    on: Day


class StatusBody(Body):
    """A new status from a day on."""

    status: Status
    on: Day
    reason: Text


class PostBody(Body):
    """A post from a day on, to its last day or until further notice. Sent again with another `to`, it ends then."""

    post: PostName
    organization_id: Id
    from_on: Annotated[Day, Field(alias="from")]
    to_on: Annotated[Day | None, Field(alias="to")] = None


class Changed(BaseModel):
    """The member that was changed."""

    id: str


@router.post(
    "/members/{member_id}/transfer",
    response_model=Changed,
    responses=problems(
        UnknownMember, UnknownOrganization, NotABranch, GroupElsewhere, BeforeComing, InTheFuture, MemberDeceased, MemberLeft, AlreadyThere
    ),
)
async def post_transfer(member_id: Id, body: TransferBody, door: Door) -> Response:
    """From the day `on` the member belongs to this branch and group. Both branches must lie within what the caller keeps."""
    branch = await door.places.branch_of(member_id)
    await organization_of(door.log, body.branch_id)
    await door.require(organization=branch, member=member_id)
    await door.require(organization=body.branch_id)
    stored = await changes.transfer_member(
        door.log,
        member_id,
        branch_id=body.branch_id,
        group_id=body.group_id,
        on=body.on,
        reason=body.reason,
        by=door.caller.person,
        reply=door.reply(200, lambda _: {"id": member_id}),
    )
    return answered(stored)


@router.post(
    "/members/{member_id}/floating",
    response_model=Changed,
    responses=problems(UnknownMember, UnknownOrganization, NotABranch, InTheFuture, MemberDeceased, MemberLeft, AlreadyFloating),
)
async def post_floating(member_id: Id, body: FloatingBody, door: Door) -> Response:
    """The member is away working; it stays in its branch and in its electorate."""
    await door.require(organization=await door.places.branch_of(member_id))
    stored = await changes.float_member(
        door.log,
        member_id,
        since=body.since,
        place=body.place,
        host_branch_id=body.host_branch_id,
        by=door.caller.person,
        reply=door.reply(200, lambda _: {"id": member_id}),
    )
    return answered(stored)


@router.post(
    "/members/{member_id}/return",
    response_model=Changed,
    responses=problems(UnknownMember, InTheFuture, MemberDeceased, NotFloating),
)
async def post_return(member_id: Id, body: ReturnBody, door: Door) -> Response:
    """The member is back."""
    await door.require(organization=await door.places.branch_of(member_id))
    reply = door.reply(200, lambda _: {"id": member_id})
    return answered(await changes.return_member(door.log, member_id, on=body.on, by=door.caller.person, reply=reply))


@router.post(
    "/members/{member_id}/status",
    response_model=Changed,
    responses=problems(UnknownMember, BeforeComing, InTheFuture, MemberDeceased, StatusUnchanged),
)
async def post_status(member_id: Id, body: StatusBody, door: Door) -> Response:
    """From the day `on` the member has this status. Death is final, and cuts off whatever is recorded of later days."""
    await door.require(organization=await door.places.branch_of(member_id))
    stored = await changes.change_status(
        door.log,
        member_id,
        status=body.status,
        on=body.on,
        reason=body.reason,
        by=door.caller.person,
        reply=door.reply(200, lambda _: {"id": member_id}),
    )
    return answered(stored)


@router.post(
    "/members/{member_id}/posts",
    response_model=Changed,
    responses=problems(
        UnknownMember,
        UnknownOrganization,
        InTheFuture,
        DatesOutOfOrder,
        MemberDeceased,
        MemberLeft,
        PostElsewhere,
        NotOfThisOrganization,
        PostHeld,
    ),
)
async def post_post(member_id: Id, body: PostBody, door: Door) -> Response:
    """The member holds a post. Member and organisation must lie within what the caller keeps."""
    branch = await door.places.branch_of(member_id)
    await organization_of(door.log, body.organization_id)
    await door.require(organization=branch)
    await door.require(organization=body.organization_id)
    stored = await posts.assign_post(
        door.log,
        member_id,
        post=body.post,
        organization_id=body.organization_id,
        from_on=body.from_on,
        to_on=body.to_on,
        by=door.caller.person,
        reply=door.reply(200, lambda _: {"id": member_id}),
    )
    return answered(stored)
