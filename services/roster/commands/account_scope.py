"""What must be known of the tree and of members before roles are given: which organisations are what, and what lies above them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.roster.commands.members import member_of
from services.roster.commands.organizations import ancestry_of
from services.roster.domain.accounts import check_givable, proper_grants
from services.roster.events.accounts import AccountGrant
from shared.store import Log


async def proper(log: Log, member_id: str | None, grants: Sequence[AccountGrant]) -> tuple[AccountGrant, ...]:
    """The roles as an account holds them. Raises UnknownMember, UnknownOrganization, BadRoles."""
    if member_id is not None:
        await member_of(log, member_id)
    kinds = {one: (await ancestry_of(log, one))[0].kind for one in _places(grants)}
    return proper_grants(member_id, grants, kinds)


async def check_may_give(log: Log, grants: Sequence[AccountGrant], held: Sequence[AccountGrant]) -> None:
    """Return if who holds `held` may give all of `grants`. Raises MoreThanOwn."""
    above = {one: [each.id for each in await ancestry_of(log, one)] for one in _places(grants)}
    check_givable(grants, held, above)


def _places(grants: Iterable[AccountGrant]) -> list[str]:
    return list(dict.fromkeys(grant.organization_id for grant in grants if grant.organization_id))
