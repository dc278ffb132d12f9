"""Transfer, going away and coming back, status: load, decide, save."""

from __future__ import annotations

from datetime import date

from services.roster.commands.members import load_member, text_about
from services.roster.commands.organizations import check_place
from services.roster.domain import changes as rules
from shared.store import Log, Reply, Stored, again_when_stale


@again_when_stale
async def transfer_member(
    log: Log,
    member_id: str,
    *,
    branch_id: str,
    group_id: str | None,
    on: date,
    reason: str,
    by: str,
    reply: Reply | None = None,
) -> Stored:
    """Transfer the member to another branch or group.

    Raises:
        UnknownOrganization, NotABranch, GroupElsewhere, and what `domain.changes.transfer_member` refuses.
    """
    member = await load_member(log, member_id)
    rules.check_known(member.state)
    await check_place(log, branch_id, group_id)
    ref, texts = text_about(log, member.state, reason)
    transferred = rules.transfer_member(member.state, branch_id=branch_id, group_id=group_id, on=on, reason=ref, today=log.today(), by=by)
    return await log.append([member.then(transferred)], texts=texts, reply=reply)


@again_when_stale
async def float_member(
    log: Log, member_id: str, *, since: date, place: str, host_branch_id: str | None, by: str, reply: Reply | None = None
) -> Stored:
    """The member is away working.

    Raises:
        UnknownOrganization, NotABranch: of the host branch; and what `domain.changes.float_member` refuses.
    """
    member = await load_member(log, member_id)
    rules.check_known(member.state)
    if host_branch_id is not None:
        await check_place(log, host_branch_id, None)
    ref, texts = text_about(log, member.state, place)
    floating = rules.float_member(member.state, since=since, place=ref, host_branch_id=host_branch_id, today=log.today(), by=by)
    return await log.append([member.then(floating)], texts=texts, reply=reply)


@again_when_stale
async def return_member(log: Log, member_id: str, *, on: date, by: str, reply: Reply | None = None) -> Stored:
    """The member is back. Raises what `domain.changes.return_member` refuses."""
    member = await load_member(log, member_id)
    returned = rules.return_member(member.state, on=on, today=log.today(), by=by)
    return await log.append([member.then(returned)], reply=reply)


@again_when_stale
async def change_status(log: Log, member_id: str, *, status: str, on: date, reason: str, by: str, reply: Reply | None = None) -> Stored:
    """The member has another status. Raises what `domain.changes.change_status` refuses."""
    member = await load_member(log, member_id)
    rules.check_known(member.state)
    ref, texts = text_about(log, member.state, reason)
    changed = rules.change_status(member.state, status=status, on=on, reason=ref, today=log.today(), by=by)
    return await log.append([member.then(changed)], texts=texts, reply=reply)
