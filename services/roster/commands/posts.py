"""Posts: load, decide, save."""

from __future__ import annotations

from datetime import date

from services.roster.commands.members import load_member
from services.roster.commands.organizations import ancestry_of, organization_of
from services.roster.domain import posts as rules
from services.roster.domain.changes import check_known
from shared.store import Log, Reply, Stored, again_when_stale


@again_when_stale
async def assign_post(
    log: Log,
    member_id: str,
    *,
    post: str,
    organization_id: str,
    from_on: date,
    to_on: date | None,
    by: str,
    reply: Reply | None = None,
) -> Stored:
    """The member holds a post. Raises UnknownOrganization, and what `domain.posts.assign_post` refuses."""
    member = await load_member(log, member_id)
    check_known(member.state)
    organization = await organization_of(log, organization_id)
    belongs_to = rules.belonging_on(member.state, from_on)
    above = {one.id for unit in belongs_to for one in await ancestry_of(log, unit)}
    assigned = rules.assign_post(
        member.state, organization, frozenset(above), post=post, from_on=from_on, to_on=to_on, today=log.today(), by=by
    )
    return await log.append([member.then(assigned)], reply=reply)
