"""Commands on rulebooks (spec, section 3), and which rules hold for a branch in a half-year."""

from __future__ import annotations

from collections.abc import Sequence

from services.evaluation.domain import rulebooks, versions
from services.evaluation.domain.lint import require_sound
from services.evaluation.domain.rulebooks import NoRulesInForce, Rulebook, RulesInForce
from services.evaluation.events.rulebooks import Rules
from shared.calendar import HalfYear
from shared.store import Loaded, Log, Reply, Stored, again_when_stale


async def load_rulebook(log: Log, organization_id: str) -> Loaded[Rulebook]:
    """The rulebook of an organisation; without versions where it has none."""
    return await log.load(f"rulebook/{organization_id}", Rulebook(), rulebooks.evolve)


async def rules_for(log: Log, ancestry: Sequence[str], period: HalfYear) -> RulesInForce:
    """The rules that a branch follows in `period`: those of its nearest organisation upwards whose rulebook holds for it.

    `ancestry` is the branch itself, then each organisation above it. Raises NoRulesInForce. Nobody needs a guard on what this returns:
    the rules of a half-year that has begun don't change.
    """
    for organization_id in ancestry:
        loaded = await load_rulebook(log, organization_id)
        try:
            number, rules = rulebooks.version_for(loaded.state, period)
        except NoRulesInForce:
            continue
        return RulesInForce(loaded.state.id, number, rules)
    raise NoRulesInForce


@again_when_stale
async def publish_first(
    log: Log,
    organization_id: str,
    *,
    above: Sequence[str],
    code: str,
    title: str,
    rules: Rules,
    from_period: HalfYear | None,
    by: str,
    reply: Reply | None = None,
) -> Stored:
    """Make the rulebook of an organisation; its first version holds at once.

    `above` are the organisations whose rulebook it has followed so far, nearest first; none for a town, which may begin with any
    half-year. Raises RulesNotSound, RulebookExists, HalfYearBegun.
    """
    require_sound(rules)
    loaded = await log.load(f"rulebook/{organization_id}", Rulebook(), rulebooks.evolve)
    this_period = HalfYear.of(log.today())
    has_rules_above = await _holds(log, above, this_period)
    begins = versions.beginning_of_first(from_period, this_period, has_rules_above=has_rules_above)
    events = versions.publish_first(
        loaded.state, organization_id=organization_id, code=code, title=title, rules=rules, from_period=begins, by=by
    )
    return await log.append([loaded.then(*events)], reply=reply)


async def _holds(log: Log, ancestry: Sequence[str], period: HalfYear) -> bool:
    try:
        await rules_for(log, ancestry, period)
    except NoRulesInForce:
        return False
    return True


@again_when_stale
async def propose_version(
    log: Log,
    rulebook_id: str,
    *,
    code: str,
    title: str,
    rules: Rules,
    from_period: HalfYear | None,
    by: str,
    reply: Reply | None = None,
) -> Stored:
    """Propose a further version. Raises RulesNotSound, UnknownRulebook, HalfYearBegun."""
    require_sound(rules)
    loaded = await log.load(f"rulebook/{rulebook_id}", Rulebook(), rulebooks.evolve)
    this_period = HalfYear.of(log.today())
    events = versions.propose_version(
        loaded.state, code=code, title=title, rules=rules, from_period=from_period, this_period=this_period, by=by
    )
    return await log.append([loaded.then(*events)], reply=reply)


@again_when_stale
async def adopt_version(log: Log, rulebook_id: str, number: int, *, by: str, reply: Reply | None = None) -> Stored:
    """Adopt a proposed version as a second person.

    Raises UnknownVersion, AlreadyAdopted, SamePersonAdopts, ProposalExpired, AdoptionTooLate.
    """
    loaded = await log.load(f"rulebook/{rulebook_id}", Rulebook(), rulebooks.evolve)
    events = versions.adopt_version(loaded.state, number, log.now(), by)
    return await log.append([loaded.then(*events)], reply=reply)
