"""Commands on rotating flags (spec, section 7): load the chain of holders, decide, save."""

from __future__ import annotations

from services.evaluation.domain import honours
from services.evaluation.domain.honours import Chain, Holder
from shared.store import Log, Reply, Stored, again_when_stale

_NO_HOLDERS: Chain = ()


@again_when_stale
async def hand_on_flag(log: Log, organization_id: str, year: int, holder: Holder, *, by: str, reply: Reply | None = None) -> Stored:
    """Hand an organisation's rotating flag to a holder within it: a `FlagHandedOn`. Raises FlagTakenOver, FlagHeldAlready."""
    chain = await log.load(f"rotating-flags/{organization_id}", _NO_HOLDERS, honours.evolve)
    handed_on = honours.hand_on(chain.state, log.new_id(), organization_id, year, holder, by=by)
    return await log.append([chain.then(handed_on)], reply=reply)
