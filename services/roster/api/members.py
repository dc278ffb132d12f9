"""Members: entering, reading, listing and searching them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from services.roster.api.names import Names, by_name
from services.roster.api.portrait import MemberAnswer, portrait
from services.roster.api.profile_fields import ProfileFields
from services.roster.api.shapes import Created, ListAnswer, RawName, created_id
from services.roster.commands import members
from services.roster.commands.organizations import check_place, organization_of
from services.roster.domain.members import DatesOutOfOrder, InTheFuture, UnknownMember
from services.roster.domain.names import BadName
from services.roster.domain.organizations import GroupElsewhere, NotABranch, UnknownOrganization
from services.roster.domain.profiles import BadIdentityNumber, IdentityTaken
from services.roster.projections.members import Standing, members_of
from services.roster.projections.organizations import branches_below
from shared.web import Body, Cursor, Day, Door, Doorway, Id, Router, ShortText, answered, json_answer, page_of, problems

MOST_FOUND = 50
router = Router(tags=["Members"])


class MemberBody(ProfileFields):
    """A member to be entered, with its profile."""

    name: RawName
    branch_id: Id
    group_id: Id | None = None
    joined_on: Day
    in_branch_since: Day | None = None
    status: Literal["full", "probationary"]


class SearchBody(Body):
    """A part of a name, or the beginning of its pinyin or of its initials; in one branch, or wherever the caller may look."""

    q: ShortText
    branch_id: Id | None = None


@router.post(
    "/members",
    status_code=201,
    response_model=Created,
    responses=problems(
        UnknownOrganization, NotABranch, GroupElsewhere, InTheFuture, DatesOutOfOrder, BadName, BadIdentityNumber, IdentityTaken
    ),
)
async def post_member(body: MemberBody, door: Door) -> Response:
    """Enter a member: in the Party since `joined_on`, in this branch since `in_branch_since` (without it: as long)."""
    await organization_of(door.log, body.branch_id)
    await door.require(organization=body.branch_id)
    await check_place(door.log, body.branch_id, body.group_id)
    stored = await members.join_member(
        door.log,
        branch_id=body.branch_id,
        group_id=body.group_id,
        joined_on=body.joined_on,
        in_branch_since=body.in_branch_since,
        status=body.status,
        profile={"name": body.name, **body.profile()},
        by=door.caller.person,
        reply=door.reply(201, lambda stored: {"id": created_id(stored)}),
    )
    return answered(stored)


@router.get("/members/{member_id}", response_model=MemberAnswer, responses=problems(UnknownMember))
async def get_member(member_id: Id, door: Door) -> Response:
    """One member as it is today. The identity number is shown to the member and to keepers of the roster, to services the name alone."""
    member = await members.member_of(door.log, member_id)
    await door.require(organization=await door.places.branch_of(member_id), member=member_id)
    record_read(door, [member_id], "member")
    return json_answer(await portrait(door, member))


@router.get("/members", response_model=ListAnswer, responses=problems(UnknownOrganization, NotABranch, InTheFuture))
async def get_members(door: Door, page: Cursor, branch_id: Annotated[Id, Query()], on: Annotated[Day | None, Query()] = None) -> Response:
    """The members of a branch at the end of the day `on` (without it: today), in the order of their names' pinyin."""
    await organization_of(door.log, branch_id)
    await door.require(organization=branch_id)
    await check_place(door.log, branch_id, None)
    snapshot = await door.snapshot()
    found = await members_of(snapshot, [branch_id], asked_day(door, on))
    names = await names_of(door).of(one.member_id for one in found)
    ordered = by_name(found, names)
    start = _start(ordered, page.after)
    shown = ordered[start : start + page.limit]
    record_read(door, [one.member_id for one in shown], "list")
    more = page.cursor(shown[-1].member_id, start + len(shown)) if start + page.limit < len(ordered) else None
    return page_of([_listed(one, names) for one in shown], more)


@router.post("/members/search", response_model=ListAnswer, responses=problems(UnknownOrganization))
async def post_search(body: SearchBody, door: Door) -> Response:
    """At most 50 members whose name is meant, in the order of their names' pinyin. A name never stands in a URL."""
    snapshot = await door.snapshot()
    if body.branch_id is not None:
        await organization_of(door.log, body.branch_id)
        await door.require(organization=body.branch_id)
        branches = [body.branch_id]
    else:
        branches = await branches_below(snapshot, await door.scopes())
    found = await members_of(snapshot, branches, door.log.today())
    names = await names_of(door).of(one.member_id for one in found)
    meant = [one for one in found if one.member_id in names and names[one.member_id].is_meant_by(body.q)]
    shown = by_name(meant, names)[:MOST_FOUND]
    record_read(door, [one.member_id for one in shown], "search")
    return page_of([_listed(one, names) for one in shown])


def asked_day(door: Doorway, on: date | None) -> date:
    """The day that was asked for, or today; raises InTheFuture."""
    today = door.log.today()
    if on is not None and on > today:
        raise InTheFuture(errors=[("/query/on", InTheFuture.sentence)])
    return on or today


def record_read(door: Doorway, member_ids: Iterable[str], what: str) -> None:
    """Keep that an officer saw these members' data; what a member sees of itself, and what services fetch, is not kept."""
    if not door.has("service"):
        door.state.reads.record(member_ids, read_by=door.caller.person, what=what, read_at=door.log.now())


def names_of(door: Doorway) -> Names:
    """The names that this process has opened so far."""
    names: Names = door.state.names
    return names


def _start(ordered: list[Standing], after: tuple[Any, ...] | None) -> int:
    """Where the page begins: behind the last one shown; where that one is gone, as far down as it stood."""
    if after is None:
        return 0
    last, position = after
    return next((number for number, one in enumerate(ordered, start=1) if one.member_id == last), position)


def _listed(one: Standing, names: dict[str, Any]) -> dict[str, object]:
    name = names.get(one.member_id)
    return {
        "id": one.member_id,
        "name": name.text if name else None,
        "branch_id": one.branch_id,
        "group_id": one.group_id,
        "status": one.status,
        "floating": one.is_floating,
        "joined_on": one.joined_on,
    }
