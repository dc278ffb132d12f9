"""Organisations: load, decide, save."""

from __future__ import annotations

from contextlib import suppress

from services.roster.domain import organizations as rules
from services.roster.domain.organizations import Codes, Organization, UnknownOrganization
from shared.store import Log, Reply, Stale, Stored, Write

MOST_FOUNDERS_AT_ONCE = 100
"""So many may found organisations under one parent at the same moment: each waits until the others have their codes."""


async def organization_of(log: Log, organization_id: str) -> Organization:
    """The organisation; raises UnknownOrganization."""
    organization = (await log.load(_stream(organization_id), Organization(), rules.evolve)).state
    if not organization.id:
        raise UnknownOrganization
    return organization


async def ancestry_of(log: Log, organization_id: str) -> tuple[Organization, ...]:
    """The organisation itself, then each one above it, up to the county; raises UnknownOrganization."""
    line = [await organization_of(log, organization_id)]
    while (parent_id := line[-1].parent_id) is not None:
        line.append(await organization_of(log, parent_id))
    return tuple(line)


async def check_place(log: Log, branch_id: str, group_id: str | None) -> None:
    """Whether a member can belong to this branch and group.

    Raises:
        UnknownOrganization, NotABranch, GroupElsewhere.
    """
    branch = await organization_of(log, branch_id)
    rules.check_place(branch, await organization_of(log, group_id) if group_id else None)


async def found_organization(
    log: Log, *, kind: str, name: str, parent_id: str | None, code: str | None, by: str, reply: Reply | None = None
) -> Stored:
    """Found an organisation under `parent_id` (None: a county); without a `code` it gets the next free one.

    Raises:
        UnknownOrganization: there is no such parent.
        WrongParent, CodeTaken, BadName.
    """

    async def found() -> Stored:
        parent = await organization_of(log, parent_id) if parent_id else Organization()
        codes = await log.load(f"codes/{parent.id}", Codes(), rules.evolve_codes)
        new = log.new_id()
        founded, given = rules.found_organization(parent, codes.state, organization_id=new, kind=kind, name=name, code=code, by=by)
        return await log.append([Write(_stream(new), 0, [founded]), codes.then(given)], reply=reply)

    for _ in range(MOST_FOUNDERS_AT_ONCE - 1):
        with suppress(Stale):
            return await found()
    return await found()


def _stream(organization_id: str) -> str:
    return f"organization/{organization_id}"
