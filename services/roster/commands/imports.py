"""A roster that comes as a spreadsheet: load, decide, save; all rows in one append, or none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from services.roster.commands.members import load_member
from services.roster.commands.profiles import claim_identity, owner_of_identity, profiles_of, release_identity, sealed_profile
from services.roster.domain import imports as rules
from services.roster.domain import members, profiles
from services.roster.domain.imports import Imports, Register, RosterRow, RowError, RowRefused
from services.roster.domain.profiles import Profile, ProfileIsErased, proper_profile
from services.roster.events.imports import RosterImported
from shared.errors import Refusal
from shared.store import Log, Reply, Stored, Write, again_when_stale

STREAM = "imports"


class RowsRefused(Exception):
    """Some rows can't be taken over; nothing was stored."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__("some rows can't be taken over")
        self.errors = tuple(errors)


@dataclass
class Plan:
    """What an import by the person `by` would store; `seen`: the row that first had each key."""

    by: str
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    writes: list[Write] = field(default_factory=list)
    profiles: dict[str, Profile] = field(default_factory=dict)
    seen: dict[tuple[object, ...], int] = field(default_factory=dict)


async def plan_import(log: Log, rows: Sequence[RosterRow], register: Register, *, by: str) -> Plan:
    """What taking these rows over would store; stores nothing. Raises RowsRefused with everything that is wrong."""
    plan = Plan(by)
    errors: list[RowError] = []
    for row in rows:
        try:
            await _plan_row(log, row, register, plan)
        except Refusal as refusal:
            errors += rules.errors_of(row, refusal)
    if errors:
        raise RowsRefused(errors)
    return plan


@again_when_stale
async def import_roster(
    log: Log, rows: Sequence[RosterRow], look: Callable[[], Awaitable[Register]], *, by: str, reply: Reply | None = None
) -> Stored:
    """Take the rows over in one append. `look` gives the members as they are once this import has its turn. Raises RowsRefused."""
    imports = await log.load(STREAM, Imports(), rules.evolve)
    plan = await plan_import(log, rows, await look(), by=by)
    log.keys.ensure(f"member/{member_id}" for member_id in plan.profiles)
    sealed = [sealed_profile(log, member_id, profile) for member_id, profile in plan.profiles.items()]
    done = [RosterImported(created=plan.created, changed=plan.changed, recorded_by=by)] if plan.writes else []
    return await log.append([*plan.writes, imports.then(*done)], rows=sealed, reply=reply)


async def _plan_row(log: Log, row: RosterRow, register: Register, plan: Plan) -> None:
    after = proper_profile(row.profile, row.joined_on, log.today())
    number = after.identity_number
    owner = await owner_of_identity(log, number) if number else None
    member_id = row.member_id or owner or rules.meant_by(row, after.name, number, register)
    keys: list[tuple[object, ...]] = [("number", number)] if number else []
    if member_id or not number:
        keys.append(("id", member_id) if member_id else ("row", row.branch_id, after.name, row.joined_on))
    rules.check_same_row(row, plan.seen, keys)
    if member_id is None:
        await _plan_new(log, row, after, plan)
    else:
        await _plan_known(log, row, member_id, plan)


async def _plan_new(log: Log, row: RosterRow, profile: Profile, plan: Plan) -> None:
    if row.status not in members.WITH_A_VOTE:
        raise RowRefused(errors=[("status", "A new member is full or probationary.")])
    member_id = log.new_id()
    joined = members.join_member(
        member_id=member_id,
        branch_id=row.branch_id,
        group_id=row.group_id,
        joined_on=row.joined_on,
        in_branch_since=row.in_branch_since,
        status=row.status,
        today=log.today(),
        by=plan.by,
    )
    claims = await claim_identity(log, profile.identity_number, member_id, plan.by)
    plan.writes += [Write(f"member/{member_id}", 0, [joined]), *claims]
    plan.profiles[member_id] = profile
    plan.created += 1


async def _plan_known(log: Log, row: RosterRow, member_id: str, plan: Plan) -> None:
    member = await load_member(log, member_id)
    if not member.state.id:
        raise RowRefused(errors=[("id", "There is no such member in this branch; leave the id empty for a new member.")])
    rules.check_facts(member.state, row, log.today())
    before = (await profiles_of(log, [member_id])).get(member_id)
    if before is None:
        raise ProfileIsErased
    merged = {**msgspec.structs.asdict(before), **row.profile}
    after = proper_profile(merged, member.state.joined_on, log.today())
    corrected = profiles.correct_profile(member.state, before, after, plan.by)
    if not corrected:
        plan.unchanged += 1
        return
    if before.identity_number != after.identity_number:
        plan.writes += await release_identity(log, before.identity_number, member_id, plan.by)
        plan.writes += await claim_identity(log, after.identity_number, member_id, plan.by)
    plan.writes.append(member.then(*corrected))
    plan.profiles[member_id] = after
    plan.changed += 1
