"""Members: load, decide, save."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from hashlib import sha256

from services.roster.commands.organizations import check_place
from services.roster.commands.profiles import claim_identity, sealed_profile
from services.roster.domain import members as rules
from services.roster.domain.changes import check_known
from services.roster.domain.members import Member
from services.roster.domain.profiles import proper_profile
from shared.events import TextRef
from shared.store import KeyGone, Loaded, Log, Reply, SealedText, Stale, Stored, Write, again_when_stale


async def load_member(log: Log, member_id: str) -> Loaded[Member]:
    """The member with the version that was read; an empty one where nobody joined under this id."""
    return await log.load(f"member/{member_id}", Member(), rules.evolve)


async def member_of(log: Log, member_id: str) -> Member:
    """The member; raises UnknownMember."""
    member = (await load_member(log, member_id)).state
    check_known(member)
    return member


def text_about(log: Log, member: Member, text: str) -> tuple[TextRef, list[SealedText]]:
    """Seal a text about the member: its reference for the event, and what is to be stored beside the log.

    Of a member whose profile was erased no text is kept: the reference then leads nowhere.

    Raises:
        Stale: the member was erased after it was loaded.
    """
    if member.is_erased:
        return TextRef(id=log.new_id(), hash=sha256(secrets.token_bytes(16) + text.encode()).hexdigest()), []
    try:
        sealed = log.texts.seal(member.id, text)
    except KeyGone as error:
        raise Stale from error
    return sealed.ref, [sealed]


@again_when_stale
async def join_member(
    log: Log,
    *,
    branch_id: str,
    group_id: str | None,
    joined_on: date,
    in_branch_since: date | None,
    status: str,
    profile: Mapping[str, object],
    by: str,
    reply: Reply | None = None,
) -> Stored:
    """Enter a member with its profile.

    Raises:
        UnknownOrganization, NotABranch, GroupElsewhere.
        InTheFuture, DatesOutOfOrder, BadName, BadIdentityNumber.
        IdentityTaken: another member has this identity number.
    """
    await check_place(log, branch_id, group_id)
    member_id = log.new_id()
    joined = rules.join_member(
        member_id=member_id,
        branch_id=branch_id,
        group_id=group_id,
        joined_on=joined_on,
        in_branch_since=in_branch_since,
        status=status,
        today=log.today(),
        by=by,
    )
    proper = proper_profile(profile, joined_on, log.today())
    claims = await claim_identity(log, proper.identity_number, member_id, by)
    join = Write(f"member/{member_id}", 0, [joined])
    return await log.append([join, *claims], rows=[sealed_profile(log, member_id, proper)], reply=reply)
