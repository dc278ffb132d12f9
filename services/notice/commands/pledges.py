"""Pledges on the board: one notice a branch and half-year, in versions (spec, section 4)."""

from __future__ import annotations

from collections.abc import Iterable

from services.notice.commands.notices import Numbering, Publication, load_notice, numbering_of
from services.notice.domain import notices as rules
from services.notice.events.contents import Pledge, Pledges
from services.notice.events.notices import OutcomeShown, PledgesAdded
from shared.store import Followed, Log, Write, again_when_stale


@again_when_stale
async def show_pledges(log: Log, branch_id: str, announced: Iterable[tuple[str, Pledge]], fact: Followed) -> None:
    """Put announced pledges, each with its half-year, on the branch's board."""
    by_period: dict[str, list[Pledge]] = {}
    for period, pledge in announced:
        by_period.setdefault(period, []).append(pledge)
    numbering = await numbering_of(log, branch_id)
    contents = [Pledges(period, tuple(pledges)) for period, pledges in by_period.items()]
    writes = [await _write(log, numbering, branch_id, content, fact) for content in contents]
    await log.append([numbering.write, *writes], followed=fact)


async def _write(log: Log, numbering: Numbering, branch_id: str, content: Pledges, fact: Followed) -> Write:
    until, subject_id = rules.shown_until(log.today()), rules.pledges_subject(branch_id, content.period)
    publication = Publication("pledges", branch_id, subject_id, content, content.period, until)
    loaded = await load_notice(log, publication.notice_id)
    if loaded.state is None:
        return numbering.publish(publication, fact.position)
    more = PledgesAdded(notice_id=publication.notice_id, pledges=content.pledges, until=until, caused_by=fact.position)
    return loaded.then(more)


@again_when_stale
async def show_outcome(log: Log, branch_id: str, period: str, *, pledge_id: str, outcome: str, fact: Followed) -> None:
    """Show what came of a pledge; one that was never announced stays off the board."""
    notice_id = rules.notice_id("pledges", rules.pledges_subject(branch_id, period))
    loaded = await load_notice(log, notice_id)
    content = loaded.state.content if loaded.state else None
    if not isinstance(content, Pledges) or all(pledge.pledge_id != pledge_id for pledge in content.pledges):
        await log.append([], followed=fact)
        return
    until = rules.shown_until(log.today())
    shown = OutcomeShown(notice_id=notice_id, pledge_id=pledge_id, outcome=outcome, until=until, caused_by=fact.position)
    await log.append([loaded.then(shown)], followed=fact)
