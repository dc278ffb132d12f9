"""The view of members through time: stays and posts by their own days, each with the positions between which the log said so.

`on=` asks a day, `as_of=` a position: both may be asked together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

import msgspec

from services.roster.domain.members import IN_THE_PARTY, WITH_A_VOTE, Member, evolve, stays
from services.roster.domain.posts import COMMITTEE_POSTS, held_posts
from shared.events import Recorded
from shared.projections import Page, Projection, Snapshot, Table

MEMBERS = Table("members", key=("member_id",), columns={"member_id": str, "state": dict})
STAYS = Table(
    "stays",
    key=("member_id", "from_on"),
    columns={
        "member_id": str,
        "from_on": date,
        "until": date,
        "branch_id": str,
        "group_id": str,
        "status": str,
        "is_floating": bool,
        "joined_on": date,
    },
    indexes=[("branch_id", "from_on")],
    history=True,
)
POSTS = Table(
    "posts",
    key=("member_id", "post", "organization_id", "from_on"),
    columns={"member_id": str, "post": str, "organization_id": str, "from_on": date, "until": date},
    indexes=[("organization_id", "from_on")],
    history=True,
)


class Standing(msgspec.Struct, frozen=True):
    """A member at the end of a day."""

    member_id: str
    branch_id: str
    group_id: str | None
    status: str
    is_floating: bool
    joined_on: date


class Members(Projection):
    """Where every member was on every day, and which posts it held."""

    name = "members"
    tables: ClassVar[tuple[Table, ...]] = (MEMBERS, STAYS, POSTS)

    def project(self, page: Page, recorded: Recorded) -> None:
        """See Projection."""
        if not recorded.stream.startswith("member/"):
            return
        member_id = recorded.stream.removeprefix("member/")
        row = page.get(MEMBERS, member_id)
        before = msgspec.convert(row["state"], Member) if row else Member()
        after = evolve(before, recorded)
        if after == before:
            return
        page.put(MEMBERS, member_id=member_id, state=msgspec.to_builtins(after))
        _replace(page, STAYS, _stays(before), _stays(after))
        _replace(page, POSTS, _posts(before), _posts(after))


Key = tuple[object, ...]


def _replace(page: Page, table: Table, before: dict[Key, dict[str, object]], after: dict[Key, dict[str, object]]) -> None:
    for key in before.keys() - after.keys():
        page.drop(table, *key)
    for key, values in after.items():
        if before.get(key) != values:
            page.put(table, **values)


def _stays(member: Member) -> dict[Key, dict[str, object]]:
    fixed = {"member_id": member.id, "joined_on": member.joined_on}
    return {(member.id, stay.from_on): {**fixed, **msgspec.structs.asdict(stay)} for stay in stays(member)}


def _posts(member: Member) -> dict[Key, dict[str, object]]:
    posts = [{"member_id": member.id, **msgspec.structs.asdict(post)} for post in held_posts(member)]
    return {tuple(post[column] for column in POSTS.key): post for post in posts}


async def members_of(snapshot: Snapshot, branches: Iterable[str], on: date) -> list[Standing]:
    """The members of these branches at the end of the day `on` who are in the Party, by id."""
    return [one for branch in branches for one in await _standings(snapshot, branch, on, IN_THE_PARTY)]


async def electorate_of(snapshot: Snapshot, branch_id: str, on: date) -> list[Standing]:
    """Who is of the branch's electorate at the end of the day `on`, by id: full and probationary members, floating ones too."""
    return await _standings(snapshot, branch_id, on, WITH_A_VOTE)


async def committee_of(snapshot: Snapshot, branch_id: str, on: date) -> list[str]:
    """Who is of the branch's committee on the day `on`, by id: holders of the posts that make it."""
    rows = await snapshot.sql(
        "SELECT DISTINCT p.member_id, p.post FROM {posts} p WHERE p.organization_id = ? AND p.from_on <= ?"
        " AND (p.until IS NULL OR p.until > ?) AND {holds:p} ORDER BY p.member_id",
        (branch_id, on.isoformat(), on.isoformat()),
    )
    return list(dict.fromkeys(member_id for member_id, post in rows if post in COMMITTEE_POSTS))


async def count_members(snapshot: Snapshot, on: date) -> dict[str, tuple[int, int]]:
    """How many members belong to each branch and each group on the day `on`, and how many of them are away, by organisation."""
    rows = await snapshot.sql(
        "SELECT s.branch_id, s.group_id, s.status, s.is_floating, count(*) FROM {stays} s"
        " WHERE s.from_on <= ? AND (s.until IS NULL OR s.until > ?) AND {holds:s} GROUP BY 1, 2, 3, 4",
        (on.isoformat(), on.isoformat()),
    )
    counts: dict[str, tuple[int, int]] = {}
    for branch_id, group_id, status, is_floating, number in rows:
        for organization in (branch_id, group_id) if status in IN_THE_PARTY else ():
            members, floating = counts.get(organization, (0, 0))
            counts[organization] = members + number, floating + (number if is_floating else 0)
    return counts


async def _standings(snapshot: Snapshot, branch_id: str, on: date, statuses: frozenset[str]) -> list[Standing]:
    rows = await snapshot.sql(
        "SELECT s.member_id, s.branch_id, s.group_id, s.status, s.is_floating, s.joined_on FROM {stays} s"
        " WHERE s.branch_id = ? AND s.from_on <= ? AND (s.until IS NULL OR s.until > ?) AND {holds:s} ORDER BY s.member_id",
        (branch_id, on.isoformat(), on.isoformat()),
    )
    return [Standing(m, b, g, s, bool(f), date.fromisoformat(j)) for m, b, g, s, f, j in rows if s in statuses]
