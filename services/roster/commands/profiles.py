"""Profiles and kin: sealed rows beside the log, each stored in the transaction of the event that speaks of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from services.roster.domain import members, profiles
from services.roster.domain.members import Member
from services.roster.domain.profiles import Identity, Kinship, Profile, ProfileIsErased, check_has_profile
from shared.store import KeyGone, Loaded, Log, Reply, SideRow, Stored, Write, again_when_stale

SIDE_TABLES = (
    "CREATE TABLE IF NOT EXISTS profiles (member_id TEXT PRIMARY KEY, sealed BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS kin (member_id TEXT PRIMARY KEY, sealed BLOB NOT NULL)",
)
"""One row a member; empty once the profile was erased."""
IDENTITY_KEY = "mac/identity-numbers"


def sealed_profile(log: Log, member_id: str, profile: Profile) -> SideRow:
    """The row of the member's profile, sealed with the member's key."""
    return _row(log, "profiles", member_id, msgspec.json.encode(profile))


def erased_rows(member_id: str) -> list[SideRow]:
    """What stands in the place of profile and kin from the erasure on: nothing."""
    return [SideRow(table, {"member_id": member_id, "sealed": b""}) for table in ("profiles", "kin")]


async def profile_of(log: Log, member_id: str) -> Profile | None:
    """The profile; None where it was erased, or never was."""
    return (await profiles_of(log, [member_id])).get(member_id)


async def profiles_of(log: Log, member_ids: Iterable[str]) -> dict[str, Profile]:
    """The profiles by member; erased ones are absent."""
    sealed = sealed_profiles(log, member_ids)
    opened = ((member_id, open_profile(log, member_id, row)) for member_id, row in sealed.items())
    return {member_id: profile for member_id, profile in opened if profile is not None}


def sealed_profiles(log: Log, member_ids: Iterable[str]) -> dict[str, bytes]:
    """The profiles as they are stored."""
    select = "SELECT sealed FROM profiles WHERE member_id=?"
    rows = ((member_id, log.connection().execute(select, (member_id,)).fetchone()) for member_id in dict.fromkeys(member_ids))
    return {member_id: row[0] for member_id, row in rows if row}


def open_profile(log: Log, member_id: str, sealed: bytes) -> Profile | None:
    """The profile that was stored so; None where it was erased."""
    opened = _open(log, "profiles", member_id, sealed)
    return None if opened is None else msgspec.json.decode(opened, type=Profile)


async def kin_of(log: Log, member_id: str) -> tuple[Kinship, ...]:
    """Whom the member has named as spouse and kin; nobody where the profile was erased."""
    row = log.connection().execute("SELECT sealed FROM kin WHERE member_id=?", (member_id,)).fetchone()
    opened = _open(log, "kin", member_id, row[0]) if row else None
    return () if opened is None else msgspec.json.decode(opened, type=tuple[Kinship, ...])


@again_when_stale
async def correct_profile(log: Log, member_id: str, changes: Mapping[str, object], *, by: str, reply: Reply | None = None) -> Stored:
    """Put these fields in the place of what stood there; None empties a field.

    Raises:
        UnknownMember, ProfileIsErased, BadName, BadIdentityNumber, InTheFuture, DatesOutOfOrder.
        IdentityTaken: another member has this identity number.
    """
    member = await _load_with_profile(log, member_id)
    before = await profile_of(log, member_id)
    if before is None:
        raise ProfileIsErased
    merged = {**msgspec.structs.asdict(before), **changes}
    after = profiles.proper_profile(merged, member.state.joined_on, log.today())
    corrected = profiles.correct_profile(member.state, before, after, by)
    identity: list[Write] = []
    if before.identity_number != after.identity_number:
        identity += await release_identity(log, before.identity_number, member_id, by)
        identity += await claim_identity(log, after.identity_number, member_id, by)
    rows = [sealed_profile(log, member_id, after)] if corrected else []
    return await log.append([member.then(*corrected), *identity], rows=rows, reply=reply)


@again_when_stale
async def declare_kin(log: Log, member_id: str, kin: Sequence[Kinship], *, by: str, reply: Reply | None = None) -> Stored:
    """The member names its spouse and kin: the whole list, in the place of the last.

    Raises:
        UnknownMember, ProfileIsErased, NotItsOwnKin, DatesOutOfOrder.
    """
    member = await _load_with_profile(log, member_id)
    named = {one.member_id for one in kin}
    known = {one: (await log.load(f"member/{one}", Member(), members.evolve)).state for one in named}
    declared = profiles.declare_kin(member.state, kin, known, by)
    row = _row(log, "kin", member_id, msgspec.json.encode(kin))
    return await log.append([member.then(declared)], rows=[row], reply=reply)


async def claim_identity(log: Log, number: str | None, member_id: str, by: str) -> list[Write]:
    """What makes the identity number this member's; raises IdentityTaken."""
    if number is None:
        return []
    identity = await _load_identity(log, number)
    return [identity.then(*profiles.claim_identity(identity.state, member_id, by))]


async def owner_of_identity(log: Log, number: str) -> str | None:
    """Whose the identity number is; None where it is nobody's."""
    return (await _load_identity(log, number)).state.member_id


async def release_identity(log: Log, number: str | None, member_id: str, by: str) -> list[Write]:
    """What makes the identity number nobody's."""
    if number is None:
        return []
    identity = await _load_identity(log, number)
    return [identity.then(*profiles.release_identity(identity.state, member_id, by))]


async def _load_with_profile(log: Log, member_id: str) -> Loaded[Member]:
    member = await log.load(f"member/{member_id}", Member(), members.evolve)
    check_has_profile(member.state)
    return member


async def _load_identity(log: Log, number: str) -> Loaded[Identity]:
    fingerprint = log.keys.mac(IDENTITY_KEY, number.encode())
    return await log.load(f"identity/{fingerprint}", Identity(), profiles.evolve_identity)


def _row(log: Log, table: str, member_id: str, plaintext: bytes) -> SideRow:
    sealed = log.keys.seal(f"member/{member_id}", plaintext, f"{table}/{member_id}".encode())
    return SideRow(table, {"member_id": member_id, "sealed": sealed})


def _open(log: Log, table: str, member_id: str, sealed: bytes) -> bytes | None:
    try:
        return log.keys.open(f"member/{member_id}", sealed, f"{table}/{member_id}".encode()) if sealed else None
    except KeyGone:
        return None
