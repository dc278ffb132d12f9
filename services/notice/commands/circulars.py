"""Circulars on the board whose findings were reversed: corrected by another notice, or taken down for good (spec, sections 8 and 9)."""

from __future__ import annotations

from services.notice.commands.notices import Publication, latest_notice, numbering_of, revoke_notice
from services.notice.domain import notices as rules
from services.notice.events.contents import Circular
from services.notice.events.notices import NoticeCorrected
from shared.store import Followed, Log, again_when_stale

KIND = "circular"


@again_when_stale
async def correct_circular(log: Log, content: Circular, fact: Followed) -> None:
    """A notice with what the circular says now takes the place of the one that stands, and is shown as long as that one would be."""
    loaded = await latest_notice(log, KIND, content.circular_id)
    earlier = loaded.state
    if earlier is None or earlier.is_revoked:
        await log.append([], followed=fact)
        return
    numbering = await numbering_of(log, earlier.published.organization_id)
    following = Publication(
        kind=KIND,
        organization_id=earlier.published.organization_id,
        subject_id=content.circular_id,
        content=content,
        until=earlier.until,
        version=earlier.version + 1,
        replaces=earlier.published.notice_id,
    )
    published = numbering.publish(following, fact.position)
    corrected = NoticeCorrected(notice_id=earlier.published.notice_id, replaced_by=following.notice_id, caused_by=fact.position)
    await log.append([numbering.write, published, loaded.then(corrected)], followed=fact)


async def revoke_circular(log: Log, circular_id: str, fact: Followed) -> None:
    """None of its findings stands any more: its notice is taken down for good, if there is one."""
    latest = (await latest_notice(log, KIND, circular_id)).state
    notice_id = latest.published.notice_id if latest else rules.notice_id(KIND, circular_id)
    await revoke_notice(log, notice_id, "finding_reversed", fact)
