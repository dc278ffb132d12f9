"""One member in full, as far as the caller may see it."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from pydantic import BaseModel, Field

from services.roster.api.shapes import Gender, PostName, Status
from services.roster.commands.profiles import profile_of
from services.roster.domain.members import Member, absence_on, placed_on, status_on
from services.roster.domain.posts import HeldPost, held_posts
from shared.web import Doorway


class Floating(BaseModel):
    """Since when and where a member is away working, and which branch looks after it there."""

    since: date
    place: str | None
    host_branch_id: str | None


class PostAnswer(BaseModel):
    """A post that is, was or will be held; `to` is its last day, both days included."""

    post: PostName
    organization_id: str
    from_on: date = Field(alias="from")
    to_on: date | None = Field(alias="to")


class MemberAnswer(BaseModel):
    """A member today; before it has come, as it will come. `erased`: its profile is gone for good."""

    id: str
    name: str | None
    branch_id: str
    group_id: str | None
    joined_on: date
    in_branch_since: date
    status: Status
    floating: Floating | None
    posts: list[PostAnswer]
    erased: bool
    phone: str | None = None
    identity_number: str | None = None
    gender: Gender | None = None
    birth_date: date | None = None
    ethnicity: str | None = None
    education: str | None = None
    occupation: str | None = None
    address: str | None = None


async def portrait(door: Doorway, member: Member) -> dict[str, object]:
    """The answer about one member. The caller has been found to be allowed to see it."""
    day = max(door.log.today(), member.in_branch_since)
    place = placed_on(member, day) or member.moves[0]
    return {
        "id": member.id,
        "branch_id": place.branch_id,
        "group_id": place.group_id,
        "joined_on": member.joined_on,
        "in_branch_since": member.in_branch_since,
        "status": status_on(member, day),
        "floating": await _floating(door, member, day),
        "posts": [_post(post) for post in held_posts(member)],
        "erased": member.is_erased,
        **await _profile(door, member, place.branch_id),
    }


async def _floating(door: Doorway, member: Member, day: date) -> dict[str, object] | None:
    absence = absence_on(member, day)
    if absence is None or not absence.is_away:
        return None
    place = absence.place
    texts = await door.log.texts.read([place.id] if place else [])
    return {"since": absence.on, "place": texts.get(place.id) if place else None, "host_branch_id": absence.host_branch_id}


def _post(post: HeldPost) -> dict[str, object]:
    last = post.until - timedelta(days=1) if post.until else None
    return {"post": post.post, "organization_id": post.organization_id, "from": post.from_on, "to": last}


async def _profile(door: Doorway, member: Member, branch_id: str) -> dict[str, object]:
    """The profile, less what the caller needs not see: services need the name, others not the identity number."""
    profile = await profile_of(door.log, member.id)
    if profile is None:
        return {"name": None}
    if door.has("service"):
        return {"name": profile.name}
    shown = {name: value for name, value in msgspec.structs.asdict(profile).items() if value is not None}
    keeps_the_roster = door.has("admin") or await door.holds("town_officer", branch_id)
    if not keeps_the_roster and door.caller.member_id != member.id:
        shown.pop("identity_number", None)
    return shown
