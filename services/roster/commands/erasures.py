"""Erasing a profile: load, decide, save, and destroy the key."""

from __future__ import annotations

from services.roster.commands.members import load_member
from services.roster.commands.profiles import erased_rows, profile_of, release_identity
from services.roster.domain import erasures as rules
from services.roster.domain.erasures import Erasure, UnknownErasure
from services.roster.events.profiles import ProfileErased
from shared.store import Log, Reply, Stored, Write, again_when_stale
from shared.store.log import recorded_of

EVENTS_A_PAGE = 500


async def erasure_of(log: Log, erasure_id: str) -> Erasure:
    """The proposed erasure; raises UnknownErasure."""
    erasure = (await log.load(_stream(erasure_id), Erasure(), rules.evolve)).state
    if not erasure.id:
        raise UnknownErasure
    return erasure


@again_when_stale
async def propose_erasure(log: Log, member_id: str, *, by: str, reply: Reply | None = None) -> Stored:
    """Propose that the member's profile be erased. Raises UnknownMember, ProfileIsErased."""
    member = await load_member(log, member_id)
    erasure_id = log.new_id()
    proposed = rules.propose_erasure(member.state, erasure_id, by)
    return await log.append([Write(_stream(erasure_id), 0, [proposed])], guards=[member.guard], reply=reply)


@again_when_stale
async def confirm_erasure(log: Log, erasure_id: str, *, by: str, reply: Reply | None = None) -> Stored:
    """Erase for good: profile, kin and every text about the member; the identity number is free again.

    Raises:
        UnknownErasure, ProfileIsErased, SamePersonErases, ErasureExpired.
    """
    erasure = await erasure_of(log, erasure_id)
    member = await load_member(log, erasure.member_id)
    erased = rules.confirm_erasure(erasure, member.state, by, log.now())
    profile = await profile_of(log, erasure.member_id)
    released = await release_identity(log, profile.identity_number if profile else None, erasure.member_id, by)
    stored = await log.append([member.then(erased), *released], rows=erased_rows(erasure.member_id), reply=reply)
    log.texts.erase(erasure.member_id)
    return stored


def finish_erasures(log: Log) -> list[str]:
    """Destroy the keys of all who were erased, and return them: one may be left where the service stopped between event and key."""
    position, erased = 0, list[str]()
    while rows := log.page(position, EVENTS_A_PAGE, [ProfileErased.topic]):
        for row in rows:
            match recorded_of(row).event:
                case ProfileErased(member_id=member_id):
                    log.texts.erase(member_id)
                    erased.append(member_id)
        position = rows[-1].position
    return erased


def _stream(erasure_id: str) -> str:
    return f"erasure/{erasure_id}"
